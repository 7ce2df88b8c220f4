package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The commands `model show` and `model import`.
final class ModelCommandsTest {

    @TempDir
    private Path home;

    @Test
    void aModelIsShownWithItsKernelAndTheReasonForIt() {
        model("import", FlightsJob.example().resolve("flights.ubj").toString());

        assertThat(model("show", "flights").out())
                .contains("algorithm   gbtree")
                .contains("kernel      bit-sliced, 64 rows at a time: no tree is deeper than 8 levels")
                .containsPattern("0 +month +number \\(float32\\)");
    }

    @Test
    void theColumnsOfTheListAreAsWideAsTheirWidestText() {
        String file = FlightsJob.example().resolve("flights.ubj").toString();
        String longName = "a-name-of-sixty-three-letters-is-the-longest-that-a-model-can-ha";
        model("import", file);
        CommandResult.of(
                        Main.commandLine(),
                        "model",
                        "import",
                        file,
                        "--name",
                        longName.substring(0, 63),
                        "--home",
                        home.toString())
                .expect(0);

        List<String> lines = CommandResult.of(Main.commandLine(), "model", "list", "--home", home.toString())
                .expect(0)
                .out()
                .lines()
                .toList();

        assertThat(lines).hasSize(3);
        assertThat(lines.getFirst()).matches("MODEL +ALGORITHM +TASK +FEATURES +REGISTERED +ALIASES");
        assertThat(lines).extracting(line -> line.indexOf("gbtree")).containsExactly(-1, 67, 67);
        assertThat(lines.getLast()).doesNotContain(" ".repeat(80)).contains("flights@1 ");
    }

    /// ONNX Runtime is not a library of the program or of these tests.
    @Test
    void aGraphThatNeedsOnnxRuntimeIsRefusedWithWhatToDo() throws IOException {
        byte[] graphOfOneNegation = HexFormat.of().parseHex("08083a120a0b0a017812017922034e65675a030a0178");
        Path file = Files.write(home.resolve("graph.onnx"), graphOfOneNegation);

        CommandResult.of(Main.commandLine(), "model", "import", file.toString(), "--home", home.toString())
                .expect(2, "graph.onnx is refused", "operator Neg", "tools/get-onnxruntime.sh");
    }

    private CommandResult model(String command, String argument) {
        return CommandResult.of(Main.commandLine(), "model", command, argument, "--home", home.toString())
                .expect(0);
    }
}
