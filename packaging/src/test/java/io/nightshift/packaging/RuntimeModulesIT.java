package io.nightshift.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.Nightly;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The Java runtime of the packages.
@Nightly(shortForm = "ArchiveIT.theRuntimeHasTheModulesOfTheOtherCommands")
final class RuntimeModulesIT {

    @TempDir
    Path folder = Path.of("");

    @Test
    void theRuntimeHasEveryModuleThatTheLibrariesName() throws IOException {
        Path lib = Checkout.distribution().resolve("lib");
        String libraries;
        try (Stream<Path> files = Files.list(lib)) {
            libraries = files.map(Path::toString)
                    .filter(file -> file.endsWith(".jar"))
                    .sorted()
                    .collect(Collectors.joining(File.pathSeparator));
        }
        StringWriter out = new StringWriter();
        int status = ToolProvider.findFirst("jdeps")
                .orElseThrow()
                .run(
                        new PrintWriter(out, true),
                        new PrintWriter(out, true),
                        "--multi-release",
                        "25",
                        "--ignore-missing-deps",
                        "--print-module-deps",
                        "--class-path",
                        libraries,
                        lib.resolve("nightshift-cli.jar").toString());
        assertThat(status).as(out.toString()).isZero();

        List<String> needed = List.of(out.toString().strip().split(",", -1));
        String release = Files.readString(Checkout.path("packaging/target/runtime/release"));
        assertThat(needed)
                .hasSizeGreaterThan(5)
                .allSatisfy(module ->
                        assertThat(release).containsPattern("MODULES=\"(.* )?" + module.replace(".", "\\.") + "[ \"]"));
    }

    /// Without a fixed order of sets, every second runtime differs: see the arguments of jlink in the POM.
    /// The build and this test run in different locales, so both give jlink the same one.
    @Test
    void theSameJdkGivesTheSameRuntime() throws IOException, InterruptedException {
        Path built = Checkout.path("packaging/target/runtime");
        String modules = Files.readString(built.resolve("release")).replaceAll("(?s).*MODULES=\"([^\"]*)\".*", "$1");
        Path again = folder.resolve("runtime");
        Release.tool(
                folder,
                "env",
                "LC_ALL=C.UTF-8",
                Path.of(System.getProperty("java.home"), "bin/jlink").toString(),
                "-J-XX:AOTMode=record",
                "-J-XX:AOTConfiguration=" + folder.resolve("jlink.aotconf"),
                "--add-modules",
                modules.replace(' ', ','),
                "--no-header-files",
                "--no-man-pages",
                "--output",
                again.toString());

        assertThat(Files.mismatch(again.resolve("lib/modules"), built.resolve("lib/modules")))
                .isEqualTo(-1);
        Release.tool(folder, "diff", "-r", "--no-dereference", built.toString(), again.toString());
    }
}
