package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A Python with scikit-learn, if the machine has one, and the scripts that it runs.
final class SklearnPython {

    private static final int MINUTES = 10;

    private static final Optional<String> PYTHON = find();

    private SklearnPython() {}

    static boolean isInstalled() {
        return PYTHON.isPresent();
    }

    private static Optional<String> find() {
        for (String candidate : List.of("python3", "/usr/bin/python3")) {
            try {
                if (start(List.of(candidate, "-c", "import sklearn, pandas")).waitFor() == 0) {
                    return Optional.of(candidate);
                }
            } catch (IOException missing) {
                // The next one may be there.
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        return Optional.empty();
    }

    private static Process start(List<String> command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /// Runs a script that lies beside the kept models, and returns what it prints.
    static String run(String script, String... arguments) throws Exception {
        return runScript(ExchangeFormatTest.kept().resolve(script), arguments);
    }

    /// Runs a script, and returns what it prints.
    static String runScript(Path script, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of(script.toString()));
        all.addAll(List.of(arguments));
        Ran ran = attempt(all.toArray(String[]::new));
        assertThat(ran.status()).as(ran.output()).isZero();
        return ran.output();
    }

    /// The exit status and the output of a Python process.
    record Ran(int status, String output) {}

    /// Runs Python, and waits for its end.
    static Ran attempt(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(PYTHON.orElseThrow(), "-B", "-W", "ignore"));
        command.addAll(List.of(arguments));
        Process process = start(command);
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES)).isTrue();
        return new Ran(process.exitValue(), output);
    }

    static Path exporter() {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("tools/export-sklearn.py"))) {
            root = Objects.requireNonNull(root.getParent(), "tools is above the tests");
        }
        return root.resolve("tools/export-sklearn.py");
    }
}
