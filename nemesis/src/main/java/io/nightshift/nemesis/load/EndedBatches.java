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

    private static final int BATCHES_IN_A_TRANSACTION = 12_500;
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

    /// Writes batches, some of each job at a time: their entries, and then the events of the register.
    ///
    /// @param batches of each job
    /// @param begin when the first one was submitted
    /// @param seconds from one batch to the next
    /// @return the number of entries
    public static long write(JournalWriter journal, List<Job> jobs, int batches, Instant begin, double seconds)
            throws SQLException {
        long entries = 0;
        int together = Math.max(1, BATCHES_IN_A_TRANSACTION / jobs.size());
        for (int first = 0; first < batches; first += together) {
            int last = Math.min(batches, first + together);
            // The index orders entries by job. In this order, the database changes few pages for many entries.
            for (int job = 0; job < jobs.size(); job++) {
                for (int batch = first; batch < last; batch++) {
                    int number = batch * jobs.size() + job;
                    entries += writeBatch(journal, jobs.get(job), time(begin, number, seconds), number);
                }
            }
            for (int number = first * jobs.size(); number < last * jobs.size(); number++) {
                entries += register(journal, jobs.get(number % jobs.size()), time(begin, number, seconds), number);
            }
            journal.commitPortion();
        }
        return entries;
    }

    private static Instant time(Instant begin, int number, double seconds) {
        return begin.plus(Duration.ofMillis(Math.round(number * seconds * 1_000)));
    }

    /// Writes a batch of one partition, from its submission to its publication.
    ///
    /// @return the number of its entries
    private static int writeBatch(JournalWriter journal, Job job, Instant at, int number) throws SQLException {
        BatchId batch = BatchId.of(job.name(), at, number);
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
        return events.size();
    }

    /// Writes the events of the register that concern a batch.
    ///
    /// @return the number of entries
    private static int register(JournalWriter journal, Job job, Instant at, int number) throws SQLException {
        BatchId batch = BatchId.of(job.name(), at, number);
        Submission submission = new Submission(job, JobFingerprint.of(job), INPUT, MODEL);
        journal.write(new BatchRegisterEvent.Opened(at, batch, submission, "key-" + at, null));
        journal.write(new BatchRegisterEvent.Ended(at, batch, Phase.PUBLISHED, new PastRun(ROWS, 1_000, 1_000, 1.0)));
        journal.archive(KEEP, at);
        return 2;
    }
}
