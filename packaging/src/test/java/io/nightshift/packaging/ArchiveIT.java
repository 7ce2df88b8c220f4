package io.nightshift.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// The archive, unpacked into a folder on a machine whose path has no Java.
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ArchiveIT {

    @TempDir
    static Path folder;

    /// The unpacked program.
    static Path program;

    @BeforeAll
    static void unpack() throws Exception {
        Release.tool(folder, "tar", "-xzf", Release.file(".tar.gz").toString());
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> roots = files.toList();
            assertThat(roots).hasSize(1);
            program = roots.getFirst();
        }
        assertThat(program.getFileName().toString()).matches("nightshift-[0-9].*");
        FlightsJob.shorten(program.resolve("lib/example"), 30_000);
        Files.createDirectories(folder.resolve("user"));
        Release.toolsWithoutJava(folder.resolve("tools"));
    }

    /// Runs the launcher as a user does who has unpacked the archive.
    private static CommandResult nightshift(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        Map<String, String> all = new TreeMap<>(environment);
        all.put("PATH", folder.resolve("tools").toString());
        all.put("HOME", folder.resolve("user").toString());
        List<String> command =
                new ArrayList<>(List.of(program.resolve("bin/nightshift").toString()));
        command.addAll(List.of(arguments));
        return Release.run(folder, all, command);
    }

    @Test
    @Order(0)
    void aMissingJobFileIsReportedBeforeTheStartUpCacheIsMade() throws IOException, InterruptedException {
        CommandResult run = nightshift(Map.of(), "run", "missing.yaml").expect(2, "missing.yaml");
        assertThat(run.out() + run.err()).doesNotContain("start-up cache");
        assertThat(program.resolve("cache")).doesNotExist();
    }

    @Test
    @Order(1)
    void theMainJobRunsOnTheRuntimeOfTheArchive() throws IOException, InterruptedException {
        String job = program.resolve("examples/flights/job.yaml").toString();
        CommandResult run =
                nightshift(Map.of("NIGHTSHIFT_OPTS", "-XshowSettings:properties"), "run", job, "-o", "json");
        run.expect(0, "preparing a start-up cache", "java.home = " + program.resolve("runtime"));
        assertThat(folder.resolve("user/.nightshift/ledger")).as("below $HOME").isDirectory();
        assertThat(run.json().path("state").asText()).isEqualTo("published");
        assertThat(run.json().path("rows").asInt()).isEqualTo(300_000);
        try (Stream<Path> batches = Files.list(program.resolve("examples/flights/predictions"))) {
            assertThat(batches).anyMatch(batch -> batch.getFileName().toString().startsWith("batch="));
        }
    }

    /// With this option the JVM does not start if the cache does not fit, which is that of the archive's runtime.
    @Test
    @Order(2)
    void theFirstRunHasMadeTheStartUpCacheInTheFolderOfTheProgram() throws IOException, InterruptedException {
        try (Stream<Path> files = Files.list(program.resolve("cache"))) {
            assertThat(files).anyMatch(file -> file.toString().endsWith(".aot"));
        }
        Map<String, String> environment =
                Map.of("NIGHTSHIFT_OPTS", "-XX:AOTMode=on", "JAVA_HOME", System.getProperty("java.home"));
        nightshift(environment, "--version").expect(0);
    }

    @Test
    @Order(3)
    void theRuntimeHasTheModulesOfTheOtherCommands() throws IOException, InterruptedException {
        Map<String, String> none = Map.of();
        String job = program.resolve("examples/flights/job.yaml").toString();
        nightshift(none, "plan", job).expect(0);
        nightshift(
                        none,
                        "model",
                        "import",
                        program.resolve("examples/flights/flights.ubj").toString())
                .expect(0);
        nightshift(none, "model", "show", "flights").expect(0);
        nightshift(none, "batch", "list").expect(0);
        nightshift(none, "batch", "verify", "latest").expect(0);
        nightshift(none, "token", "create", "--name", "test", "--role", "read").expect(0);
        nightshift(
                        none,
                        "model",
                        "train",
                        program.resolve("examples/flights/flights.parquet").toString(),
                        "--help")
                .expect(0);
        nightshift(Map.of("NIGHTSHIFT_OPTS", "--add-modules=jdk.incubator.vector"), "--version")
                .expect(0);
    }

    /// One of the conditions for reproducible builds; `packaging/check-reproducible.sh` compares two builds.
    @Test
    void everyEntryHasTheSameTimeAndOwnerAndOneOfTwoModes() throws IOException, InterruptedException {
        String listing = Release.tool(
                folder,
                "tar",
                "--numeric-owner",
                "--full-time",
                "-tvzf",
                Release.file(".tar.gz").toString());
        List<String> entries = listing.lines().toList();
        assertThat(entries).hasSizeGreaterThan(200);
        Pattern entry = Pattern.compile("(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x|lrw-r--r--) +0/0 +\\d+ (\\S+ \\S+) (.*)");
        assertThat(entries).allMatch(line -> entry.matcher(line).matches());
        assertThat(entries.stream().map(line -> entry.matcher(line).replaceAll("$2")))
                .containsOnly("2026-11-24 00:00:00");
    }

    private static final Pattern NAMED_PATH =
            Pattern.compile("\\b(?:docs/[a-z-]+/[a-z-]+\\.md|tools/[a-z-]+\\.(?:py|sh)|examples/[a-z]+/[a-z.]+)");

    /// The messages of the program and the generated job files are texts of its sources.
    @Test
    void everyPathThatTheProgramNamesIsInTheArchive() throws IOException {
        List<Path> sources;
        try (Stream<Path> modules = Files.list(Checkout.path(""))) {
            sources = modules.map(module -> module.resolve("src/main/java"))
                    .filter(Files::isDirectory)
                    .filter(module -> !module.toString().matches(".*/(testing|nemesis)/.*"))
                    .toList();
        }
        Set<String> named = new TreeSet<>();
        for (Path module : sources) {
            try (Stream<Path> files = Files.walk(module)) {
                for (Path file :
                        files.filter(file -> file.toString().endsWith(".java")).toList()) {
                    Files.readAllLines(file).stream()
                            .filter(line -> !line.strip().startsWith("//"))
                            .flatMap(line -> NAMED_PATH.matcher(line).results())
                            .forEach(path -> named.add(path.group()));
                }
            }
        }
        assertThat(named).contains("docs/reference/job-file.md", "tools/export-sklearn.py", "tools/get-onnxruntime.sh");
        assertThat(named).allSatisfy(path -> assertThat(program.resolve(path)).isRegularFile());
        // The script imports the modules next to it.
        assertThat(program.resolve("tools/sklearn_export/document.py")).isRegularFile();
    }

    @Test
    void theTutorialsPathsAndLinksAreInTheArchive() throws IOException {
        Pattern link = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)");
        try (Stream<Path> pages = Files.list(program.resolve("docs/tutorial"))) {
            assertThat(pages)
                    .isNotEmpty()
                    .allSatisfy(page -> assertThat(link.matcher(Files.readString(page))
                                    .results()
                                    .map(found -> page.getParent().resolve(found.group(1))))
                            .allSatisfy(linked -> assertThat(linked).exists()));
        }
        assertThat(program.resolve("nightshift")).isSymbolicLink().isExecutable();
        assertThat(program.resolve("examples/job.schema.json")).isRegularFile();
        assertThat(Files.readString(program.resolve("examples/flights/job.yaml")))
                .startsWith("# yaml-language-server: $schema=../job.schema.json");
    }

    @Test
    void theArchiveHoldsNothingOfTheMachineThatBuiltIt() {
        assertThat(program.resolve("built")).doesNotExist();
        assertThat(program.resolve("lib/build-id")).isRegularFile();
        assertThat(program.resolve("LICENSE")).isRegularFile();
        assertThat(program.resolve("NOTICE")).isRegularFile();
        assertThat(program.resolve("licences")).isDirectory();
        assertThat(program.resolve("runtime/legal/java.base")).isDirectory();
        assertThat(program.resolve("examples/storms/job.yaml")).isRegularFile();
        assertThat(program.resolve("examples/flights/training")).doesNotExist();
        assertThat(program.resolve("share/man/man1/nightshift-run.1")).isRegularFile();
        assertThat(program.resolve("share/bash-completion/completions/nightshift"))
                .isRegularFile();
        assertThat(program.resolve("share/fish/vendor_completions.d/nightshift.fish"))
                .isRegularFile();
    }
}
