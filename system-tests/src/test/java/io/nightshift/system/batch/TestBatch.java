package io.nightshift.system.batch;

import io.nightshift.coordinator.batch.Batch;
import io.nightshift.coordinator.batch.task.Publisher;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.LedgerSerializer;
import io.nightshift.coordinator.publish.DestinationPublisher;
import io.nightshift.coordinator.register.BatchRegister;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.Publication;
import io.nightshift.destination.folder.BatchFolders;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.ledger.LedgerEntry;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.register.BatchRegisterEvent;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.jspecify.annotations.Nullable;

/// A batch with its ledger and output, created without a node: a ledger in a home folder, written entry by
/// entry as the journal writes it, and Parquet files that the product's publisher publishes. Two input files
/// of 1,000 flights are cut into four partitions; every hundredth flight is quarantined.
///
/// It has methods that tamper with both.
final class TestBatch implements AutoCloseable {

    static final ModelVersion MODEL = new ModelVersion("delays", 2, "ab".repeat(32));
    static final ModelDescription DESCRIPTION = new ModelDescription(
            "test",
            "delays",
            Task.REGRESSION,
            List.of(new ModelFeature("delay", new FeatureType.Numeric(FeatureType.Precision.FLOAT64), false)),
            List.of(),
            Map.of());
    static final PartitionPlan PLAN = PartitionPlan.of(600, 600, 600, 200);
    static final FileNames NAMES = new FileNames(".parquet");
    private static final Instant START = Instant.parse("2026-11-24T23:14:25.123Z");

    final BatchId id;
    final Path folder;
    final Path home;
    final Job job;
    final Submission submission;

    private final DuckDb duckDb;
    private List<SourceFile> sources = List.of();
    private int minutes;
    private @Nullable EmbeddedLedger open;

    private TestBatch(Path folder, BatchId id, Job job) {
        this.folder = folder;
        this.home = folder.resolve("home");
        this.id = id;
        this.job = job;
        this.submission = new Submission(job, "1".repeat(64), "2".repeat(64), MODEL);
        this.duckDb = DuckDb.open(256L << 20, folder.resolve("spill"));
    }

    /// A submitted batch. Creates the input if it is missing.
    ///
    /// @param settings further lines of the job file's `source`
    static TestBatch submitted(Path folder, String number, String... settings) throws Exception {
        String yaml = """
                job: flights
                model: delays@2
                features: [delay]
                source:
                  parquet: input
                %s
                destination:
                  parquet: predictions
                """.formatted(
                        List.of(settings).stream().map(line -> "  " + line).collect(Collectors.joining("\n")));
        Job job = JobFile.parse(yaml, folder.resolve("job.yaml"), List.of());
        TestBatch batch = new TestBatch(folder, new BatchId("flights-20261124t231425-" + number), job);
        batch.makeInput();
        batch.registered(new BatchRegisterEvent.Opened(START, batch.id, batch.submission, null, null));
        batch.append(
                new BatchEvent.Submitted(batch.later(), batch.id, job, MODEL, batch.submission.input()),
                new BatchEvent.TookOver(batch.later(), 1, "127.0.0.1:7001"));
        return batch;
    }

    /// A planned batch.
    static TestBatch planned(Path folder, String number, String... settings) throws Exception {
        TestBatch batch = submitted(folder, number, settings);
        batch.append(new BatchEvent.Planned(batch.later(), batch.sources, PLAN));
        Files.createDirectories(batch.folders().attempts());
        return batch;
    }

    /// A batch whose partitions are all committed, by two incarnations of the coordinator.
    static TestBatch committed(Path folder, String number, String... settings) throws Exception {
        TestBatch batch = planned(folder, number, settings);
        batch.append(new BatchEvent.Committed(
                batch.later(), List.of(batch.score(1, new Epoch(1, 2)), batch.score(0, new Epoch(1, 1)))));
        batch.append(new BatchEvent.TookOver(batch.later(), 2, "127.0.0.1:7002"));
        batch.append(new BatchEvent.Committed(batch.later(), List.of(batch.score(2, new Epoch(2, 1)))));
        batch.append(new BatchEvent.Committed(batch.later(), List.of(batch.score(3, new Epoch(2, 2)))));
        return batch;
    }

