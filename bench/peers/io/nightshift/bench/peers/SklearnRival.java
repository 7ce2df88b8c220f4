package io.nightshift.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// scikit-learn's `predict_proba`, on the precision that it is faster with.
final class SklearnRival implements Rival {

    private final Rows flights;

    SklearnRival(Rows flights) {
        this.flights = flights;
    }

    @Override
    public List<Contest> contests() {
        return List.of(
                new Contest(
                        "scikit-learn HistGradientBoosting 100 × depth 6",
                        flights,
                        10,
                        (rows, file) -> train("boosting", rows, file)),
                new Contest(
                        "scikit-learn pipeline: encoder, scaler, logistic regression",
                        flights,
                        20,
                        (rows, file) -> train("pipeline", rows, file)));
    }

    private static Trained train(String kind, Rows rows, Path file) throws Exception {
        Path folder = Files.createDirectories(file.resolveSibling("../sklearn"));
        Path labels = Python.write(folder.resolve("labels"), rows.labels());
        Python python = new Python(
                rows, folder, "sklearn_models.py", labels.toString(), "tools/export-sklearn.py", file + ".json", kind);
        python.line();
        return python;
    }
}
