package io.nightshift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `model show`.
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

    private Program.End model(String command, String argument) {
        return Program.here("model", command, argument, "--home", home.toString())
                .expect(0);
    }
}
