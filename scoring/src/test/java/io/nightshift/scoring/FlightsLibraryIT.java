package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMBooster.FeatureImportanceType;
import io.github.metarank.lightgbm4j.LGBMDataset;
import io.nightshift.scoring.FlightsTable.Features;
import java.io.ByteArrayOutputStream;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A hundred thousand real flights, each margin equal to the library's own to the bit. With
/// `-Dnightshift.flights=FILE`, the long form, all flights of that file.
class FlightsLibraryIT {

    private static final int TRAINING_ROWS = 20_000;

    @TempDir
    Path folder;

    @Test
    void marginsOfTheExamplesModelAreXgboostsOwn() throws Exception {
        Path file = FlightsTable.example("flights.ubj");
        Booster booster = XGBoost.loadModel(file.toString());
        Model model = Model.load(file);

        FlightsTable.forEachBlock("XGBoost", Features.EXAMPLE, block -> {
            DMatrix rows = new DMatrix(block.singles(), block.count(), Features.EXAMPLE.count(), Float.NaN);
            float[][] expected = booster.predict(rows, true);
            rows.dispose();

            assertEqual(block.scores(model)[2], expected);
        });
    }

    @Test
    void rawScoresOfAModelWithCategoriesAreLightGbmsOwn() throws Exception {
        Compared<LGBMBooster> compared = new Compared<>() {
            @Override
            LGBMBooster train(FlightsTable flights) throws Exception {
                String parameters =
                        "objective=binary num_leaves=63 categorical_feature=2,6,7 verbosity=-1 num_threads=1 seed=3";
                LGBMDataset data = LGBMDataset.createFromMat(
                        flights.rows(), flights.count(), Features.EXAMPLE.count(), true, parameters, null);
                data.setField("label", flights.delayed());
                LGBMBooster booster = LGBMBooster.create(data, parameters);
                for (int i = 0; i < 60; i++) {
                    booster.updateOneIter();
                }
                Files.writeString(
                        folder.resolve("model.txt"), booster.saveModelToString(0, 0, FeatureImportanceType.GAIN));
                return booster;
            }

            @Override
            void compare(LGBMBooster booster, FlightsTable block) throws Exception {
                double[] expected = booster.predictForMat(
                        block.rows(),
                        block.count(),
                        Features.EXAMPLE.count(),
                        true,
                        PredictionType.C_API_PREDICT_RAW_SCORE,
                        "num_threads=1");

                assertThat(block.scores(model())[2]).isEqualTo(expected);
            }
        };

        FlightsTable.forEachBlock("LightGBM", Features.EXAMPLE, compared);
    }

    @Test
    void marginsOfATreeEnsembleAreOnnxRuntimesOwn() throws Exception {
        Path file = Flights.resource("xgb100x6.onnx");
        Model model = Model.load(file);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            try (OrtSession session =
                    environment.createSession(withOutput(Files.readAllBytes(file), "margin"), options)) {
                FlightsTable.forEachBlock("ONNX Runtime", Features.PEERS, block -> {
                    long[] shape = {block.count(), Features.PEERS.count()};
                    try (OnnxTensor rows =
                                    OnnxTensor.createTensor(environment, FloatBuffer.wrap(block.singles()), shape);
                            OrtSession.Result expected = session.run(Map.of("x", rows))) {
                        double[][] scores = block.scores(model);

                        assertEqual(scores[2], (float[][])
                                expected.get("margin").orElseThrow().getValue());
                        float[][] probabilities =
                                (float[][]) expected.get("p").orElseThrow().getValue();
                        for (int row = 0; row < block.count(); row++) {
                            assertThat(Math.abs(scores[1][row] - probabilities[row][0]))
                                    .isLessThanOrEqualTo(1.2e-7);
                        }
                    }
                });
            }
        }
    }

    /// A model that learns from the first flights, and is compared on all.
    private abstract class Compared<T> implements FlightsTable.BlockTest {

        private @Nullable T trained;
        private @Nullable Model model;

        /// Trains a model and saves it as the only file in the folder.
        abstract T train(FlightsTable flights) throws Exception;

        abstract void compare(T library, FlightsTable block) throws Exception;

        Model model() throws Exception {
            if (model == null) {
                try (var files = Files.list(folder)) {
                    model = Model.load(files.findFirst().orElseThrow());
                }
            }
            return model;
        }

        @Override
        public void accept(FlightsTable block) throws Exception {
            if (trained == null) {
                trained = train(block.first(TRAINING_ROWS));
            }
            compare(trained, block);
        }
    }

    private static void assertEqual(double[] margins, float[][] expected) {
        int different = 0;
        for (int row = 0; row < margins.length; row++) {
            different += margins[row] == expected[row][0] ? 0 : 1;
        }
        assertThat(different).isZero();
    }

    /// The ONNX model with one more output. In Protocol Buffers, what is appended to a message is merged into
    /// it.
    private static byte[] withOutput(byte[] model, String name) {
        byte[] text = field(1, name.getBytes(StandardCharsets.UTF_8));
        byte[] tensorOfFloats = {8, 1};
        byte[] type = field(2, field(1, tensorOfFloats));
        return joined(model, field(7, field(12, joined(text, type))));
    }

    private static byte[] field(int number, byte[] content) {
        return joined(new byte[] {(byte) (number << 3 | 2), (byte) content.length}, content);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(first);
        bytes.writeBytes(second);
        return bytes.toByteArray();
    }
}
