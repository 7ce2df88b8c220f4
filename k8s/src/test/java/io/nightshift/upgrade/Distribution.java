package io.nightshift.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarFile;

/// The program as it is installed: a folder with a launcher.
record Distribution(Path root) {

    private static final long PATIENCE = 120;

    /// Names the folder of a build before this one, of which a real one is to be tried.
    static final String PREVIOUS = "nightshift.previous";

    /// How a command ended.
    record End(int status, String out, String err) {}

    static Distribution ofThisBuild() {
        Distribution distribution = new Distribution(
                Path.of("..", "cli", "target", "nightshift").toAbsolutePath().normalize());
        assertThat(distribution.launcher())
                .as("of the distribution, which `mvn package` assembles")
                .isExecutable();
        return distribution;
    }

    Path launcher() {
        return root.resolve("nightshift");
    }

    Path program() {
        return root.resolve("lib/nightshift-cli.jar");
    }

    /// As the build named it.
    String version() throws IOException {
        try (JarFile jar = new JarFile(program().toFile())) {
            return Objects.requireNonNull(
                    jar.getManifest().getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION));
        }
    }

    /// @param options of its JVM
    ProcessBuilder command(String options, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(launcher().toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("NIGHTSHIFT_"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("NIGHTSHIFT_CACHE", "off");
        environment.put("NIGHTSHIFT_OPTS", options);
        return builder;
    }

    /// Runs a command to its end.
    ///
    /// @param folder for its output
    End run(Path folder, List<String> arguments) throws IOException, InterruptedException {
        File out = Files.createTempFile(folder, "out", ".txt").toFile();
        File err = Files.createTempFile(folder, "err", ".txt").toFile();
        Process process = command("-XX:TieredStopAtLevel=1", arguments)
                .redirectOutput(out)
                .redirectError(err)
                .start();
        boolean ended = process.waitFor(PATIENCE, TimeUnit.SECONDS);
        process.destroyForcibly();
        String text = Files.readString(out.toPath());
        String problems = Files.readString(err.toPath());
        assertThat(ended).as("%s ends; %s%s", arguments, text, problems).isTrue();
        return new End(process.exitValue(), text, problems);
    }
}
