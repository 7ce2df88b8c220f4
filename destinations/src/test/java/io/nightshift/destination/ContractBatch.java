package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.PartitionCommit.OutputFile;
import io.nightshift.protocol.batch.PartitionCommitBuilder;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.protocol.job.Retention;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.duckdb.SqlStatement;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A batch of three partitions, most often of ten rows, and attempts at them: what a worker writes, without a
/// model. The rows 13 and 17 are bad.
public final class ContractBatch implements AutoCloseable {

    public static final BatchId ID = new BatchId("flights-20261124t231425-3f9a");
    /// A later batch, which reuses parts of the first.
    public static final BatchId NEXT = new BatchId("flights-20261125t231425-4a1b");

    public static final ModelDescription MODEL = TestModels.ofNumbers(1);
    public static final int PARTITIONS = 3;

    private static final int ROWS = 10;
    private static final ModelVersion VERSION = new ModelVersion("delays", 3, "0".repeat(64));
    private static final String NODE = "127.0.0.1:1";
    private static final int BLOCK = 2048;

    private final TestData data;
    private final SourceFile file;
    private final Job job;
    private final BoundJob bound;
    private final ModelDescription model;
    private final OutputSchema schema;
    private final int rows;

    /// A batch of large partitions.
    ///
    /// @param rows of each partition
    public ContractBatch(Path folder, Destination destination, int rows) {
        this(folder, destination, MODEL, new Job.Output(List.of("note")), "ticket", rows);
    }

    /// A batch whose scores are their tickets.
    ContractBatch(Path folder, Destination destination) {
        this(folder, destination, MODEL, new Job.Output(List.of("note")), "ticket");
    }

    /// @param output of each row: an SQL expression over its `ticket` and the position `output`
    public ContractBatch(
            Path folder, Destination destination, ModelDescription model, Job.Output shape, String output) {
        this(folder, destination, model, shape, output, ROWS);
    }

    private ContractBatch(
            Path folder, Destination destination, ModelDescription model, Job.Output shape, String output, int rows) {
        this.model = model;
        this.rows = rows;
        data = DestinationData.shared(folder);
        data.execute("CREATE OR REPLACE MACRO nightshift_output(ticket, output) AS " + output);
        Path input = data.parquet(
                "input/in.parquet",
                "SELECT 'r' || i AS id, i * 1.5 AS f0, CASE i %% 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'a, \"b\"' || chr(10) END AS note FROM range(%d) t(i)"
                        .formatted(PARTITIONS * rows));
        file = data.pin(input);
        Job checked = TestJobBuilder.over(input)
                .id("id")
                .shape(shape)
                .into(destination)
                .build();
        bound = new Sources(() -> data.duckDb).of(checked.source()).bind(checked, model);
        schema = new OutputSchema(3, PredictionColumns.schema(bound, model));
        job = checked.with(schema);
    }

    public TestData data() {
        return data;
    }

    public Job job() {
        return job;
    }

    /// The same job with a retention.
    Job job(Retention retention) {
        return TestJobBuilder.over(Path.of(file.path()))
                .id("id")
                .output("note")
                .into(job.destination())
                .retention(retention)
                .build();
    }

    public ModelDescription model() {
        return model;
    }

    OutputSchema schema() {
        return schema;
    }

    List<Slice> slices(int... partitions) {
        List<Slice> slices = new ArrayList<>();
        for (int partition : partitions) {
            slices.add(new Slice(file, (long) partition * rows, rows));
        }
        return slices;
    }

    public Lease lease(DestinationStore store, int partition, Epoch epoch) {
        return lease(store, ID, partition, epoch);
    }

    private Lease lease(DestinationStore store, BatchId id, int partition, Epoch epoch) {
        return new Lease(
                new io.nightshift.protocol.batch.Attempt(id, partition, epoch),
                job,
                VERSION,
                (long) partition * rows,
                slices(partition),
                store.staging(id));
    }

    /// Makes a whole attempt of the later batch.
    PartitionCommit writeNext(DestinationStore store, int partition, Epoch epoch) throws SQLException, IOException {
        Lease lease = lease(store, NEXT, partition, epoch);
        try (Attempt attempt = new Attempt(lease, store.writer(lease, NODE, BLOCK), "nightshift_row IN (13, 17)")) {
            attempt.predictions();
            attempt.quarantine();
            return attempt.keep();
        }
    }

