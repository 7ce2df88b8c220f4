package io.nightshift.bench.peers;

import com.microsoft.ml.lightgbm.PredictionType;
import io.github.metarank.lightgbm4j.LGBMBooster;
import io.github.metarank.lightgbm4j.LGBMDataset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// LightGBM by lightgbm4j: batch prediction on a matrix in memory.
final class LightgbmRival implements Rival {

    private final Rows flights;

    LightgbmRival(Rows flights) {
        this.flights = flights;
    }

    @Override
    public List<Contest> contests() {
        return List.of(
                new Contest(
                        "LightGBM 100 × depth 6", flights, 10, (rows, file) -> train(rows, file, 100, 63, 6)),
                new Contest(
                        "LightGBM 500 × 255 leaves", flights, 4, (rows, file) -> train(rows, file, 500, 255, -1)));
    }

    private static Trained train(Rows rows, Path file, int trees, int leaves, int depth) throws Exception {
        Rows some = rows.head(Math.min(200_000, rows.count()));
        String parameters = "objective=binary num_threads=2 verbosity=-1 learning_rate=0.1 seed=1 num_leaves=" + leaves
                + " max_depth=" + depth;
        LGBMDataset data =
                LGBMDataset.createFromMat(some.matrix(), some.count(), some.features(), true, parameters, null);
        data.setField("label", some.labels());
        LGBMBooster trained = LGBMBooster.create(data, parameters);
        for (int tree = 0; tree < trees; tree++) {
            trained.updateOneIter();
        }
        String text = trained.saveModelToString(0, 0, LGBMBooster.FeatureImportanceType.SPLIT);
        Files.writeString(Path.of(file + ".txt"), text);
        trained.close();
        data.close();
        LGBMBooster booster = LGBMBooster.loadModelFromString(text);
        return new Trained() {
            @Override
            public double score(float[] probabilities) throws Exception {
                double start = Clock.seconds();
                double[] predicted = booster.predictForMat(
                        rows.matrix(),
                        rows.count(),
                        rows.features(),
                        true,
                        PredictionType.C_API_PREDICT_NORMAL,
                        "num_threads=2");
                double seconds = Clock.seconds() - start;
                for (int row = 0; row < predicted.length; row++) {
                    probabilities[row] = (float) predicted[row];
                }
                return seconds;
            }

            @Override
            public void close() throws Exception {
                booster.close();
            }
        };
    }
}
