package io.nightshift.worker.scoring;

import com.sun.management.OperatingSystemMXBean;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.model.ModelFeature;
import io.nightshift.worker.model.Forms;
import io.nightshift.worker.model.Model;
import io.nightshift.worker.model.ModelImport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Scores the rows of a job on one thread with each kernel that takes its model, the kernels taking turns, and
/// compares their scores bit by bit. Prints a table in Markdown. See `bench/kernel.sh`.
public final class KernelBenchmark {

    /// As the product scores them.
    private static final int BLOCK = 128;
    private static final int CHUNK = 2048;

    private KernelBenchmark() {}

    /// @param args the job file, the Parquet file, and how many rounds to measure after a first one
    public static void main(String[] args) throws IOException, SQLException {
        Path jobFile = Path.of(args[0]);
        Job job = JobFile.parse(Files.readString(jobFile), jobFile, List.of());
        Model model = ModelImport.read(jobFile.resolveSibling("flights.ubj"));
        double[][] rows = rows(model, job, args[1]);
        int rounds = Integer.parseInt(args[2]);
        Forest forest = Forms.forest(model);

        Map<String, ForestScorers> kernels = new LinkedHashMap<>();
        kernels.put("reference", new ForestScorers(forest, new ReferenceKernel.Layout(forest), BLOCK, ""));
        RankedForest ranked = RankedForest.of(forest);
        if (ranked != null) {
            kernels.put("ranked", new ForestScorers(forest, ranked, BLOCK, ""));
        }
        DistinctTests tests = DistinctTests.of(forest);
        if (forest.depth() <= BitSlicedForest.MAX_DEPTH && tests.count <= BitSlicedForest.MAX_TESTS) {
            kernels.put("bit-sliced", new ForestScorers(forest, new BitSlicedForest(forest, tests), BLOCK, ""));
        }

        Map<String, double[]> seconds = new LinkedHashMap<>();
        double[][] expected = {};
        for (int round = 0; round <= rounds; round++) {
            for (Map.Entry<String, ForestScorers> kernel : kernels.entrySet()) {
                double[][] scores = new double[forest.outputs()][rows[0].length];
                seconds.computeIfAbsent(kernel.getKey(), name -> new double[rounds + 1])[round] =
                        score(kernel.getValue().scorer(), rows, scores);
                if (expected.length == 0) {
                    expected = scores;
                } else if (!Arrays.deepEquals(expected, scores)) {
                    throw new IllegalStateException(kernel.getKey() + " gives other scores");
                }
            }
        }
        print(rows[0].length, seconds);
    }

    private static void print(int rows, Map<String, double[]> seconds) {
        System.out.println("| kernel | million rows/s, one core | all rounds | first round |");
        System.out.println("|---|---|---|---|");
        seconds.forEach((name, rounds) -> {
            double[] sorted = Arrays.stream(rounds).skip(1).sorted().toArray();
            System.out.printf(
                    "| %s | %.2f | %.2f–%.2f | %.2f |%n",
                    name,
                    rows / sorted[sorted.length / 2] / 1e6,
                    rows / sorted[sorted.length - 1] / 1e6,
                    rows / sorted[0] / 1e6,
                    rows / rounds[0] / 1e6);
        });
    }

    /// Scores in chunks, as a query does. Returns the seconds of processor time, compilers included.
    private static double score(Scorer scorer, double[][] rows, double[][] scores) {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        double[][] chunk = new double[rows.length][CHUNK];
        double[][] outputs = new double[scores.length][CHUNK];
        long start = system.getProcessCpuTime();
        for (int from = 0; from < rows[0].length; from += CHUNK) {
            int count = Math.min(CHUNK, rows[0].length - from);
            for (int feature = 0; feature < rows.length; feature++) {
                System.arraycopy(rows[feature], from, chunk[feature], 0, count);
            }
            scorer.score(chunk, count, outputs);
            for (int k = 0; k < scores.length; k++) {
                System.arraycopy(outputs[k], 0, scores[k], from, count);
            }
        }
        return (system.getProcessCpuTime() - start) / 1e9;
    }

    private static double[][] rows(Model model, Job job, String parquet) throws SQLException {
        String columns = model.description().features().stream()
                .map(ModelFeature::name)
                .map(name -> "(" + job.source().select().getOrDefault(name, "\"" + name + "\"") + ")::double")
                .collect(Collectors.joining(", "));
        String file = "'" + parquet.replace("'", "''") + "'";
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement()) {
            int count;
            try (var result = statement.executeQuery("select count(*) from " + file)) {
                result.next();
                count = result.getInt(1);
            }
            double[][] rows = new double[model.description().features().size()][count];
            try (var result = statement.executeQuery("select " + columns + " from " + file)) {
                for (int row = 0; result.next(); row++) {
                    for (int feature = 0; feature < rows.length; feature++) {
                        double value = result.getDouble(feature + 1);
                        rows[feature][row] = result.wasNull() ? Double.NaN : value;
                    }
                }
            }
            return rows;
        }
    }
}
