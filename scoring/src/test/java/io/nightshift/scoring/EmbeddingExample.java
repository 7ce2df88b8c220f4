package io.nightshift.scoring;

import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import java.nio.file.Path;
import java.util.stream.IntStream;

/// The program of `docs/how-to/embed.md`.
public final class EmbeddingExample {

    private EmbeddingExample() {}

    /// Prints what a model takes, and how likely two rows are of its second class.
    ///
    /// @param arguments the model file
    public static void main(String[] arguments) {
        Model model = Model.load(Path.of(arguments[0]));
        for (ModelFeature feature : model.description().features()) {
            System.out.println(feature.name() + ": " + feature.type());
        }

        int rows = 2;
        double[][] features = new double[model.description().features().size()][rows]; // one array per feature
        double[][] outputs = new double[model.description().outputs()][rows]; // the class, its probability
        features[0][0] = 1;
        features[1][1] = Double.NaN; // a missing value

        Scorer scorer = model.scorer(); // one per thread
        scorer.score(features, rows, outputs);
        IntStream.range(0, rows).forEach(row -> System.out.println(outputs[1][row]));
    }
}
