package io.nightshift.worker.partition;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.source.HeldSlices;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.worker.scoring.ModelFailure;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets other threads observe and cancel an attempt. The scoring thread reports here what it is about to do.
///
/// Any thread may call [#rows], [#progress], [#place], [#doing], [#isCancelled] and [#cancel], which do not block.
/// Only the scoring thread makes the other calls.
final class AttemptControl implements FetchControl {

    private static final Logger LOG = LoggerFactory.getLogger(PartitionAttempt.class);

    private final Lease lease;
    private final PartitionWriter output;
    private final AtomicLong rows = new AtomicLong();
    private final AtomicLong progress = new AtomicLong();
    private volatile boolean isSealing;
    private volatile boolean cancelled;
    private volatile HeldSlices held = HeldSlices.LOCAL;

    /// The statement that is executed at the moment.
    private volatile @Nullable Statement running;

    AttemptControl(Lease lease, PartitionWriter output) {
        this.lease = lease;
        this.output = output;
    }

    Attempt attempt() {
        return lease.attempt();
    }

    /// The number of rows scored so far.
    long rows() {
        return rows.get();
    }

    /// A number that changes with each progress. A database's call, which ends by a time limit of its own, counts
    /// as progress.
    long progress() {
        return output.hasTimeLimit() || held.hasTimeLimit() ? progress.incrementAndGet() : progress.get();
    }

    /// The file or folder that the attempt uses at the moment. It reads its input and writes its output in
    /// the same statement, so this is the first file of the input until the output is sealed.
    String place() {
        return isSealing ? lease.staging() : lease.slices().getFirst().file().path();
    }

    /// The attempt and what it does at the moment, to begin a message.
    String doing() {
        if (isSealing) {
            return "%s, writing to %s".formatted(lease.attempt(), lease.staging());
        }
        List<String> files =
                lease.slices().stream().map(slice -> slice.file().path()).toList();
        String more = files.size() > 1 ? " and %d more".formatted(files.size() - 1) : "";
        return "%s, scoring rows of %s%s".formatted(lease.attempt(), files.getFirst(), more);
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    /// Makes the attempt end soon, with a failure. Does nothing if it has ended.
    ///
    /// @return the thread that interrupts what the attempt waits for
    Thread cancel() {
        cancelled = true;
        return Thread.ofVirtual().name("cancel-" + lease.attempt()).start(this::interrupt);
    }

    /// Waits for DuckDB while it opens a file, which may hang.
    private void interrupt() {
        output.cancel();
        held.cancel();
        Statement statement = running;
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                LOG.debug("{} ended while it was cancelled", lease.attempt(), e);
            }
        }
    }

    /// @throws FailureException transient, if the attempt was cancelled
    void refuseIfCancelled() {
        if (cancelled) {
            throw new FailureException(Failure.transientFailure(lease.attempt() + " was cancelled"));
        }
    }

    /// May be called from any thread.
    @Override
    public void progressed() {
        progress.incrementAndGet();
    }

    /// Slices are held from now on, which [#cancel] cancels, too.
    void holding(HeldSlices slices) {
        held = slices;
    }

    /// No slices are held from now on.
    void holdingNothing() {
        held = HeldSlices.LOCAL;
    }

    /// A statement is about to be executed.
    ///
    /// @throws FailureException transient, if the attempt was cancelled
    void begins(Statement statement) {
        running = statement;
        progressed();
        refuseIfCancelled();
    }

    /// No statement is executed from now on.
    void statementEnded() {
        running = null;
    }

    /// @param seals whether the attempt makes its output durable from now on
    void sealing(boolean seals) {
        isSealing = seals;
    }

    /// Counts the rows scored.
    AtomicLong rowCounter() {
        return rows;
    }

    /// Scores with another scorer until the attempt is cancelled. A cancelled statement stops by itself, except if
    /// it was cancelled just before it began.
    ///
    /// @return throws a [ModelFailure] if the model fails for a row
    Scorer cancellable(Scorer scorer) {
        return (features, count, outputs) -> {
            refuseIfCancelled();
            try {
                scorer.score(features, count, outputs);
            } catch (RuntimeException e) {
                throw new ModelFailure(e);
            }
            progressed();
        };
    }
}
