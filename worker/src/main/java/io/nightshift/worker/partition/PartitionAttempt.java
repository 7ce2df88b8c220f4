package io.nightshift.worker.partition;

import io.nightshift.destination.PartitionWriter;
import io.nightshift.destination.ValueLimits;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceReaders;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// One attempt at one partition: reads its rows, scores them, writes the output to where no reader sees it
/// yet, and reports what became of every row. Blocking; [#run] is called once, on a scoring thread; the other
/// public methods may be called from any thread, and do not block.
///
/// It runs in stages, and each stage leads to the next one: [OpenPartition], [ScoredPartition], [StagedPartition].
/// The source is closed before the output is kept; then the output is closed, and last the connection.
///
/// After a crash nothing reads what the attempt has written unless the batch has committed it: see
/// [PartitionWriter].
public final class PartitionAttempt {

    /// The result of an attempt.
    ///
    /// @param reasons why the first quarantined rows are quarantined
    public record Result(PartitionCommit commit, List<String> reasons) {}

    private final AttemptParts parts;
    private final AttemptOptions options;
    private final AttemptControl control;
    private final InputPins pins;
    private final ReadBytes read;

    /// @param sources of the lease's kind of source
    /// @param output of the attempt, which closes it
    /// @param limits the values that the destination can't hold
    /// @param firstScored set, if it is 0, to the milliseconds since 1970 when a row is first scored
    public PartitionAttempt(
            DuckDb duckDb,
            SourceReaders sources,
            Lease lease,
            Model model,
            String node,
            PartitionWriter output,
            ValueLimits limits,
            AtomicLong firstScored) {
        this(
                new AttemptParts(duckDb, sources.of(lease.job()), lease, model, node, output, limits, firstScored),
                AttemptOptions.NONE);
    }

    private PartitionAttempt(AttemptParts parts, AttemptOptions options) {
        this.parts = parts;
        this.options = options;
        this.control = new AttemptControl(parts.lease(), parts.output());
        this.pins = new InputPins(parts.source().pins(), parts.lease(), control);
        this.read = new ReadBytes(parts.lease(), options.reads());
    }

    private PartitionAttempt with(AttemptOptions other) {
        return new PartitionAttempt(parts, other);
    }

    /// This attempt, which reports where its time went after it has succeeded. As with the other options, the
    /// result is to be run in place of this object.
    public PartitionAttempt timedBy(StepTimes times) {
        return with(options.with(times));
    }

    /// This attempt, which finds out how many bytes it reads.
    public PartitionAttempt sampledBy(ReadSamples reads) {
        return with(options.with(reads));
    }

    /// This attempt, which scores only rows that were quarantined before.
    public PartitionAttempt selecting(QuarantineSelection quarantined) {
        return with(options.with(quarantined));
    }

    /// This attempt, which scores its rows with another model, too, and reports how the predictions differ. They
    /// are not written.
    ///
    /// @param compared with the same features, task and classes
    public PartitionAttempt comparing(Model compared) {
        return with(options.with(new SecondModel.Compared(compared)));
    }

    /// As [#comparing], but if the candidate fails, the attempt continues without it, and its commit says so.
    ///
    /// @param candidate compared with the same features, task and classes
    /// @param differences how many rows are reported that both score most differently, 0 or more
    public PartitionAttempt shadowedBy(Model candidate, int differences) {
        return with(options.with(new SecondModel.Shadow(candidate, differences)));
    }

    /// This attempt, which reports that a candidate can't score its rows.
    ///
    /// @param problem why
    public PartitionAttempt withoutShadow(String problem) {
        return with(options.with(new SecondModel.UnusableShadow(problem)));
    }

    /// The number of rows scored so far.
    public long rows() {
        return control.rows();
    }

    /// A number that changes with each progress: a block of rows, a statement, a file that was compared. A
    /// database's call, which ends by a time limit of its own, counts as progress.
    public long progress() {
        return control.progress();
    }

    /// The file or folder that the attempt uses at the moment.
    public String place() {
        return control.place();
    }

    /// The attempt and what it does at the moment, to begin a message.
    public String doing() {
        return control.doing();
    }

    /// Makes [#run] end soon, with a failure. Does nothing if it has ended.
    ///
    /// @return the thread that interrupts what the attempt waits for
    public Thread cancel() {
        return control.cancel();
    }

    /// How many bytes the attempt has read from its source until now: measured, or estimated by those of
    /// other attempts, or by the size of the files. Called on the scoring thread.
    public long bytesRead() {
        return read.until(control.rows());
    }

    /// @throws FailureException if the partition could not be scored; nothing is left of it then
    public Result run() {
        return run(UseMeter.begin());
    }

    /// As [#run()], measured by a meter that the caller has begun on this thread, and ends.
    ///
    /// @throws FailureException if the partition could not be scored; nothing is left of it then
    public Result run(UseMeter use) {
        try {
            return runStages(use);
        } catch (FailureException e) {
            if (e.failure().isPermanent()) {
                pins.checkAfterFailure();
            }
            throw e;
        } catch (SQLException e) {
            control.refuseIfCancelled();
            pins.checkAfterFailure();
            throw new FailureException(DuckDbError.failure(doing(), e), e);
        } catch (IOException e) {
            String staging = parts.lease().staging();
            throw new FailureException(
                    Failure.of(FailedResource.Type.STORAGE, staging, doing() + ": " + e.getMessage()), e);
        }
    }

    private Result runStages(UseMeter use) throws SQLException, IOException {
        StepClock clock = new StepClock(options.times());
        PartitionWriter output = parts.output();
        try (LentConnection connection = lend()) {
            try (output) {
                OutputSealing sealing = new OutputSealing(output, control, use);
                parts.source().requireReadable(parts.lease().slices());
                pins.checkBeforeReading();
                StagedPartition staged = stage(connection, clock, sealing);
                read.completed();
                pins.checkAfterReading();
                control.refuseIfCancelled();
                return staged.keep();
            }
        }
    }

    /// Closes the output if there is no connection, because no stage does then.
    private LentConnection lend() throws SQLException {
        PartitionWriter output = parts.output();
        try {
            return LentConnection.of(parts.duckDb(), control);
        } catch (SQLException | RuntimeException | Error e) {
            try (output) {
                throw e;
            }
        }
    }

    private StagedPartition stage(LentConnection connection, StepClock clock, OutputSealing sealing)
            throws SQLException, IOException {
        try (HeldSlices held = parts.source().hold(parts.lease().slices(), control)) {
            control.holding(held);
            AttemptRun run = new AttemptRun(parts, options.second(), control, read, clock, sealing, connection, held);
            try {
                return OpenPartition.open(run, options.selection()).score().stage();
            } catch (SQLException | FailureException e) {
                control.refuseIfCancelled();
                FailureException cause = held.failure();
                if (cause != null) {
                    throw cause;
                }
                throw e;
            } finally {
                control.holdingNothing();
            }
        }
    }
}
