package io.nightshift.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.nemesis.Attack.Destination;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The short form of `bench/nemesis.sh`: plain processes on loopback, small batches, and the faults that are soon
/// over. The seed is `-Dnightshift.nemesis.seed=N`.
final class NemesisTest {

    private static final long SEED = Long.getLong("nightshift.nemesis.seed", 20_261_125);

    /// In more of a hurry to give a node up than is good for a real one.
    private static final Shape HASTY =
            new Shape("""
            nightshift.batch.lease = 5s
            pekko.cluster {
              split-brain-resolver.stable-after = 3s
              failure-detector.acceptable-heartbeat-pause = 3s
            }
            """, Shape.SMALL.options(), Shape.SMALL.threads(), Shape.SMALL.processors());

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    static Path folder;

    private static Stage stage;
    private static Attack attack;

    @BeforeAll
    static void begin() throws Exception {
        Path files = Files.createDirectory(folder.resolve("nemesis"));
        stage = Stage.set(files, true, new Random(SEED));
        Workload workload = Workload.of(Files.createDirectory(files.resolve("job")), 1, 3_000);
        attack = new Attack(stage, stage.plainArsenal(), HASTY, workload, files, SEED);
    }

    @AfterAll
    static void end() throws Exception {
        stage.close();
    }

    @ParameterizedTest
    @CsvSource({"KILL_BATCH, PARQUET", "DATABASE_KILL, POSTGRES", "FREEZE_3, PARQUET", "KILL_ALL, POSTGRES"})
    void aBatchComesOutOnceWhateverHappens(Fault fault, Destination destination) {
        Outcome outcome = attack.round(fault, destination);
        assertThat(outcome.violations())
                .as("%s; the nodes' logs are in %s", outcome.line(), folder)
                .isEqualTo(List.of());
    }
}
