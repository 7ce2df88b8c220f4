package io.nightshift.scoring.format.mojo;

import hex.genmodel.ModelMojoReader;
import hex.genmodel.MojoModel;
import hex.genmodel.MojoReaderBackendFactory;
import hex.genmodel.MojoReaderBackendFactory.CachingStrategy;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.Scorer;
import java.io.ByteArrayInputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/// Scores random MOJOs with H2O's library and with Nightshift, in turn. See `bench/mojo.sh`. It uses the generator of the
/// tests, and so stands in their package.
final class MojoBenchmark {

    private static final int ROWS = 1 << 14;
    private static final int CHUNK = 2048;
    private static final int FEATURES = 50;
    private static final int WARM_UPS = 5;

    private final MojoModel library;
    private final Scorer scorer;
    private final double[][] columns;
    private final double[][] rows = new double[ROWS][FEATURES];
    private final double[][] chunk = new double[FEATURES][CHUNK];
    private final double[][] outputs;
    private final int result;
    private final double[] theirs = new double[ROWS];
    private final double[] ours = new double[ROWS];
    private final double[] predictions;

    /// @param result the place of the compared result among H2O's; Nightshift has no probability of the first class
    private MojoBenchmark(byte[] file, double[][] columns, int result) throws Exception {
        this.library = ModelMojoReader.readFrom(MojoReaderBackendFactory.createReaderBackend(
                new ByteArrayInputStream(file), CachingStrategy.MEMORY));
        Model model = Model.load("model", file);
        System.err.println(model.kernel());
        this.scorer = model.scorer();
        this.outputs = new double[model.description().outputs()][CHUNK];
        this.columns = columns;
        this.result = result;
        this.predictions = new double[library.getPredsSize()];
        for (int row = 0; row < ROWS; row++) {
            for (int feature = 0; feature < FEATURES; feature++) {
                rows[row][feature] = columns[feature][row];
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        System.out.println("| model | H2O, million rows/s | Nightshift | ratio | different results |");
        System.out.println("|---|---|---|---|---|");
        for (int[] shape : new int[][] {{100, 6}, {500, 6}}) {
            MojoSample sample = sample("Gradient Boosting Machine", 0)
                    .with("distribution", "bernoulli")
                    .with("init_f", 0.5)
                    .trees(shape[0], shape[1], 1);
            measure("GBM, two classes, %,d trees, depth %d".formatted(shape[0], shape[1]), sample, 2, rounds);
        }
        for (int levels : new int[] {0, 20}) {
            MojoSample sample = sample("Distributed Random Forest", levels)
                    .with("binomial_double_trees", false)
                    .trees(50, 14, 1);
            String columns = levels == 0 ? "" : ", half of the columns with up to 20 levels";
            measure("DRF, two classes, 50 trees, depth 14" + columns, sample, 2, rounds);
        }
    }

    private static MojoSample sample(String algorithm, int levels) {
        MojoSample sample = new MojoSample(1, algorithm, "1.40", FEATURES, levels, 2);
        sample.setsOfNumbers = false;
        return sample;
    }

    private static void measure(String name, MojoSample sample, int result, int rounds) throws Exception {
        new MojoBenchmark(sample.file(), sample.rows(ROWS), result).measure(name, rounds);
    }

    private void measure(String name, int rounds) {
        double[] slow = new double[rounds];
        double[] fast = new double[rounds];
        for (int round = -WARM_UPS; round < rounds; round++) {
            long start = time();
            scoreTheirs();
            long middle = time();
            scoreOurs();
            long end = time();
            if (round >= 0) {
                slow[round] = 1e3 * ROWS / (middle - start);
                fast[round] = 1e3 * ROWS / (end - middle);
            }
        }
        int different = 0;
        for (int row = 0; row < ROWS; row++) {
            different += Double.doubleToLongBits(ours[row]) == Double.doubleToLongBits(theirs[row]) ? 0 : 1;
        }
        Arrays.sort(slow);
        Arrays.sort(fast);
        double their = slow[rounds / 2];
        double our = fast[rounds / 2];
        System.out.printf(
                Locale.ROOT,
                "| %s | %.3f (%.3f–%.3f) | %.3f (%.3f–%.3f) | **%.1f** | %d of %,d |%n",
                name,
                their,
                slow[0],
                slow[rounds - 1],
                our,
                fast[0],
                fast[rounds - 1],
                our / their,
                different,
                ROWS);
    }

    /// Of this thread, in which both score: other programs and the compiler don't count.
    private static long time() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private void scoreTheirs() {
        for (int row = 0; row < ROWS; row++) {
            theirs[row] = library.score0(rows[row], predictions)[result];
        }
    }

    private void scoreOurs() {
        for (int from = 0; from < ROWS; from += CHUNK) {
            for (int feature = 0; feature < FEATURES; feature++) {
                System.arraycopy(columns[feature], from, chunk[feature], 0, CHUNK);
            }
            scorer.score(chunk, CHUNK, outputs);
            System.arraycopy(outputs[1], 0, ours, from, CHUNK);
        }
    }
}
