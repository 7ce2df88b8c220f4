package io.nightshift.system.upgrade;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.program.ProgramProcess;
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

/// An installed program: a folder with the launcher.
record Distribution(Path root) {

    private static final long PATIENCE = 120;

    /// System property: the distribution of an earlier build.
    static final String PREVIOUS = "nightshift.previous";

    static Distribution ofThisBuild() {
        return new Distribution(Checkout.distribution());
    }

    Path launcher() {
        return root.resolve("bin/nightshift");
    }

    Path program() {
        return root.resolve("lib/nightshift-cli.jar");
    }

    /// The version in the manifest.
    String version() throws IOException {
        try (JarFile jar = new JarFile(program().toFile())) {
            return Objects.requireNonNull(
                    jar.getManifest().getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION));
        }
    }

    /// @param options the options of the JVM
    ProcessBuilder command(String options, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(launcher().toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("NIGHTSHIFT_"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("NIGHTSHIFT_CACHE", "off");
        boolean isThisBuild = equals(ofThisBuild());
        environment.put(
                "NIGHTSHIFT_OPTS", isThisBuild ? options + " " + ProgramProcess.startupCache(arguments) : options);
        return builder;
    }

    /// Runs a command and waits for its end.
    ///
    /// @param folder gets the files with its output
    CommandResult run(Path folder, List<String> arguments) throws IOException, InterruptedException {
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
        return new CommandResult(process.exitValue(), text, problems);
    }
}
