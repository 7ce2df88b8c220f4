package io.nightshift.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The files that the build puts into `packaging/target/release`, and commands on them.
final class Release {

    private static final long PATIENCE_SECONDS = 180;

    /// The commands that the launcher runs apart from the program. `java` is not among them.
    private static final List<String> TOOLS = List.of(
            "sh", "awk", "find", "kill", "ln", "mkdir", "mktemp", "mv", "ps", "readlink", "rm", "sed", "tar", "gzip");

    private Release() {}

    /// The one file of the release with an ending.
    static Path file(String ending) throws IOException {
        return find(ending)
                .orElseThrow(() -> new IllegalStateException(
                        "no file *%s: run mvn -DskipTests -pl packaging -am package".formatted(ending)));
    }

    /// The file of the release with an ending, if the build has made one.
    static Optional<Path> find(String ending) throws IOException {
        Path folder = Checkout.path("packaging/target/release");
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(ending)).toList();
            assertThat(found).as("files *%s in %s", ending, folder).hasSizeLessThan(2);
            return found.stream().findFirst();
        }
    }

    static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    /// A machine without Java: a folder of links to the few tools that the launcher runs, to be the only folder
    /// of the path.
    static Path toolsWithoutJava(Path folder) throws IOException {
        Files.createDirectories(folder);
        for (String tool : TOOLS) {
            for (String directory : List.of("/usr/bin", "/bin")) {
                Path path = Path.of(directory, tool);
                if (Files.exists(path) && !Files.exists(folder.resolve(tool))) {
                    Files.createSymbolicLink(folder.resolve(tool), path);
                }
            }
        }
        return folder;
    }

    /// Runs a command with no environment but the given one, and waits for its end.
    static CommandResult run(Path folder, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("out", ".txt");
        Path err = Files.createTempFile("err", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().clear();
            builder.environment().putAll(environment);
            Process process = builder.start();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            String text = Files.readString(out);
            String problems = Files.readString(err);
            assertThat(ended).as("%s ends; %s%s", command, text, problems).isTrue();
            return new CommandResult(process.exitValue(), text, problems);
        } finally {
            Files.delete(out);
            Files.delete(err);
        }
    }

    /// Runs a tool of this machine, which must succeed.
    ///
    /// @return its standard output
    static String tool(Path folder, String... command) throws IOException, InterruptedException {
        CommandResult result =
                run(folder, Map.of("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", "TZ", "UTC"), List.of(command));
        assertThat(result.status()).as("%s: %s", List.of(command), result.err()).isZero();
        return result.out();
    }

    static boolean hasTool(String name) {
        return Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    }
}
