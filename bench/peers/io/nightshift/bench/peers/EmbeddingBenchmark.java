package io.nightshift.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Rows per microsecond of the same model on the same rows in memory, on two threads: scored by the library that
/// trained it, through its Java API, and by Nightshift's library. See `bench/embed.sh`.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class EmbeddingBenchmark {

    private static final int ROWS = 1 << 17;

    @Param("xgboost")
    public String library = "";

    @Param("examples/flights/flights.parquet")
    public String flights = "";

    private final float[] probabilities = new float[ROWS];
    private Rows rows;
    private Rival.Trained theirs;
    private PeersBenchmark.Us ours;

    /// Trains the library's first model, loads it, and compares the probabilities.
    @Setup
    public void prepare() throws Exception {
        Path folder = Files.createTempDirectory("embedding");
        Rival rival = PeersBenchmark.rival(library, Rows.flights(flights).head(ROWS));
        Rival.Contest contest = rival.contests().getFirst();
        rows = contest.rows();
        theirs = contest.trainer().train(rows, folder.resolve("model"));
        try (var files = Files.list(folder)) {
            ours = PeersBenchmark.Us.load(files.findFirst().orElseThrow());
        }
        float[] expected = new float[ROWS];
        theirs.score(expected);
        ours.score(rows, probabilities);
        for (int row = 0; row < ROWS; row++) {
            if (Math.abs(expected[row] - probabilities[row]) > 1e-5) {
                throw new IllegalStateException("row " + row + " has another probability");
            }
        }
    }

    @TearDown
    public void close() throws Exception {
        theirs.close();
        ours.close();
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public float[] library() throws Exception {
        theirs.score(probabilities);
        return probabilities;
    }

    @Benchmark
    @OperationsPerInvocation(ROWS)
    public float[] nightshift() throws Exception {
        ours.score(rows, probabilities);
        return probabilities;
    }
}
