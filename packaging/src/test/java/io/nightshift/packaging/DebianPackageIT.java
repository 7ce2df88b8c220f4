package io.nightshift.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The Debian package, unpacked into an empty folder. Its maintainer scripts are not run.
final class DebianPackageIT {

    private static final String USER = "10001";

    @TempDir
    static Path folder;

    static Path root;
    static Path deb;

    @BeforeAll
    static void unpack() throws Exception {
        assumeTrue(Release.hasTool("dpkg-deb"), "dpkg-deb is not installed, so the package is not tested");
        deb = Release.file(".deb");
        root = folder.resolve("root");
        Release.tool(folder, "dpkg-deb", "-x", deb.toString(), root.toString());
        FlightsJob.shorten(root.resolve("usr/lib/nightshift/lib/example"), 30_000);
        Release.toolsWithoutJava(folder.resolve("tools"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// Runs a command as a user who may not write to the program, which belongs to root.
    private static CommandResult nightshift(Path home, Map<String, String> more, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(
                List.of("/usr/bin/setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--no-new-privs"));
        command.add(root.resolve("usr/bin/nightshift").toString());
        command.addAll(List.of(arguments));
        Map<String, String> environment = new TreeMap<>(more);
        environment.put("PATH", folder.resolve("tools").toString());
        environment.put("HOME", home.toString());
        return Release.run(home, environment, command);
    }

    private static CommandResult runTheMainJob(Path home, Map<String, String> environment)
            throws IOException, InterruptedException {
        CommandResult run = nightshift(
                home,
                environment,
                "run",
                root.resolve("usr/share/doc/nightshift/examples/flights/job.yaml")
                        .toString(),
                "--set",
                "destination.parquet=" + home.resolve("predictions"),
                "-o",
                "json");
        run.expect(0);
        assertThat(run.json().path("state").asText()).isEqualTo("published");
        return run;
    }

    private static Path homeOfTheUser(String name) throws IOException, InterruptedException {
        assumeTrue(Release.isRoot() && Release.hasTool("setpriv"), "only root can run the program as another user");
        Path home = Files.createDirectories(folder.resolve(name));
        Release.tool(folder, "chown", USER, home.toString());
        return home;
    }

    @Test
    void theMainJobRunsForAUserWhoMayNotWriteToTheProgram() throws IOException, InterruptedException {
        CommandResult run = runTheMainJob(homeOfTheUser("home"), Map.of("NIGHTSHIFT_CACHE", "off"));

        assertThat(run.err()).doesNotContain("start-up cache");
    }

    /// No cache is made for a job file that does not exist, but its folder is.
    @Test
    void theFolderOfTheStartUpCacheIsTheUsers() throws IOException, InterruptedException {
        Path home = homeOfTheUser("without-a-cache");

        nightshift(home, Map.of(), "run", "missing.yaml").expect(2, "missing.yaml");

        String build = Files.readString(root.resolve("usr/lib/nightshift/lib/build-id"))
                .strip();
        assertThat(home.resolve(".cache/nightshift").resolve(build)).isEmptyDirectory();
        assertThat(root.resolve("var/cache/nightshift")).isEmptyDirectory();
    }

    @Nightly(
            shortForm = {
                "DebianPackageIT.theFolderOfTheStartUpCacheIsTheUsers",
                "ArchiveIT.theFirstRunHasMadeTheStartUpCacheInTheFolderOfTheProgram"
            })
    @Test
    void theFirstRunOfAUserMakesTheStartUpCacheInTheFolderOfTheUser() throws IOException, InterruptedException {
        Path home = homeOfTheUser("with-a-cache");

        CommandResult run = runTheMainJob(home, Map.of());

        assertThat(run.err()).contains("preparing a start-up cache");
        try (Stream<Path> files = Files.walk(home.resolve(".cache/nightshift"))) {
            assertThat(files).anyMatch(file -> file.toString().endsWith(".aot"));
        }
        assertThat(root.resolve("var/cache/nightshift")).isEmptyDirectory();
    }

    @Test
    void thePackageSaysWhatItIs() throws IOException, InterruptedException {
        String fields = Release.tool(folder, "dpkg-deb", "-f", deb.toString());
        assertThat(fields)
                .contains("Package: nightshift\n", "Depends: libc6", "Section: science")
                .containsPattern("(?m)^Architecture: (amd64|arm64)$")
                .containsPattern("(?m)^Version: [0-9][^-]*$")
                .containsPattern("(?m)^Installed-Size: [0-9]{6}$")
                .doesNotContain("[[");
        assertThat(Release.tool(folder, "dpkg-deb", "--ctrl-tarfile", deb.toString()))
                .contains("postinst", "prerm", "postrm", "/etc/nightshift/nightshift.conf");
    }

    @Test
    void theFilesAreWhereDebianHasThem() {
        assertThat(root.resolve("usr/bin/nightshift")).isSymbolicLink().isExecutable();
        assertThat(Files.isSymbolicLink(root.resolve("usr/lib/nightshift/cache")))
                .isTrue();
        assertThat(Files.exists(root.resolve("etc/nightshift/nightshift.conf"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
        assertThat(root.resolve("usr/share/man/man1/nightshift.1.gz")).isRegularFile();
        assertThat(root.resolve("usr/share/bash-completion/completions/nightshift"))
                .isRegularFile();
        assertThat(root.resolve("usr/share/zsh/vendor-completions/_nightshift")).isRegularFile();
        assertThat(root.resolve("usr/share/fish/vendor_completions.d/nightshift.fish"))
                .isRegularFile();
        assertThat(root.resolve("usr/share/doc/nightshift/copyright")).isRegularFile();
        assertThat(root.resolve("usr/share/doc/nightshift/changelog.gz")).isRegularFile();
        assertThat(root.resolve("usr/share/doc/nightshift/NOTICE")).isRegularFile();
        assertThat(root.resolve("usr/share/doc/nightshift/docs/tutorial/first-batch.md"))
                .isRegularFile();
        assertThat(root.resolve("usr/lib/nightshift/tools/export-sklearn.py")).isRegularFile();
        assertThat(root.resolve("usr/lib/systemd/system/nightshift.service")).isRegularFile();
    }

    @Test
    void theScriptsAreValid() throws IOException, InterruptedException {
        Path control = folder.resolve("control");
        Release.tool(folder, "dpkg-deb", "-e", deb.toString(), control.toString());
        for (String script : List.of("postinst", "prerm", "postrm")) {
            assertThat(control.resolve(script)).isExecutable();
            Release.tool(folder, "sh", "-n", control.resolve(script).toString());
        }
    }

    /// The command reads the file, and then misses the file with the password.
    @Test
    void theConfigurationHasNoMistakes() throws IOException, InterruptedException {
        CommandResult list = Release.run(
                folder,
                Map.of("PATH", folder.resolve("tools").toString(), "HOME", folder.toString()),
                List.of(
                        root.resolve("usr/bin/nightshift").toString(),
                        "batch",
                        "list",
                        "--config",
                        root.resolve("etc/nightshift/nightshift.conf").toString()));
        assertThat(list.err()).contains("nightshift.journal.password-file: there is no such file");
        assertThat(list.err().strip().lines()).as(list.err()).hasSize(1);
    }

    @Test
    void theUnitIsHardened() throws IOException, InterruptedException {
        assumeTrue(Release.hasTool("systemd-analyze"), "systemd is not installed, so its unit is not checked");
        String unit = root.resolve("usr/lib/systemd/system/nightshift.service").toString();
        // Fails if the exposure, from 0 to 10, is above 3.
        Release.tool(folder, "systemd-analyze", "security", "--offline=yes", "--threshold=30", "--no-pager", unit);
    }
}
