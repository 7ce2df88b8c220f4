package io.nightshift.bench.peers;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;

/// XGBoost by xgboost4j: in-place prediction on a matrix in memory.
final class XgboostRival implements Rival {

    private final Rows flights;

    XgboostRival(Rows flights) {
        this.flights = flights;
    }

    @Override
    public List<Contest> contests() {
        Rows wide = Rows.wide(50_000, 500);
        return List.of(
                new Contest("XGBoost 100 × depth 6", flights, 5, (rows, file) -> boosted(rows, file, 100, 6, 1)),
                new Contest("XGBoost random forest 100 × depth 10", flights, 3, XgboostRival::forest),
                new Contest(
                        "wide: 500 features, XGBoost 1,000 × depth 8",
                        wide,
                        2,
                        (rows, file) -> boosted(rows, file, 1000, 8, 0.1)));
    }

    static Trained boosted(Rows rows, Path file, int trees, int depth, double columns) throws Exception {
        Map<String, Object> parameters = parameters(depth);
        parameters.put("eta", 0.1);
        parameters.put("colsample_bytree", columns);
        parameters.put("min_child_weight", columns < 1 ? 0.01 : 1);
        return train(rows, file, parameters, trees);
    }

    private static Trained forest(Rows rows, Path file) throws Exception {
        Map<String, Object> parameters = parameters(10);
        parameters.put("eta", 1);
        parameters.put("num_parallel_tree", 100);
        parameters.put("subsample", 0.63);
        parameters.put("colsample_bynode", 0.5);
        return train(rows, file, parameters, 1);
    }

    private static Map<String, Object> parameters(int depth) {
        Map<String, Object> parameters = new HashMap<>();
        parameters.put("objective", "binary:logistic");
        parameters.put("tree_method", "hist");
        parameters.put("max_depth", depth);
        parameters.put("nthread", 2);
        parameters.put("seed", 1);
        return parameters;
    }

    private static Trained train(Rows rows, Path file, Map<String, Object> parameters, int rounds) throws Exception {
        Rows some = rows.head(Math.min(200_000, rows.count()));
        DMatrix matrix = new DMatrix(some.matrix(), some.count(), some.features(), Float.NaN);
        matrix.setLabel(some.labels());
        Booster booster = XGBoost.train(matrix, parameters, rounds, Map.of(), null, null);
        matrix.dispose();
        booster.saveModel(file + ".ubj");
        return probabilities -> {
            double start = Clock.seconds();
            float[][] predicted = booster.inplace_predict(rows.matrix(), rows.count(), rows.features(), Float.NaN);
            double seconds = Clock.seconds() - start;
            for (int row = 0; row < predicted.length; row++) {
                probabilities[row] = predicted[row][0];
            }
            return seconds;
        };
    }
}
