package io.nightshift.bench.peers;

import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import smile.classification.RandomForest;
import smile.data.DataFrame;
import smile.data.Tuple;
import smile.data.formula.Formula;
import smile.data.vector.DoubleVector;
import smile.data.vector.IntVector;
import smile.data.vector.ValueVector;

/// Smile, a row at a time as its interface has it, in a parallel stream.
final class SmileRival implements Rival {

    private static final int FEATURES = 10;

    private final Rows flights;

    SmileRival(Rows flights) {
        this.flights = flights;
    }

    @Override
    public List<Contest> contests() {
        return List.of(new Contest("Smile RandomForest 100 × depth 10", flights, 12, SmileRival::train));
    }

    private static Trained train(Rows rows, Path file) throws Exception {
        Rows some = rows.head(Math.min(50_000, rows.count()));
        DataFrame frame = frame(some);
        // Smile counts the root: 11 are ten tests.
        RandomForest.Options options = new RandomForest.Options(100, 3, 11, 0, 5);
        RandomForest forest = RandomForest.fit(Formula.lhs("late"), frame, options);
        try (ObjectOutputStream out = new ObjectOutputStream(Files.newOutputStream(Path.of(file + ".smile")))) {
            out.writeObject(forest);
        }
        Tuple[] tuples = frame(rows).stream().toArray(Tuple[]::new);
        return probabilities -> {
            double start = Clock.seconds();
            IntStream.range(0, tuples.length).parallel().forEach(row -> {
                double[] posteriori = new double[2];
                forest.predict(tuples[row], posteriori);
                probabilities[row] = (float) posteriori[1];
            });
            return Clock.seconds() - start;
        };
    }

    private static DataFrame frame(Rows rows) {
        List<ValueVector> vectors = new ArrayList<>();
        for (int feature = 0; feature < FEATURES; feature++) {
            vectors.add(new DoubleVector("f" + feature, rows.columns()[feature]));
        }
        int[] late = new int[rows.count()];
        for (int row = 0; row < late.length; row++) {
            late[row] = (int) rows.labels()[row];
        }
        vectors.add(new IntVector("late", late));
        return new DataFrame(vectors.toArray(ValueVector[]::new));
    }
}
