package io.nightshift.scoring.format.catboost;

import ai.catboost.CatBoostModel;
import ai.catboost.CatBoostPredictions;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.Scorer;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;

/// Scores random symmetric trees with CatBoost's library for the JVM and with Nightshift, in turn. See
/// `bench/catboost.sh`. It uses the generator of the tests, and so stands in their package.
final class CatBoostBenchmark {

    private static final int ROWS = 1 << 15;
    private static final int CHUNK = 2048;
    private static final int FEATURES = 50;
    private static final int BORDERS = 64;
    private static final int WARM_UPS = 10;
    /// Each measured round scores the rows several times.
    private static final int PASSES = 4;

    private final CatBoostModel library;
    private final Scorer scorer;
    private final double[][] columns;
    private final float[][][] chunks = new float[ROWS / CHUNK][CHUNK][FEATURES];
    private final double[][] chunk = new double[FEATURES][CHUNK];
    private final double[][] outputs = new double[2][CHUNK];
    private final double[] theirs = new double[ROWS];
    private final double[] ours = new double[ROWS];

    private CatBoostBenchmark(byte[] file, double[][] columns) throws Exception {
        this.library = CatBoostModel.loadModel(file);
        this.scorer = Model.load("model", file).scorer();
        this.columns = columns;
        for (int row = 0; row < ROWS; row++) {
            for (int feature = 0; feature < FEATURES; feature++) {
                chunks[row / CHUNK][row % CHUNK][feature] = (float) columns[feature][row];
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        System.out.println("| model | CatBoost, million rows/s | Nightshift | ratio | different raw values |");
        System.out.println("|---|---|---|---|---|");
        for (int[] shape : new int[][] {{100, 6}, {1000, 6}, {1000, 8}, {300, 10}}) {
            CatBoostSample sample = new CatBoostSample(1, FEATURES, 0, 1);
            for (int feature = 0; feature < FEATURES; feature++) {
                sample.borders[feature] = borders(sample);
            }
            for (int tree = 0; tree < shape[0]; tree++) {
                sample.symmetricTree(shape[1]);
            }
            CatBoostBenchmark benchmark = new CatBoostBenchmark(sample.loss("RMSE").file(), sample.columns(ROWS));
            benchmark.measure("%,d × depth %d".formatted(shape[0], shape[1]), rounds);
        }
    }

    private static float[] borders(CatBoostSample sample) {
        float[] borders = new float[BORDERS];
        for (int i = 0; i < BORDERS; i++) {
            borders[i] = (float) sample.random.nextGaussian();
        }
        Arrays.sort(borders);
        return borders;
    }

    private void measure(String name, int rounds) throws Exception {
        double[] slow = new double[rounds];
        double[] fast = new double[rounds];
        for (int round = -WARM_UPS; round < rounds; round++) {
            long start = time();
            for (int pass = 0; pass < PASSES; pass++) {
                scoreTheirs();
            }
            long middle = time();
            for (int pass = 0; pass < PASSES; pass++) {
                scoreOurs();
            }
            long end = time();
            if (round >= 0) {
                slow[round] = 1e3 * PASSES * ROWS / (middle - start);
                fast[round] = 1e3 * PASSES * ROWS / (end - middle);
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

    private void scoreTheirs() throws Exception {
        for (int i = 0; i < chunks.length; i++) {
            CatBoostPredictions predictions = library.predict(chunks[i], (String[][]) null);
            for (int row = 0; row < CHUNK; row++) {
                theirs[i * CHUNK + row] = predictions.get(row, 0);
            }
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
