package io.nightshift.bench.kernels;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.scoring.forest.ForestScorers;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.xgboost.XgboostFormat;
import io.nightshift.scoring.kernel.BitSlicedForest;
import io.nightshift.scoring.kernel.NodeMaskForest;
import io.nightshift.scoring.kernel.RankedForest;
import io.nightshift.scoring.kernel.ReferenceKernel;
import io.nightshift.scoring.kernel.SplitConditions;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Rows a microsecond, by kernel and forest. See `bench/kernels.sh`.
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class KernelsBenchmark {

    private static final int ROWS = 1 << 16;
    private static final int CHUNK = 2048;

    @Param({"flights", "full 100 x 10", "leafwise 500 x 255", "wide 1000 x 8"})
    public String forest = "";

    @Param({"auto", "bit-sliced", "by nodes", "ranked", "reference"})
    public String kernel = "";

    private double[][] rows = {};
    private double[][] outputs = {};
    private double[][] chunk = {};
    private Scorer scorer = (features, count, to) -> {};

    /// Reads or makes the model and its rows, and holds the kernel's scores against the definition's.
    @Setup
    public void prepare() throws IOException, SQLException, MalformedModelException {
        Path jobFile = Path.of("examples/flights/job.yaml");
        Job job = JobFile.parse(Files.readString(jobFile), jobFile, List.of());
        ModelDefinition flights = new XgboostFormat().read(Files.readAllBytes(jobFile.resolveSibling("flights.ubj")));
        rows = flights(flights.description(), job);
        Random random = new Random(1);
        Forest model = switch (forest) {
            case "flights" -> (Forest) flights.form();
            case "full 100 x 10" -> SyntheticForests.full(random, rows, 100, 10);
            case "leafwise 500 x 255" -> SyntheticForests.leafwise(random, rows, 500, 255);
            case "wide 1000 x 8" -> {
                rows = SyntheticForests.gaussian(random, 500, ROWS);
                yield SyntheticForests.full(random, rows, 1000, 8);
            }
            default -> throw new IllegalArgumentException("no forest is called " + forest);
        };
        outputs = new double[model.outputs()][CHUNK];
        chunk = new double[rows.length][CHUNK];
        scorer = scorers(model).scorer();
        compare(new ForestScorers(model, new ReferenceKernel.Layout(model), 128, "").scorer());
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public double score() {
        double sum = 0;
        for (int from = 0; from < ROWS; from += CHUNK) {
            load(from);
            scorer.score(chunk, CHUNK, outputs);
            sum += outputs[0][0];
        }
        return sum;
    }

    private ForestScorers scorers(Forest model) {
        SplitConditions tests = SplitConditions.of(model);
        return switch (kernel) {
            case "auto" -> ForestScorers.of(model); // what the front door selects
            case "bit-sliced" -> new ForestScorers(model, new BitSlicedForest(model, tests), 128, "");
            case "by nodes" -> {
                NodeMaskForest nodes = Objects.requireNonNull(NodeMaskForest.of(model, tests));
                yield new ForestScorers(model, nodes, nodes.rows(), "");
            }
            case "ranked" -> new ForestScorers(model, Objects.requireNonNull(RankedForest.of(model)), 128, "");
            case "reference" -> new ForestScorers(model, new ReferenceKernel.Layout(model), 128, "");
            default -> throw new IllegalArgumentException("no kernel is called " + kernel);
        };
    }

    private void compare(Scorer reference) {
        double[][] expected = new double[outputs.length][CHUNK];
        load(0);
        reference.score(chunk, CHUNK, expected);
        scorer.score(chunk, CHUNK, outputs);
        if (!Arrays.deepEquals(expected, outputs)) {
            throw new IllegalStateException(kernel + " gives other scores");
        }
    }

    private void load(int from) {
        for (int feature = 0; feature < rows.length; feature++) {
            System.arraycopy(rows[feature], from, chunk[feature], 0, CHUNK);
        }
    }

    private static double[][] flights(ModelDescription model, Job job) throws SQLException {
        String columns = model.features().stream()
                .map(ModelFeature::name)
                .map(name -> "(" + job.source().select().getOrDefault(name, "\"" + name + "\"") + ")::double")
                .collect(Collectors.joining(", "));
        String query = "select " + columns + " from 'examples/flights/flights.parquet' limit " + ROWS;
        double[][] rows = new double[model.features().size()][ROWS];
        try (var connection = DriverManager.getConnection("jdbc:duckdb:");
                var statement = connection.createStatement();
                var result = statement.executeQuery(query)) {
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
