package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// `tools/export-sklearn.py` in a Python without scikit-learn: `-S` leaves out all installed libraries.
final class ExportScriptIT {

    private static final String PYTHON = "/usr/bin/python3";

    @Test
    void helpNeedsNoScikitLearn() throws Exception {
        Ran help = run("--help");

        assertThat(help.status).as(help.output).isZero();
        assertThat(help.output).startsWith("usage: export-sklearn.py").contains("the joblib or pickle file");
    }

    @Test
    void withoutScikitLearnAnExportSaysWhatToInstall() throws Exception {
        Ran refused = run("model.joblib", "model.json");

        assertThat(refused.status).isEqualTo(1);
        assertThat(refused.output)
                .contains("scikit-learn can't be imported: No module named", "python3-sklearn")
                .doesNotContain("Traceback");
    }

    private record Ran(int status, String output) {}

    private static Ran run(String... arguments) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of(PYTHON)), "Python 3 is not installed");
        List<String> command = new ArrayList<>(List.of(PYTHON, "-I", "-S", "-B", script().toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return new Ran(process.exitValue(), output);
    }

    private static Path script() {
        Path root = Path.of("").toAbsolutePath();
        while (!Files.exists(root.resolve("tools/export-sklearn.py"))) {
            root = Objects.requireNonNull(root.getParent(), "tools is above the tests");
        }
        return root.resolve("tools/export-sklearn.py");
    }
}
