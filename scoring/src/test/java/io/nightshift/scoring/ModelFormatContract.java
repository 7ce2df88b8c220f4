package io.nightshift.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.nightshift.scoring.forest.ForestScorers;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.kernel.ReferenceKernel;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextHash;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The promises of every format of model files. A format's test extends this class and provides valid files
/// of its format.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class ModelFormatContract extends HostileFiles {

    /// How many times as many tries as by default.
    private static final int TRIES = Integer.getInteger("nightshift.tries.factor", 1);

    private static final int ROWS = 1000;

    /// More than any of the files' models needs.
    private static final long MOST_ALLOCATED = 400L << 20;

    private static final Pattern WHOLE_NUMBER = Pattern.compile("(?<![\\w.+-])\\d+(?![\\w.])");

    private @Nullable Map<String, byte[]> files;

    /// Sound files, by a name for each.
    protected abstract Map<String, byte[]> models() throws Exception;

    /// The number of bytes from the start that a model needs. A file that is cut off after them may be
    /// loaded.
    protected int needed(String name, byte[] content) {
        return content.length;
    }

    /// The number of altered files that are tried of each model.
    protected int alterations() {
        return 300;
    }

    /// The numbers that a feature of numbers may have in the tests.
    protected double number(Random random) {
        return 4 * random.nextGaussian();
    }

    /// Whether the models score any number, infinite ones too.
    protected boolean scoresInfinity() {
        return true;
    }

    @SuppressWarnings("UnusedMethod") // by its name
    private Stream<String> names() throws Exception {
        return files().keySet().stream().sorted();
    }

    /// Made once: not every library trains the same model again.
    private Map<String, byte[]> files() throws Exception {
        if (files == null) {
            files = models();
        }
        return files;
    }

    private byte[] content(String name) throws Exception {
        return Objects.requireNonNull(files().get(name));
    }

    @ParameterizedTest
    @MethodSource("names")
    void aTruncatedFileIsRefused(String name) throws Exception {
        byte[] whole = content(name);
        int needed = needed(name, whole);
        for (int length = 3; length < needed; length += 1 + needed / (30 * TRIES)) {
            assertRefused(Arrays.copyOf(whole, length));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void anAlteredFileIsLoadedOrRefused(String name) throws Exception {
        readsOrRefuses(content(name), alterations() * TRIES, 1);
    }

    /// An attacker can compute the checksum of our own file too.
    @ParameterizedTest
    @MethodSource("names")
    void anAlteredFileOfOurOwnIsLoadedOrRefused(String name) throws Exception {
        byte[] whole = ModelFile.encode(model(name));
        Random random = new Random(2);
        for (int i = 0; i < alterations() * TRIES; i++) {
            byte[] body = Arrays.copyOf(whole, whole.length - 32);
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                body[12 + random.nextInt(body.length - 12)] = (byte) random.nextInt(256);
            }
            scoreOrRefuse(sealed(body), 1);
        }
    }

    /// Any four bytes may be a length, and so may be any number that is written as text.
    @ParameterizedTest
    @MethodSource("names")
    void aSizeThatIsNotThereCostsNoMemory(String name) throws Exception {
        byte[] whole = content(name);
        Random random = new Random(4);
        List<byte[]> forged = new ArrayList<>();
        for (int i = 0; i < 20 * TRIES; i++) {
            byte[] altered = whole.clone();
            int at = 2 + random.nextInt(altered.length - 6);
            boolean isLittle = random.nextBoolean();
            for (int k = 0; k < 4; k++) {
                altered[at + k] = (byte) (k == (isLittle ? 3 : 0) ? 0x3f : 0xff);
            }
            forged.add(altered);
        }
        String text = new String(whole, StandardCharsets.ISO_8859_1);
        List<int[]> numbers = new ArrayList<>();
        Matcher number = WHOLE_NUMBER.matcher(text);
        while (number.find()) {
            numbers.add(new int[] {number.start(), number.end()});
        }
        for (int i = 0; i < Math.min(40 * TRIES, numbers.size()); i++) {
            int[] place = numbers.get(i < 20 ? i : random.nextInt(numbers.size()));
            forged.add((text.substring(0, place[0]) + "2000000000" + text.substring(place[1]))
                    .getBytes(StandardCharsets.ISO_8859_1));
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        for (byte[] file : forged) {
            long before = threads.getCurrentThreadAllocatedBytes();
            scoreOrRefuse(file, 1);
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(MOST_ALLOCATED);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void aModelIsTheSameFromAFileFromBytesAndFromOurOwnFile(String name) throws Exception {
        Model model = model(name);
        double[][] rows = rows(model, 1);
        byte[] own = ModelFile.encode(model);

        for (Model same : List.of(
                loader().load(name, content(name)),
                loader().load(name, Files.newInputStream(folder.resolve("model"))),
                loader().load(name, own))) {
            assertThat(same.description()).isEqualTo(model.description());
            assertThat(same.kernel()).isEqualTo(model.kernel());
            assertThat(same.heapBytes()).isEqualTo(model.heapBytes()).isPositive();
            assertThat(ModelFile.encode(same)).isEqualTo(own);
            assertThat(score(same.scorer(TEXTS), model, rows)).isDeepEqualTo(score(model.scorer(TEXTS), model, rows));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void scoresDoNotDependOnTheSizesOfBlocks(String name) throws Exception {
        Model model = model(name);
        double[][] rows = rows(model, 2);
        double[][] whole = score(model.scorer(TEXTS), model, rows);

        for (int size : new int[] {1, 2, 3, 63, 64, 65, 127, 128, 129, 256, 257, 999}) {
            double[][] parts = new double[whole.length][ROWS];
            Scorer scorer = model.scorer(TEXTS);
            for (int from = 0; from < ROWS; from += size) {
                int first = from;
                int count = Math.min(size, ROWS - from);
                double[][] block = Arrays.stream(rows)
                        .map(column -> Arrays.copyOfRange(column, first, first + count))
                        .toArray(double[][]::new);
                double[][] outputs = new double[whole.length][count];
                scorer.score(block, count, outputs);
                for (int output = 0; output < whole.length; output++) {
                    System.arraycopy(outputs[output], 0, parts[output], from, count);
                }
            }
            assertThat(parts).as("blocks of %d rows", size).isDeepEqualTo(whole);
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void manyThreadsGetTheSameScores(String name) throws Exception {
        Model model = model(name);
        double[][] rows = rows(model, 3);
        double[][] expected = score(model.scorer(TEXTS), model, rows);

        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            Callable<double[][]> task = () -> score(model.scorer(TEXTS), model, rows);
            for (Future<double[][]> scores : threads.invokeAll(Collections.nCopies(32, task))) {
                assertThat(scores.get()).isDeepEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void theSelectedKernelGivesTheScoresOfTheReference(String name) throws Exception {
        Model model = model(name);
        if (Forms.of(model) instanceof Forest forest) {
            double[][] rows = rows(model, 4);
            ForestScorers reference = new ForestScorers(forest, new ReferenceKernel.Layout(forest), 128, "reference");

            assertThat(score(model.scorer(TEXTS), model, rows)).isDeepEqualTo(score(reference.scorer(), model, rows));
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void missingAndInfiniteValuesOfARowChangeNoOtherRow(String name) throws Exception {
        Model model = model(name);
        double[][] rows = rows(model, 5);
        double[][] sound = score(model.scorer(TEXTS), model, rows);
        List<ModelFeature> features = model.description().features();
        Random random = new Random(5);
        for (int row = 0; row < ROWS; row += 2) {
            for (int feature = 0; feature < rows.length; feature++) {
                ModelFeature given = features.get(feature);
                boolean isNumber = given.type() instanceof FeatureType.Numeric;
                int choice = random.nextInt(6);
                if (choice < 2 && given.missing()) {
                    rows[feature][row] = Double.NaN;
                } else if (choice == 2 && isNumber && scoresInfinity()) {
                    rows[feature][row] = random.nextBoolean() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
                }
            }
        }

        double[][] scores = score(model.scorer(TEXTS), model, rows);

        for (int output = 0; output < sound.length; output++) {
            assertThat(oddRows(scores[output])).isEqualTo(oddRows(sound[output]));
        }
    }

    private static double[] oddRows(double[] values) {
        return IntStream.range(0, ROWS / 2).mapToDouble(i -> values[2 * i + 1]).toArray();
    }

    @ParameterizedTest
    @MethodSource("names")
    void anotherNumberOfColumnsIsRefused(String name) throws Exception {
        Model model = model(name);
        double[][] rows = rows(model, 6);
        int outputs = model.description().outputs();
        int all = outputs + model.description().margins();
        Scorer scorer = model.scorer(TEXTS);

        assertThatThrownBy(() -> scorer.score(Arrays.copyOf(rows, rows.length - 1), 1, new double[outputs][1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining((rows.length - 1) + " columns of features");
        assertThatThrownBy(() -> scorer.score(rows, 1, new double[all + 1][1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining((all + 1) + " columns of outputs");
    }

    private Model model(String name) throws Exception {
        return load(Files.write(folder.resolve("model"), content(name)));
    }

    /// Rows with a value of each feature: numbers, and positions of levels.
    private double[][] rows(Model model, long seed) {
        Random random = new Random(seed);
        List<ModelFeature> features = model.description().features();
        double[][] rows = new double[features.size()][ROWS];
        for (int feature = 0; feature < rows.length; feature++) {
            FeatureType type = features.get(feature).type();
            Arrays.setAll(rows[feature], row -> switch (type) {
                case FeatureType.Numeric numeric -> number(random);
                case FeatureType.Categorical categorical -> number(random);
                case FeatureType.Nominal(List<String> levels, boolean open) ->
                    random.nextInt(open ? FeatureType.Nominal.OTHER : 0, levels.size());
                case FeatureType.Hashed(TextHash hash) -> hash.of("x".repeat(random.nextInt(6)) + random.nextInt(6));
                case FeatureType.Text text -> random.nextInt(6);
            });
        }
        return rows;
    }

    private static double[][] score(Scorer scorer, Model model, double[][] rows) {
        int outputs = model.description().outputs() + model.description().margins();
        double[][] scores = new double[outputs][ROWS];
        scorer.score(rows, ROWS, scores);
        return scores;
    }
}
