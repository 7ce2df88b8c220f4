package io.nightshift.worker;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.Model;
import io.nightshift.worker.duckdb.DuckDb;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.postgres.CopyFunctions;
import io.nightshift.worker.scoring.ScoreFunctions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// A node's DuckDB, set up as in production, and a folder to work in.
public final class TestNode implements AutoCloseable {

    public static final ModelVersion VERSION = new ModelVersion("delays", 3, "0".repeat(64));
    public static final BatchId BATCH = new BatchId("flights-20261124t231425-3f9a");

    public final DuckDb duckDb;
    public final Path folder;
    public final Path staging;
    private int attempts;

    public TestNode(Path folder) {
        this.folder = folder;
        this.staging = folder.resolve("staging");
        this.duckDb = DuckDb.open(256L << 20, folder.resolve("spill"));
        try (Connection connection = duckDb.connect()) {
            Files.createDirectories(staging);
            ScoreFunctions.register(connection);
            CopyFunctions.register(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Writes a query's rows to a Parquet file below the folder.
    public Path parquet(String name, String select) {
        return parquet(name, select, "");
    }

    /// @param options for COPY, each after a comma
    public Path parquet(String name, String select, String options) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        execute("COPY (%s) TO %s (FORMAT parquet%s)".formatted(select, Sql.text(file.toString()), options));
        return file;
    }

    public void execute(String sql) {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /// Each row's values, as text, with bars between.
    public List<String> rows(String sql) {
        List<String> found = new ArrayList<>();
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                List<String> values = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    values.add(String.valueOf(rows.getObject(i)));
                }
                found.add(String.join("|", values));
            }
            return found;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    public SourceFile pin(Path file) {
        long rows = Long.parseLong(rows("SELECT count(*) FROM read_parquet(" + Sql.file(file.toString()) + ")")
                .getFirst());
        try {
            return new SourceFile(
                    file.toString(),
                    Files.size(file),
                    Files.getLastModifiedTime(file).toInstant(),
                    rows);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Slice whole(Path file) {
        SourceFile pinned = pin(file);
        return new Slice(pinned, 0, pinned.rows());
    }

    public Lease lease(Job job, List<Slice> slices) {
        Attempt attempt = new Attempt(BATCH, attempts, new Epoch(1, ++attempts));
        return new Lease(attempt, job, VERSION, 0, slices, staging.toString());
    }

    public PartitionAttempt attempt(Lease lease, Model model) {
        return new PartitionAttempt(duckDb, lease, model, "127.0.0.1:1", 122_880, new AtomicLong());
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
                staging.resolve(lease.attempt().stagedPart()),
                staging.resolve(lease.attempt().stagedQuarantine()));
    }

    /// An attempt's result and the files it staged.
    public record Scored(PartitionAttempt.Result result, Path part, Path quarantine) {
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

    @Override
    public void close() {
        duckDb.close();
    }
}
