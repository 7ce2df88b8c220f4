package io.nightshift.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMBooster.FeatureImportanceType;
import io.github.metarank.lightgbm4j.LGBMDataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A hundred thousand real flights, each margin equal to the library's own to the bit.
class FlightsLibraryTest {

    private static final int ROWS = 100_000;
    private static final int TRAINING_ROWS = 20_000;
    private static final int FEATURES = FlightsTable.FEATURES.size();

    @TempDir
    Path folder;

    @Test
    void marginsOfTheExamplesModelAreXgboostsOwn() throws Exception {
        FlightsTable flights = FlightsTable.of(ROWS);
        Path file = FlightsTable.example("flights.ubj");
        float[] rows = new float[flights.rows().length];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) flights.rows()[i];
        }
        float[][] expected =
                XGBoost.loadModel(file.toString()).predict(new DMatrix(rows, ROWS, FEATURES, Float.NaN), true);

        double[] margins = margins(ModelImport.read(file), flights);

        int different = 0;
        for (int row = 0; row < ROWS; row++) {
            different += margins[row] == expected[row][0] ? 0 : 1;
        }
        assertThat(different).isZero();
    }

    @Test
    void rawScoresOfAModelWithCategoriesAreLightGbmsOwn() throws Exception {
        FlightsTable flights = FlightsTable.of(ROWS);
        String parameters =
                "objective=binary num_leaves=63 categorical_feature=2,6,7 verbosity=-1 num_threads=2 seed=3";
        LGBMDataset data = LGBMDataset.createFromMat(
                Arrays.copyOf(flights.rows(), TRAINING_ROWS * FEATURES),
                TRAINING_ROWS,
                FEATURES,
                true,
                parameters,
                null);
        data.setField("label", Arrays.copyOf(flights.delayed(), TRAINING_ROWS));
        LGBMBooster booster = LGBMBooster.create(data, parameters);
        for (int i = 0; i < 60; i++) {
            booster.updateOneIter();
        }
        double[] expected = booster.predictForMat(
                flights.rows(), ROWS, FEATURES, true, PredictionType.C_API_PREDICT_RAW_SCORE, "num_threads=2");

        Path file = Files.writeString(
                folder.resolve("model.txt"), booster.saveModelToString(0, 0, FeatureImportanceType.GAIN));

        assertThat(margins(ModelImport.read(file), flights)).isEqualTo(expected);
    }

    private static double[] margins(Model model, FlightsTable flights) {
        double[][] outputs = new double[3][ROWS];
        model.scorer().score(flights.columns(), ROWS, outputs);
        return outputs[2];
    }
}
