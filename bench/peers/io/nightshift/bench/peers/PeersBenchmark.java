package io.nightshift.bench.peers;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.smile.SmileLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Scores the same rows with a library and with us, taking turns, and prints a row of the table for each model. See
/// `bench/peers.sh`.
public final class PeersBenchmark {

    private static final int THREADS = 2;
    private static final int CHUNK = 2048;
    private static final int WARM_UP = 3;

    private static final ModelLoader LOADER = new ModelLoader(new SmileLibrary());

    private PeersBenchmark() {}

    /// @param args the Parquet file of flights, how many rounds to measure, a folder for models, and the rival
    public static void main(String[] args) throws Exception {
        Rows flights = Rows.flights(args[0]);
        int rounds = Integer.parseInt(args[1]);
        Path folder = Path.of(args[2]);
        Rival rival = rival(args[3], flights);
        int number = 0;
        for (Rival.Contest contest : rival.contests()) {
            number++;
            compare(contest, rounds, Files.createDirectories(folder.resolve(args[3] + number)));
        }
        System.exit(0);
    }

    static Rival rival(String library, Rows flights) throws ReflectiveOperationException {
        return switch (library) {
            case "xgboost" -> load("XgboostRival", flights);
            case "xgboost-python" -> load("XgboostPythonRival", flights);
            case "lightgbm" -> load("LightgbmRival", flights);
            case "onnx" -> load("OnnxRival", flights);
            case "sklearn" -> load("SklearnRival", flights);
            case "smile" -> load("SmileRival", flights);
            default -> throw new IllegalArgumentException("no rival is called " + library);
        };
    }

    /// Loads a rival by its name, because its library may be missing.
    private static Rival load(String name, Rows flights) throws ReflectiveOperationException {
        return (Rival) Class.forName(PeersBenchmark.class.getPackageName() + "." + name)
                .getDeclaredConstructor(Rows.class)
                .newInstance(flights);
    }

    private static void compare(Rival.Contest contest, int rounds, Path folder) throws Exception {
        int rows = contest.rows().count();
        float[] theirs = new float[rows];
        float[] ours = new float[rows];
        double[] theirSeconds = new double[rounds];
        double[] ourSeconds = new double[rounds];
        String kernel;
        System.err.println("peers.sh: training " + contest.model());
        try (Rival.Trained trained = contest.trainer().train(contest.rows(), folder.resolve("model"));
                var files = Files.list(folder);
                Us us = Us.load(files.findFirst().orElseThrow())) {
            kernel = us.model.kernel();
            for (int round = -WARM_UP; round < rounds; round++) {
                double seconds = trained.score(theirs);
                double our = us.score(contest.rows(), ours);
                if (round >= 0) {
                    theirSeconds[round] = seconds;
                    ourSeconds[round] = our;
                }
            }
        } catch (ModelException refused) {
            System.err.println("peers.sh: " + contest.model() + " is skipped: " + refused.getMessage());
            return;
        }
        double their = rows / median(theirSeconds) / 1e6;
        double our = rows / median(ourSeconds) / 1e6;
        System.out.printf(
                "| %s | %.3f (%s) | %.2f (%s) | **%.1f** | %.0f | %.1e | %s |%n",
                contest.model(),
                their,
                range(rows, theirSeconds),
                our,
                range(rows, ourSeconds),
                our / their,
                contest.target(),
                largestDifference(theirs, ours),
                kernel.replaceFirst("[:;].*", ""));
    }

    /// Nightshift's scorer, with one scorer per thread.
    static final class Us implements AutoCloseable {
        private final Model model;
        private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        private final Scorer[] scorers = new Scorer[THREADS];

        static Us load(Path file) {
            return new Us(LOADER.load(file));
        }

        private Us(Model model) {
            this.model = model;
            Arrays.setAll(scorers, thread -> model.scorer());
        }

        double score(Rows rows, float[] probabilities) throws Exception {
            double start = Clock.seconds();
            Future<?>[] parts = new Future<?>[THREADS];
            for (int thread = 0; thread < THREADS; thread++) {
                int part = thread;
                int from = (int) ((long) rows.count() * part / THREADS);
                int to = (int) ((long) rows.count() * (part + 1) / THREADS);
                parts[part] = threads.submit(() -> score(scorers[part], rows.columns(), from, to, probabilities));
            }
            for (Future<?> part : parts) {
                part.get();
            }
            return Clock.seconds() - start;
        }

        /// In chunks, as a query brings the rows.
        private void score(Scorer scorer, double[][] columns, int from, int to, float[] probabilities) {
            double[][] chunk = new double[columns.length][CHUNK];
            double[][] outputs = new double[model.description().outputs()][CHUNK];
            for (int at = from; at < to; at += CHUNK) {
                int count = Math.min(CHUNK, to - at);
                for (int feature = 0; feature < columns.length; feature++) {
                    System.arraycopy(columns[feature], at, chunk[feature], 0, count);
                }
                scorer.score(chunk, count, outputs);
                for (int row = 0; row < count; row++) {
                    probabilities[at + row] = (float) outputs[1][row];
                }
            }
        }

        @Override
        public void close() {
            threads.shutdown();
        }
    }

    private static double median(double[] seconds) {
        double[] sorted = Arrays.stream(seconds).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static String range(int rows, double[] seconds) {
        double[] sorted = Arrays.stream(seconds).sorted().toArray();
        return "%.3f–%.3f".formatted(rows / sorted[sorted.length - 1] / 1e6, rows / sorted[0] / 1e6);
    }

    private static double largestDifference(float[] theirs, float[] ours) {
        double largest = 0;
        for (int row = 0; row < theirs.length; row++) {
            largest = Math.max(largest, Math.abs((double) theirs[row] - ours[row]));
        }
        return largest;
    }
}
