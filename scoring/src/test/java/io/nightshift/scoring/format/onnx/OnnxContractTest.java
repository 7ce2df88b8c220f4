package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.ModelFormatContract;
import java.io.IOException;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The contract, and what is special to ONNX files.
class OnnxContractTest extends ModelFormatContract {

    @Override
    protected Map<String, byte[]> models() {
        return Map.of(
                "regressor", OnnxSample.random(new Random(1), "Regressor", 1, "NONE", true, "BRANCH_LT", "BRANCH_GTE"),
                "classifier",
                        OnnxSample.random(new Random(2), "Classifier", 3, "NONE", true, "BRANCH_LEQ", "BRANCH_GT"));
    }

    /// The graph ends before the file does.
    @Override
    protected int needed(String name, byte[] content) {
        return content.length - 30;
    }

    @Override
    protected int alterations() {
        return 1000;
    }

    @Test
    void anOnnxModelIsRefusedByName() throws IOException {
        assertRefused(new byte[] {8, 9, 18, 7, 's', 'k', 'l'}, "not a valid ONNX model: it ends early");
        assertRefused(new byte[] {8, 9, 18, 3, 's', 'k', 'l'}, "has 0 inputs");
        assertRefused(new byte[] {8, 9, 18, -1, -1, -1, -1, -1, -1, -1, -1, 127}, "it ends early");
        assertRefused(new byte[] {8, 9, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, "longer than 64 bits");
    }

    @Test
    void unsupportedPartsOfOnnxAreNamed() throws IOException {
        assertRefused(
                OnnxSample.random(new Random(4), "Classifier", 3, "NONE", true, "BRANCH_EQ", "BRANCH_LT"),
                "mode BRANCH_EQ");
        assertRefused(
                OnnxSample.random(new Random(4), "Thing", 3, "NONE", true, "BRANCH_LT", "BRANCH_LT"),
                "operator TreeEnsembleThing");
    }
}
