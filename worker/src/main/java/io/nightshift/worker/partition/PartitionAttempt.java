package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.worker.duckdb.DuckDb;
import io.nightshift.worker.duckdb.DuckDbError;
import io.nightshift.worker.model.Model;
import io.nightshift.worker.output.StagedFile;
import io.nightshift.worker.scoring.Scorer;
import io.nightshift.worker.scoring.ScoringSession;
import io.nightshift.worker.source.BoundJob;
import io.nightshift.worker.source.Schemas;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One attempt at one partition: reads its rows, scores them, stages the output and says what came
/// of every row. Blocking; [#run] is called once, on a scoring thread; [#rows] and [#cancel] may be
/// called from any thread.
///
/// A crash at any instant leaves at most staged files of this attempt's own name, which nothing
/// reads unless the batch commits the attempt.
public final class PartitionAttempt {

    /// What an attempt gives.
    ///
    /// @param reasons why the first bad rows are bad
    public record Result(PartitionCommit commit, List<String> reasons) {}

    private static final Logger LOG = LoggerFactory.getLogger(PartitionAttempt.class);
    private static final int REASONS = 3;

    private final DuckDb duckDb;
    private final Lease lease;
    private final Model model;
    private final String node;
    private final int rowGroupRows;
    private final AtomicLong firstScored;
    private final AtomicLong rows = new AtomicLong();
    private volatile boolean cancelled;
    private volatile @Nullable Statement running;

    /// @param rowGroupRows of the written files
    /// @param firstScored set, if it is 0, to the milliseconds since 1970 when a row is first
    ///     scored
    public PartitionAttempt(
            DuckDb duckDb, Lease lease, Model model, String node, int rowGroupRows, AtomicLong firstScored) {
        this.duckDb = duckDb;
        this.lease = lease;
        this.model = model;
        this.node = node;
        this.rowGroupRows = rowGroupRows;
        this.firstScored = firstScored;
    }

    /// The number of rows scored so far.
    public long rows() {
        return rows.get();
    }

    /// Makes [#run] end soon, with a failure. Does nothing if it has ended.
    public void cancel() {
        cancelled = true;
        Statement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                LOG.debug("{} ended while it was cancelled", lease.attempt(), e);
            }
        }
    }

    /// @throws FailureException if the partition could not be scored; nothing is staged then
    public Result run() {
        Attempt attempt = lease.attempt();
        Path staging = Path.of(lease.staging());
        StagedFile part = new StagedFile(staging.resolve(attempt.stagedPart()));
        StagedFile quarantine = new StagedFile(staging.resolve(attempt.stagedQuarantine()));
        boolean staged = false;
        try (Connection connection = duckDb.connect()) {
            checkPins();
            Result result = score(connection, part, quarantine);
            checkPins();
            staged = true;
            return result;
        } catch (SQLException e) {
            refuseIfCancelled();
            checkPins();
            throw new FailureException(DuckDbError.failure(doing(), e), e);
        } catch (IOException e) {
            throw new FailureException(Failure.transientFailure(doing() + ": " + e.getMessage()), e);
        } finally {
            if (!staged) {
                part.delete();
                quarantine.delete();
            }
        }
    }

    private Result score(Connection connection, StagedFile part, StagedFile quarantine)
            throws SQLException, IOException {
        ModelDescription description = model.description();
        List<BoundJob> jobs = new ArrayList<>();
        List<List<Slice>> groups = Schemas.group(connection, lease.slices());
        for (List<Slice> group : groups) {
            jobs.add(BoundJob.bind(connection, group.getFirst().file().path(), lease.job(), description));
        }
        PartitionQuery query = new PartitionQuery(jobs, groups, false, rowGroupRows);
        long predictions;
        try {
            predictions = scoreInto(connection, query, part);
        } catch (SQLException e) {
            if (DuckDbError.of(e) != DuckDbError.ROW) {
                throw e;
            }
            query = new PartitionQuery(jobs, groups, true, rowGroupRows);
            rows.set(0);
            predictions = scoreInto(connection, query, part);
        }
        long range = lease.slices().stream().mapToLong(Slice::rows).sum();
        long read = query.filters() ? count(connection, query) : range;
        OutputFile quarantined = null;
        List<String> reasons = List.of();
        if (predictions < read) {
            update(connection, query.quarantineInto(quarantine.path()));
            quarantined = quarantine.seal(read - predictions);
            reasons = reasons(connection, quarantine);
        }
        Attempt attempt = lease.attempt();
        PartitionCommit commit = new PartitionCommit(
                attempt.partition(),
                attempt.epoch(),
                node,
                lease.firstRow(),
                range,
                read,
                part.seal(predictions),
                quarantined,
                lease.model().sha256());
        return new Result(commit, reasons);
    }

    private long scoreInto(Connection connection, PartitionQuery query, StagedFile part) throws SQLException {
        ModelDescription description = model.description();
        Scorer scorer = model.scorer();
        // A cancelled statement stops by itself, except if it was cancelled just before it began.
        Scorer cancellable = (features, count, outputs) -> {
            refuseIfCancelled();
            scorer.score(features, count, outputs);
        };
        ScoringSession session = new ScoringSession(
                cancellable, description.features().size(), description.outputs(), rows, firstScored);
        String sql = query.scoreInto(part.path(), lease.attempt(), lease.model(), description, Instant.now());
        return session.during(() -> update(connection, sql));
    }

    private long count(Connection connection, PartitionQuery query) throws SQLException {
        return run(connection, statement -> {
            try (ResultSet row = statement.executeQuery(query.count())) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    private static List<String> reasons(Connection connection, StagedFile quarantine) throws SQLException {
        List<String> reasons = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(PartitionQuery.firstReasons(quarantine.path(), REASONS))) {
            while (rows.next()) {
                reasons.add(rows.getString(1));
            }
        }
        return reasons;
    }

    private long update(Connection connection, String sql) throws SQLException {
        return run(connection, statement -> statement.executeLargeUpdate(sql));
    }

    private interface Execution {
        long on(Statement statement) throws SQLException;
    }

    private long run(Connection connection, Execution execution) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            running = statement;
            refuseIfCancelled();
            return execution.on(statement);
        } finally {
            running = null;
        }
    }

    private void refuseIfCancelled() {
        if (cancelled) {
            throw new FailureException(Failure.transientFailure(lease.attempt() + " was cancelled"));
        }
    }

    private String doing() {
        List<String> files =
                lease.slices().stream().map(slice -> slice.file().path()).toList();
        String more = files.size() > 1 ? " and %d more".formatted(files.size() - 1) : "";
        return "%s, scoring rows of %s%s".formatted(lease.attempt(), files.getFirst(), more);
    }

    private void checkPins() {
        for (Slice slice : lease.slices()) {
            SourceFile file = slice.file();
            List<String> differences;
            try {
                BasicFileAttributes now = Files.readAttributes(Path.of(file.path()), BasicFileAttributes.class);
                differences =
                        file.differences(now.size(), now.lastModifiedTime().toInstant());
            } catch (NoSuchFileException e) {
                differences = List.of("it is gone");
            } catch (IOException e) {
                throw new FailureException(Failure.transientFailure(doing() + ": " + e.getMessage()), e);
            }
            if (!differences.isEmpty()) {
                throw FailureException.permanent("the input changed while %s was running: %s: %s"
                        .formatted(lease.attempt().batch(), file.path(), String.join(", ", differences)));
            }
        }
    }
}
