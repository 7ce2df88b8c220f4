package io.nightshift.system.dashboard;

import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.JournalWriter;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// The journal of an open batch with very many partitions on 200 nodes: nine of ten are committed, and it is
/// paused.
final class LargeBatch {

    private static final int NODES = 200;
    private static final int COMMITTED_TOGETHER = 200;
    private static final int ENTRIES_TOGETHER = 250;
    private static final int ROWS = 1_000;
    private static final ModelVersion MODEL = new ModelVersion("delays", 1, "a1".repeat(32));
    private static final String DIGEST = "b2".repeat(32);

    /// Takes the batch's ledger.
    @FunctionalInterface
    interface Ledger {

        /// @param number of the entry, from 1
        void write(LedgerEntry entry, long number, Instant at) throws SQLException;
    }

    private final Ledger ledger;
    private final BatchId batch;
    private BatchState state;
    private long number;

    private LargeBatch(Ledger ledger, BatchId batch) {
        this.ledger = ledger;
        this.batch = batch;
        this.state = BatchState.initial(batch);
    }

    /// Writes the batch into the register, and its ledger.
    static BatchId write(JournalWriter journal, Job job, int partitions, Instant at) throws SQLException {
        BatchId batch = BatchId.of(job.name(), at, 0);
        journal.write(new BatchRegisterEvent.Opened(
                at, batch, new Submission(job, JobFingerprint.of(job), DIGEST, MODEL), "large", null));
        write(batch, job, partitions, at, (entry, number, written) -> {
            journal.write(Batch.KEY.name() + "|" + batch, number, entry, written);
            if (number % ENTRIES_TOGETHER == 0) {
                journal.commitPortion();
            }
        });
        return batch;
    }

    /// Writes the ledger.
    ///
    /// @return the state of the batch after it
    /// @throws IllegalArgumentException if the ledger would be damaged
    static BatchState write(BatchId batch, Job job, int partitions, Instant at, Ledger ledger) throws SQLException {
        LargeBatch large = new LargeBatch(ledger, batch);
        large.write(job, partitions, at);
        return large.state;
    }

    private void write(Job job, int partitions, Instant at) throws SQLException {
        write(new BatchEvent.Submitted(at, batch, job, MODEL, DIGEST));
        write(new BatchEvent.TookOver(at, 1, "node-0:7355"));
        write(new BatchEvent.Planned(
                at.plusSeconds(5),
                List.of(new SourceFile("/data/all.parquet", 300, at, (long) ROWS * partitions, "")),
                new PartitionPlan(List.of(new PartitionPlan.Run(ROWS, partitions)))));
        int committed = partitions / 10 * 9;
        for (int first = 0; first < committed; first += COMMITTED_TOGETHER) {
            Instant now = at.plusSeconds(6 + first / 500);
            List<PartitionCommit> commits = new ArrayList<>();
            for (int partition = first; partition < Math.min(committed, first + COMMITTED_TOGETHER); partition++) {
                commits.add(commit(partition));
            }
            write(new BatchEvent.Committed(now, commits));
            if (first % 50_000 == 0) {
                write(new BatchEvent.AttemptFailed(
                        now,
                        committed,
                        new Epoch(1, first + 2),
                        "node-7:7355",
                        Failure.transientFailure("the disk is full")));
            }
        }
        write(new BatchEvent.Paused(at.plusSeconds(7 + committed / 500), "the warehouse is being loaded", "ops"));
    }

    private static PartitionCommit commit(int partition) {
        int quarantined = partition % 5_000 == 17 ? 3 : 0;
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(new Epoch(1, partition + 1))
                .node("node-%d:7355".formatted(partition % NODES))
                .firstRow((long) ROWS * partition)
                .rows(ROWS)
                .read(ROWS)
                .part(new PartitionCommit.OutputFile(ROWS - quarantined, 9_000, DIGEST))
                .quarantine(quarantined == 0 ? null : new PartitionCommit.OutputFile(quarantined, 400, DIGEST))
                .model(DIGEST)
                .build();
    }

    private void write(BatchEvent event) throws SQLException {
        LedgerEntry entry = LedgerEntry.after(state.head(), event);
        state = state.apply(entry);
        number++;
        ledger.write(entry, number, event.at());
    }
}
