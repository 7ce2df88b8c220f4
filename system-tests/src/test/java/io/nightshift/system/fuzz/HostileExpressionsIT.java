package io.nightshift.system.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The short form of the target `expressions` of `bench/fuzz.sh`.
class HostileExpressionsIT {

    private static final int COUNT = Integer.getInteger("nightshift.fuzz.expressions", 300);

    @Test
    void noExpressionThatPassesTheCheckHarmsTheProcess(@TempDir Path folder) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+SuppressFatalErrorMessage",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Djava.io.tmpdir=" + folder,
                        "-cp",
                        System.getProperty("java.class.path"),
                        HostileExpressions.class.getName(),
                        "1",
                        Integer.toString(COUNT))
                .directory(new File(folder.toString()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        int code = child.waitFor();
        List<String> lines = Files.readAllLines(output);
        assertThat(code)
                .as("the child ended at the expression %s", lines.isEmpty() ? "none" : lines.getLast())
                .isZero();
        assertThat(lines.getLast()).matches("[1-9][0-9]* of " + COUNT + " expressions were computed");
    }
}