    /// A batch in which a partition was committed, rescored and committed again.
    ///
    /// @param epoch the epoch of the second commit
    static TestBatch committedAndRescored(Path folder, String number, Epoch epoch) throws Exception {
        TestBatch batch = planned(folder, number, "id: flight_id");
        batch.append(new BatchEvent.TookOver(batch.later(), 2, "127.0.0.1:7002"));
        batch.append(new BatchEvent.Committed(
                batch.later(), List.of(batch.score(0, new Epoch(2, 1)), batch.score(3, new Epoch(2, 2)))));
        batch.append(new BatchEvent.Rescored(batch.later(), List.of(3)));
        batch.append(new BatchEvent.Committed(
                batch.later(),
                List.of(batch.score(1, new Epoch(2, 4)), batch.score(3, epoch), batch.score(2, new Epoch(2, 5)))));
        return batch;
    }

    /// A published batch.
    static TestBatch published(Path folder, String number, String... settings) throws Exception {
        TestBatch batch = committed(folder, number, settings);
        batch.publish();
        return batch;
    }

    void publish() throws Exception {
        Publication publication = publisher().publish(ledger().state(id));
        append(new BatchEvent.Published(later(), publication.destination(), publication.manifestSha256()));
        registered(new BatchRegisterEvent.Ended(later(), id, Phase.PUBLISHED));
    }

    private Publisher publisher() {
        return new DestinationPublisher(new Destinations(() -> duckDb, DataSources.NONE), ledger(), version -> {
            throw new AssertionError("only for preparing");
        });
    }

    BatchFolders folders() {
        return new BatchFolders(folder.resolve("predictions"), id);
    }

    Path destination() {
        return folders().published();
    }

    Path part(int partition) {
        return destination().resolve(NAMES.part(partition));
    }

    Instant later() {
        minutes++;
        return START.plusSeconds(60L * minutes);
    }

    // The input and the output.