    /// Makes all attempts of another batch of the job, whose place is prepared.
    public CommittedBatch committedAs(DestinationStore store, BatchId id, int incarnation)
            throws SQLException, IOException {
        List<PartitionCommit> commits = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            Lease lease = lease(store, id, partition, new Epoch(incarnation, partition + 1));
            try (Attempt attempt = new Attempt(lease, store.writer(lease, NODE, BLOCK), "nightshift_row IN (13, 17)")) {
                attempt.predictions();
                attempt.quarantine();
                commits.add(attempt.keep());
            }
        }
        return committed(id, incarnation, commits, Set.of(), null);
    }

    public CommittedBatch committed(int incarnation, List<PartitionCommit> commits, Set<Integer> rescored) {
        return committed(ID, incarnation, commits, rescored, null);
    }

    /// The later batch.
    public CommittedBatch reusing(int incarnation, List<PartitionCommit> commits) {
        return committed(NEXT, incarnation, commits, Set.of(), ID.value());
    }

    private CommittedBatch committed(
            BatchId id,
            int incarnation,
            List<PartitionCommit> commits,
            Set<Integer> rescored,
            @Nullable String reusedFrom) {
        return new CommittedBatch(
                id,
                job,
                VERSION,
                Instant.parse("2026-11-24T23:14:25Z"),
                incarnation,
                List.of(file),
                commits,
                List.of(),
                rescored,
                null,
                null,
                7,
                "c3".repeat(32),
                reusedFrom,
                null,
                null);
    }

    static PartitionCommit withEpoch(PartitionCommit commit, Epoch epoch) {
        return PartitionCommitBuilder.builder()
                .partition(commit.partition())
                .epoch(epoch)
                .node(commit.node())
                .firstRow(commit.firstRow())
                .rows(commit.rows())
                .read(commit.read())
                .part(commit.part())
                .quarantine(commit.quarantine())
                .model(commit.model())
                .build();
    }

    /// Makes a whole attempt.
    public PartitionCommit write(DestinationStore store, int partition, Epoch epoch) throws SQLException, IOException {
        try (Attempt attempt = begin(store, partition, epoch)) {
            attempt.predictions();
            attempt.quarantine();
            return attempt.keep();
        }
    }

    /// Makes a whole attempt at a first partition without rows.
    PartitionCommit writeEmpty(DestinationStore store, Epoch epoch) throws SQLException, IOException {
        Lease lease = lease(store, 0, epoch);
        try (Attempt attempt = new Attempt(lease, store.writer(lease, NODE, BLOCK), "FALSE", "FALSE")) {
            attempt.predictions();
            attempt.quarantine();
            return attempt.keep();
        }
    }

    /// Makes a whole attempt with the rows of the second partition.
    ///
    /// @param partition may be that of a supplement
    void writeLate(DestinationStore store, int partition, Epoch epoch) throws SQLException, IOException {
        Lease lease = new Lease(
                new io.nightshift.protocol.batch.Attempt(ID, partition, epoch),
                job,
                VERSION,
                0,
                slices(1),
                store.staging(ID));
        try (Attempt attempt = new Attempt(lease, store.writer(lease, NODE, BLOCK), "nightshift_row IN (13, 17)")) {
            attempt.predictions();
            attempt.quarantine();
            attempt.keep();
        }
    }

    /// Makes an attempt that crashes after some of its steps: nobody closes it.
    void abandon(DestinationStore store, int partition, Epoch epoch, int steps) throws SQLException, IOException {
        Attempt attempt = begin(store, partition, epoch);
        if (steps > 0) {
            attempt.predictions();
        }
        if (steps > 1) {
            attempt.quarantine();
        }
        if (steps > 2) {
            attempt.seal();
        }
        if (steps > 3) {
            attempt.keep();
        } else {
            attempt.crash();
        }
    }

    Attempt begin(DestinationStore store, int partition, Epoch epoch) throws SQLException {
        Lease lease = lease(store, partition, epoch);
        return new Attempt(lease, store.writer(lease, NODE, BLOCK), "nightshift_row IN (13, 17)");
    }

    /// Makes the place where a supplement is staged.
    public void prepareSupplement(DestinationStore store, CommittedBatch published, int incarnation) {
        store.supplements().prepareSupplement(by(incarnation, published), job, model);
    }

    /// A batch as another coordinator has it, whose ledger has more entries.
    public CommittedBatch by(int incarnation, CommittedBatch batch) {
        return new CommittedBatch(
                ID,
                job,
                VERSION,
                batch.submittedAt(),
                incarnation,
                List.of(file),
                batch.commits(),
                batch.supplements(),
                Set.of(),
                null,
                null,
                batch.entries() + incarnation,
                batch.head(),
                null,
                null,
                null);
    }

    /// A published batch with one more supplement, which is written: some quarantined rows are good now.
    ///
    /// @param published the batch as readers see it
    /// @param bad the rows that stay quarantined, as SQL
    public CommittedBatch supplement(DestinationStore store, CommittedBatch published, int incarnation, String bad)
            throws SQLException, IOException {
        String rows = published.supplements().isEmpty() ? "nightshift_row IN (13, 17)" : "nightshift_row = 17";
        return supplement(store, published, incarnation, bad, rows);
    }

    /// @param rows of the second partition that are scored again, as SQL
    public CommittedBatch supplement(
            DestinationStore store, CommittedBatch published, int incarnation, String bad, String rows)
            throws SQLException, IOException {
        int number = published.supplements().size() + 1;
        prepareSupplement(store, published, incarnation);
        Lease lease = new Lease(
                new io.nightshift.protocol.batch.Attempt(ID, PARTITIONS + number - 1, new Epoch(incarnation, 1)),
                job,
                VERSION,
                0,
                slices(1),
                store.staging(ID));
        PartitionCommit commit;
        try (Attempt attempt = new Attempt(lease, store.writer(lease, NODE, BLOCK), bad, rows)) {
            attempt.predictions();
            attempt.quarantine();
            commit = attempt.keep();
        }
        List<Supplement> supplements = new ArrayList<>(published.supplements());
        supplements.add(new Supplement(number, Instant.parse("2026-11-28T01:02:03Z"), commit, List.of(file)));
        List<PartitionCommit> commits = new ArrayList<>();
        published.commits().forEach(each -> commits.add(each.withoutQuarantine()));
        commits.add(commit);
        return new CommittedBatch(
                ID,
                job,
                VERSION,
                published.submittedAt(),
                incarnation,
                List.of(file),
                commits,
                supplements,
                Set.of(),
                null,
                null,
                11,
                "d4".repeat(32),
                null,
                null,
                null);
    }

    /// One attempt, step by step.
    final class Attempt implements AutoCloseable {
        private final Lease lease;
        private final PartitionWriter writer;
        private final Connection connection;
        private long good;
        private long bad;
        private @Nullable OutputFile part;
        private @Nullable OutputFile quarantine;

        private final String isBad;
        private final String selected;

        Attempt(Lease lease, PartitionWriter writer, String isBad) throws SQLException {
            this(lease, writer, isBad, "TRUE");
        }

        /// @param selected which rows of the slice it reads
        Attempt(Lease lease, PartitionWriter writer, String isBad, String selected) throws SQLException {
            this.isBad = isBad;
            this.selected = selected;
            this.lease = lease;
            this.writer = writer;
            this.connection = data.duckDb.connect();
        }

        private ScoredRows rows() {
            Slice slice = lease.slices().getFirst();
            String from =
                    "(SELECT *, file_row_number AS nightshift_row, %s AS nightshift_file FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d AND %s)"
                            .formatted(
                                    Sql.text(file.path()),
                                    Sql.file(file.path()),
                                    slice.firstRow(),
                                    slice.endRow(),
                                    selected.replace("nightshift_row", "file_row_number"));
            return new ScoredRows(
                    bound,
                    model,
                    new SqlStatement(
                            "SELECT nightshift_file, nightshift_row, id AS nightshift_id, note AS nightshift_output_0, id AS nightshift_segment_0, f0 AS nightshift_ticket FROM %s WHERE NOT %s"
                                    .formatted(from, isBad)),
                    () ->
                            "SELECT nightshift_file AS record_file, nightshift_row AS record_row, id AS record_id, 'it is bad' AS reason, CAST(f0 AS VARCHAR) AS \"value\", 'no such number' AS message, '{\"f0\": 1}' AS \"values\" FROM %s WHERE %s"
                                    .formatted(from, isBad));
        }

        private long run(String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                if (!sql.startsWith("SELECT")) {
                    return statement.executeLargeUpdate(sql);
                }
                return select(sql);
            }
        }

        private long select(String sql) throws SQLException {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getLong(1);
            }
        }

        void predictions() throws SQLException {
            good = writer.predictions(rows(), this::run);
        }

        void quarantine() throws SQLException {
            bad = select("SELECT count(*) FROM (%s)".formatted(rows().quarantined()));
            if (bad > 0) {
                writer.quarantine(rows(), this::run);
            }
        }

        void seal() throws IOException {
            part = writer.part(good);
            quarantine = bad > 0 ? writer.quarantined(bad) : null;
        }

        PartitionCommit keep() throws IOException {
            seal();
            writer.keep();
            return PartitionCommitBuilder.builder()
                    .partition(lease.attempt().partition())
                    .epoch(lease.attempt().epoch())
                    .node(NODE)
                    .firstRow(lease.firstRow())
                    .rows(selected.equals("TRUE") ? ContractBatch.this.rows : good + bad)
                    .read(good + bad)
                    .part(Objects.requireNonNull(part))
                    .quarantine(quarantine)
                    .model(VERSION.sha256())
                    .build();
        }

        /// Ends as a killed process does: a database sees its connections break.
        void crash() throws SQLException {
            writer.cancel();
            connection.close();
        }

        @Override
        public void close() throws SQLException {
            writer.close();
            connection.close();
        }
    }

    @Override
    public void close() {
        data.close();
    }
}
