package io.nightshift.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.Model;
import io.nightshift.source.TestData;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// A node's DuckDB with the functions that score, and a folder to stage in.
public final class TestNode extends TestData {

    public static final ModelVersion VERSION = new ModelVersion("delays", 3, "0".repeat(64));
    public static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");

    public static final FileNames PARQUET = new FileNames(".parquet");

    public final Path staging;
    private int attempts;

    public TestNode(Path folder) {
        super(folder);
        this.staging = folder.resolve("staging");
        try (Connection connection = duckDb.connect()) {
            Files.createDirectories(staging);
            ScoreFunctions.register(connection);
            Destinations.register(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A file of the tests of the module scoring.
    public static Path peer(String name) {
        return Path.of("../scoring/src/test/resources/peers", name)
                .toAbsolutePath()
                .normalize();
    }

    public Lease lease(Job job, List<Slice> slices) {
        Attempt attempt = new Attempt(BATCH, attempts, new Epoch(1, ++attempts));
        return new Lease(attempt, job, VERSION, 0, slices, staging.toString());
    }

    public PartitionAttempt attempt(Lease lease, Model model) {
        return attempt(lease, model, new Destinations(() -> duckDb, DataSources.NONE));
    }

    /// An attempt that writes to a destination that may be a table.
    public PartitionAttempt attempt(Lease lease, Model model, Destinations destinations) {
        return attempt(lease, model, destinations, UnaryOperator.identity());
    }

    /// @param change replaces the attempt's writer
    public PartitionAttempt attempt(
            Lease lease, Model model, Destinations destinations, UnaryOperator<PartitionWriter> change) {
        DestinationStore destination = destinations.of(lease.job());
        return new PartitionAttempt(
                duckDb,
                destinations.sources(),
                lease,
                model,
                "127.0.0.1:1",
                change.apply(destination.writer(lease, "127.0.0.1:1", 122_880)),
                destination.limits(),
                new AtomicLong());
    }

    /// Runs an attempt over whole files.
    public Scored score(Job job, Model model, Path... files) {
        return score(job, model, Stream.of(files).map(this::whole).toList());
    }

    public Scored score(Job job, Model model, List<Slice> slices) {
        Lease lease = lease(job, slices);
        PartitionAttempt.Result result = attempt(lease, model).run();
        return new Scored(
                result,
                staging.resolve(PARQUET.stagedPart(lease.attempt())),
                staging.resolve(PARQUET.stagedQuarantine(lease.attempt())));
    }

    /// The position and the prediction of each row.
    public List<String> predictions(Scored scored) {
        return rows("SELECT record_row, prediction FROM " + scored.partTable() + " ORDER BY record_row");
    }

    /// The position and the reason of each quarantined row.
    public List<String> reasons(Scored scored) {
        return rows("SELECT record_row, reason FROM " + scored.quarantineTable() + " ORDER BY record_row");
    }

    /// The position, the reason and the wrong value of each quarantined row.
    public List<String> wrongValues(Scored scored) {
        return rows("SELECT record_row, reason, \"value\" FROM " + scored.quarantineTable() + " ORDER BY record_row");
    }

    /// An attempt's result and the files it staged.
    public record Scored(PartitionAttempt.Result result, Path part, Path quarantine) {

        public void assertCounts(long read, long predictions) {
            PartitionCommit commit = result.commit();
            assertThat(commit.read()).isEqualTo(read);
            assertThat(commit.predictions()).isEqualTo(predictions);
            assertThat(commit.quarantined()).isEqualTo(read - predictions);
        }

        public Map<String, Long> unseen() {
            return result.commit().unseenCategories();
        }

        public String partTable() {
            return "read_parquet(" + Sql.file(part.toString()) + ")";
        }

        public String quarantineTable() {
            return "read_parquet(" + Sql.file(quarantine.toString()) + ")";
        }
    }

    /// The names of what is in the staging folder.
    public List<String> staged() {
        try (Stream<Path> files = Files.list(staging)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