    private void makeInput() throws Exception {
        Path input = Files.createDirectories(folder.resolve("input"));
        List<SourceFile> files = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Path file = input.resolve("flights-%d.parquet".formatted(i));
            if (!Files.exists(file)) {
                sql("""
                        COPY (SELECT range AS flight_id, CASE WHEN range %% 100 < 99 THEN range * 0.5 END AS delay
                              FROM range(%d, %d)) TO '%s' (FORMAT parquet)
                        """.formatted(1000 * i, 1000 * (i + 1), file));
            }
            files.add(SourcePins.pin(file, 1000));
        }
        sources = files;
    }

    /// Stages the output of an attempt.
    PartitionCommit score(int partition, Epoch epoch) throws Exception {
        Attempt attempt = new Attempt(id, partition, epoch);
        Path attempts = folders().attempts();
        StagedFile part = new StagedFile(attempts.resolve(NAMES.stagedPart(attempt)));
        StagedFile quarantine = new StagedFile(attempts.resolve(NAMES.stagedQuarantine(attempt)));
        PartitionPlan.Index index = PLAN.index(sources);
        String rows = index.slices(partition).stream().map(this::rows).collect(Collectors.joining(" UNION ALL "));
        String record = job.source().id() == null ? "record_file, record_row" : "record_id";
        long good = sql("""
                COPY (SELECT %s, 1 AS prediction, delay / 1000 AS probability, '%s' AS batch_id FROM (%s)
                      WHERE delay IS NOT NULL) TO '%s' (FORMAT parquet)
                """.formatted(record, id, rows, part.path()));
        long bad = sql(
                "COPY (SELECT *, 'delay is missing' AS reason FROM (%s) WHERE delay IS NULL) TO '%s' (FORMAT parquet)"
                        .formatted(rows, quarantine.path()));
        OutputFile badRows = null;
        if (bad == 0) {
            quarantine.delete();
        } else {
            badRows = quarantine.seal(bad);
        }
        PartitionPlan.Range range = index.range(partition);
        return PartitionCommitBuilder.builder()
                .partition(partition)
                .epoch(epoch)
                .node("127.0.0.1:7001")
                .firstRow(range.firstRow())
                .rows(range.rows())
                .read(good + bad)
                .part(part.seal(good))
                .quarantine(badRows)
                .model(MODEL.sha256())
                .build();
    }

    private String rows(Slice slice) {
        String id = job.source().id() == null ? "" : job.source().id() + " AS record_id, ";
        String where =
                job.source().where() == null ? "" : " AND (" + job.source().where() + ")";
        return "SELECT %s'%s' AS record_file, file_row_number AS record_row, delay FROM read_parquet('%s', file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d%s"
                .formatted(id, slice.file().path(), slice.file().path(), slice.firstRow(), slice.endRow(), where);
    }

    /// Runs a statement in DuckDB. Returns the number of rows that it wrote.
    long sql(String statement) throws SQLException {
        try (Connection connection = duckDb.connect();
                Statement run = connection.createStatement()) {
            return run.executeLargeUpdate(statement);
        }
    }

    /// Replaces a Parquet file by the result of a query over its own rows, the table `rows`.
    void rewrite(Path file, String query) throws Exception {
        Path other = file.resolveSibling("other");
        sql("COPY (WITH rows AS (FROM read_parquet('%s')) %s) TO '%s' (FORMAT parquet)".formatted(file, query, other));
        Files.move(other, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    // The ledger.

    private Ledger ledger() {
        if (open == null) {
            open = EmbeddedLedger.open(home);
        }
        return open.ledger();
    }

    /// Closes the ledger, so that another process can open it.
    void release() {
        if (open != null) {
            open.close();
            open = null;
        }
    }

    private Connection connect() throws SQLException {
        Ledger ledger = ledger();
        return DriverManager.getConnection(ledger.url(), ledger.user(), ledger.password());
    }

    private List<LedgerEntry> entries() {
        List<LedgerEntry> entries = new ArrayList<>();
        ledger().forEach(id, (number, entry) -> entries.add(entry));
        return entries;
    }

    List<BatchEvent> events() {
        return entries().stream().map(LedgerEntry::event).collect(Collectors.toCollection(ArrayList::new));
    }

    void append(BatchEvent... events) throws SQLException {
        List<LedgerEntry> entries = entries();
        String head =
                entries.isEmpty() ? LedgerEntry.origin(id) : entries.getLast().hash();
        long number = entries.size();
        for (BatchEvent event : events) {
            LedgerEntry entry = LedgerEntry.after(head, event);
            number++;
            insert(persistenceId(), number, entry);
            head = entry.hash();
        }
    }

    void registered(BatchRegisterEvent event) throws SQLException {
        insert(
                PersistenceId.of(BatchRegister.KEY.name(), BatchRegister.ID),
                ledger().registerEvents().size() + 1,
                event);
    }

    private void insert(PersistenceId id, long number, Object event) throws SQLException {
        LedgerSerializer serializer = new LedgerSerializer();
        String insert = """
                INSERT INTO "event_journal" ("deleted", "persistence_id", "sequence_number", "writer", "write_timestamp",
                    "adapter_manifest", "event_payload", "event_ser_id", "event_ser_manifest")
                VALUES (FALSE, ?, ?, 'test', 0, '', ?, ?, ?)
                """;
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(insert)) {
            statement.setString(1, id.id());
            statement.setLong(2, number);
            statement.setBytes(3, serializer.toBinary(event));
            statement.setInt(4, serializer.identifier());
            statement.setString(5, serializer.manifest(event));
            statement.executeUpdate();
        }
    }

    private PersistenceId persistenceId() {
        return PersistenceId.of(Batch.KEY.name(), id.value());
    }

    // Tampering.

    /// Changes the stored bytes of an entry, hash and event.
    void tamper(long number, UnaryOperator<byte[]> change) throws SQLException {
        String of = " FROM \"event_journal\" WHERE \"persistence_id\" = '%s' AND \"sequence_number\" = %d"
                .formatted(persistenceId().id(), number);
        try (Connection connection = connect();
                Statement statement =
                        connection.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_UPDATABLE);
                ResultSet row = statement.executeQuery("SELECT *" + of)) {
            row.next();
            row.updateBytes("event_payload", change.apply(row.getBytes("event_payload")));
            row.updateRow();
        }
    }

    void drop(long number) throws Exception {
        journal("DELETE FROM \"event_journal\" WHERE \"persistence_id\" = '%s' AND \"sequence_number\" = %d"
                .formatted(persistenceId().id(), number));
    }

    void swap(long one, long other) throws Exception {
        String renumber =
                "UPDATE \"event_journal\" SET \"sequence_number\" = %d WHERE \"persistence_id\" = '%s' AND \"sequence_number\" = %d";
        String of = persistenceId().id();
        journal(renumber.formatted(-1, of, one));
        journal(renumber.formatted(one, of, other));
        journal(renumber.formatted(other, of, -1));
    }

    /// Replaces the whole history by events with matching hashes, as a knowledgeable forger would do.
    void forge(List<BatchEvent> events) throws Exception {
        journal("DELETE FROM \"event_journal\" WHERE \"persistence_id\" = '%s'"
                .formatted(persistenceId().id()));
        append(events.toArray(BatchEvent[]::new));
    }

    void journal(String statement) throws SQLException {
        try (Connection connection = connect();
                Statement run = connection.createStatement()) {
            run.executeUpdate(statement);
        }
    }

    static void flip(Path file, long position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) position] ^= 0x40;
        Files.write(file, bytes);
    }

    @Override
    public void close() {
        release();
        duckDb.close();
    }
}
