package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.FlightsTable.Features;
import io.nightshift.scoring.Model;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import smile.classification.RandomForest;
import smile.data.DataFrame;
import smile.data.Tuple;
import smile.data.formula.Formula;
import smile.data.vector.DoubleVector;
import smile.data.vector.IntVector;
import smile.data.vector.ValueVector;

/// A hundred thousand real flights, each probability equal to the library's own to the bit. With
/// `-Dnightshift.flights=FILE`, the long form, all flights of that file.
class FlightsLibraryTest {

    private static final int TRAINING_ROWS = 20_000;

    @TempDir
    Path folder;

    @Test
    void probabilitiesOfARandomForestAreSmilesOwn() throws Exception {
        Compared<RandomForest> compared = new Compared<>() {
            @Override
            RandomForest train(FlightsTable flights) throws Exception {
                RandomForest forest = RandomForest.fit(
                        Formula.lhs("late"), frame(flights), new RandomForest.Options(20, 3, 11, 0, 5));
                try (ObjectOutputStream out =
                        new ObjectOutputStream(Files.newOutputStream(folder.resolve("model.smile")))) {
                    out.writeObject(forest);
                }
                return forest;
            }

            @Override
            void compare(RandomForest forest, FlightsTable block) throws Exception {
                Tuple[] rows = frame(block).stream().toArray(Tuple[]::new);
                double[] expected = new double[rows.length];
                IntStream.range(0, rows.length).parallel().forEach(row -> {
                    double[] probabilities = new double[2];
                    forest.predict(rows[row], probabilities);
                    expected[row] = probabilities[1];
                });

                assertThat(block.scores(model())[1]).isEqualTo(expected);
            }
        };

        FlightsTable.forEachBlock("Smile", Features.EXAMPLE, compared);
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
                    model = SmileModels.load(files.findFirst().orElseThrow());
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

    private static DataFrame frame(FlightsTable flights) {
        List<ValueVector> vectors = new ArrayList<>();
        for (int feature = 0; feature < flights.columns().length; feature++) {
            vectors.add(new DoubleVector("f" + feature, flights.columns()[feature]));
        }
        int[] late = new int[flights.count()];
        for (int row = 0; row < late.length; row++) {
            late[row] = (int) flights.delayed()[row];
        }
        vectors.add(new IntVector("late", late));
        return new DataFrame(vectors.toArray(ValueVector[]::new));
    }
}
