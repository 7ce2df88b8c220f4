package io.nightshift.nemesis.load;

import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.JournalWriter;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.PastRun;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// Journals with a long history: many ended batches of many jobs, each of one partition.
public final class EndedBatches {

    /// Rows of each batch.
    public static final int ROWS = 1_000;

    /// As `nightshift.ledger.keep` by default.
    private static final int KEEP = 500;

    private static final int COMMITTED_TOGETHER = 12_500;
    private static final ModelVersion MODEL = new ModelVersion("delays", 1, "a1".repeat(32));
    private static final String INPUT = "07".repeat(32);

    private EndedBatches() {}

    /// Fills a journal.
    @FunctionalInterface
    public interface Filling {
        void fill(Ledger ledger) throws SQLException, IOException;
    }

    /// Fills the journal of a home folder that nobody uses yet. So its writes need not be forced to the disk one by
    /// one.
    public static void inHome(Path home, Filling filling) throws SQLException, IOException {
        String url;
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            url = ledger.ledger()
                    .url()
                    .replaceFirst("^jdbc:h2:[^:]+:", "jdbc:h2:file:")
                    .replaceFirst("CACHE_SIZE=\\d+", "CACHE_SIZE=262144");
        }
        Ledger unforced = new Ledger(url, "nightshift", "");
        filling.fill(unforced);
        try (Connection connection = unforced.connect();
                Statement statement = connection.createStatement()) {
            // A server does this bit by bit, whenever it has nothing to do.
            statement.execute("SHUTDOWN COMPACT");
        }
        try (EmbeddedLedger ledger = EmbeddedLedger.open(home)) {
            ledger.recordEntries();
        }
    }

    /// Writes batches, one after the other for all jobs.
    ///
    /// @param batches of each job
    /// @param begin when the first one was submitted
    /// @param seconds from one batch to the next
    /// @return the number of entries
    public static long write(JournalWriter journal, List<Job> jobs, int batches, Instant begin, double seconds)
            throws SQLException {
        long entries = 0;
        int number = 0;
        for (int batch = 0; batch < batches; batch++) {
            for (Job job : jobs) {
                Instant at = begin.plus(Duration.ofMillis(Math.round(number * seconds * 1_000)));
                entries += batch(journal, job, at, number);
                if (number % COMMITTED_TOGETHER == 0) {
                    journal.commitPortion();
                }
                number++;
            }
        }
        return entries;
    }

    /// A batch of one partition, from its submission to its publication.
    ///
    /// @return the number of its entries
    private static int batch(JournalWriter journal, Job job, Instant at, int random) throws SQLException {
        BatchId batch = BatchId.of(job.name(), at, random);
        Submission submission = new Submission(job, JobFingerprint.of(job), INPUT, MODEL);
        journal.write(new BatchRegisterEvent.Opened(at, batch, submission, "key-" + at, null));
        List<BatchEvent> events = List.of(
                new BatchEvent.Submitted(at, batch, job, MODEL, INPUT),
                new BatchEvent.TookOver(at, 1, "node-a:7355"),
                new BatchEvent.Planned(
                        at, List.of(new SourceFile("/data/a.parquet", 300, at, ROWS, "")), PartitionPlan.of(ROWS)),
                new BatchEvent.Committed(
                        at,
                        List.of(PartitionCommitBuilder.builder()
                                .partition(0)
                                .epoch(new Epoch(1, 1))
                                .node("node-a:7355")
                                .firstRow(0)
                                .rows(ROWS)
                                .read(ROWS)
                                .part(new PartitionCommit.OutputFile(ROWS, 4_096, "b2".repeat(32)))
                                .model(MODEL.sha256())
                                .build())),
                new BatchEvent.Published(at, "/predictions/batch=" + batch, "e5".repeat(32)));
        String head = LedgerEntry.origin(batch);
        String id = Batch.KEY.name() + "|" + batch;
        for (int i = 0; i < events.size(); i++) {
            LedgerEntry entry = LedgerEntry.after(head, events.get(i));
            head = entry.hash();
            journal.write(id, i + 1, entry, at);
        }
        journal.write(new BatchRegisterEvent.Ended(at, batch, Phase.PUBLISHED, new PastRun(ROWS, 1_000, 1_000, 1.0)));
        journal.archive(KEEP, at);
        return events.size() + 2;
    }
}
