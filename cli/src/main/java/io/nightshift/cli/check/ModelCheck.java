package io.nightshift.cli.check;

import io.nightshift.cli.check.PredictionCheckResult.DifferingRow;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.Model;
import io.nightshift.source.BoundJob;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.source.text.TextReader;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.PartitionAttempt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Scores those rows of a job's source that a file of expected values has, exactly as a worker scores a
/// partition, and compares the predictions with the expected values.
///
/// Rows are matched by the job's record ID. If the job has no ID, row n of the expected file belongs to row
/// n of the source. The rows are copied to a temporary folder first, which is deleted at the end.
public final class ModelCheck {

    private static final BatchId BATCH = new BatchId("check");
    private static final Attempt ATTEMPT = new Attempt(BATCH, 0, new Epoch(1, 1));
    private static final ModelVersion VERSION = new ModelVersion("check", 1, "0".repeat(64));
    private static final FileNames NAMES = new FileNames(".parquet");
    private static final int REPEATED = 3;

    /// The table of the rows that were compared, with their features.
    private static final String COMPARED = "nightshift_compared";

    private final Connection connection;
    private final DuckDb duckDb;
    private final Destinations destinations;
    private final Job job;
    private final Model model;
    private final CheckRequest request;
    private final ExpectedValues expected;
    private final Path folder;

    private ModelCheck(
            Connection connection,
            DuckDb duckDb,
            Destinations destinations,
            Job job,
            Model model,
            CheckRequest request,
            Path folder) {
        this.connection = connection;
        this.duckDb = duckDb;
        this.destinations = destinations;
        this.job = job;
        this.model = model;
        this.request = request;
        this.expected = ExpectedValues.open(connection, request.expected());
        this.folder = folder;
    }

    /// Checks a job.
    ///
    /// @param duckDb with the scoring functions
    /// @param destinations over the same DuckDB
    /// @throws FailureException if a file or a column is missing, or nothing can be compared
    public static PredictionCheckResult run(
            DuckDb duckDb, Destinations destinations, Job job, Model model, CheckRequest request) {
        // First the whole job is checked against the source itself, for messages that name its files.
        destinations.sources().inspect(job, model.description());
        Path folder = temporaryFolder();
        try (Connection connection = duckDb.connect()) {
            return new ModelCheck(connection, duckDb, destinations, job, model, request, folder).run();
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the rows can't be compared", e), e);
        } finally {
            delete(folder);
        }
    }

    private static Path temporaryFolder() {
        try {
            return Files.createTempDirectory("nightshift-check-");
        } catch (IOException e) {
            throw FailureException.permanent("no temporary folder can be made: " + Folders.reason(e));
        }
    }

    private static void delete(Path folder) {
        try {
            Folders.deleteTree(folder);
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the temporary folder %s can't be deleted: %s".formatted(folder, Folders.reason(e)));
        }
    }

    private PredictionCheckResult run() throws SQLException {
        expected.type("--column", request.column());
        Matching matching = matching();
        refuseRepeatedIds(matching);
        Path sample = folder.resolve("sample.parquet");
        execute("COPY (%s) TO %s (FORMAT parquet)".formatted(matching.sample(), Sql.text(sample.toString())));
        long rows = number("SELECT count(*) FROM " + read(sample));
        long expectedRows = number("SELECT count(*) FROM " + expected.relation());
        if (rows == 0) {
            throw FailureException.permanent("none of the %,d rows of %s is in the source of the job %s"
                    .formatted(expectedRows, request.expected(), job.name()));
        }
        Job sampled = sampled(sample);
        Scored scored = score(sampled);
        return compare(matching, sampled, sample, scored, expectedRows, rows);
    }

    // Matching of rows.

    /// @param sample a query for the rows of the source that the expected file has
    /// @param expected the expected file as a relation, with the matched value as `nightshift_id`
    /// @param foundId an expression over the output
    /// @param sampleId an expression over the sample
    private record Matching(String sample, String expected, String foundId, String sampleId) {}

    private Matching matching() throws SQLException {
        Map<String, String> select = job.source().select();
        SourceColumns columns =
                switch (destinations.sources().of(rows(job.source().input(), List.of()))) {
                    case TextReader text -> text.wholeRecords(connection, select);
                    default -> {
                        if (!(job.source().input() instanceof ParquetInput files)) {
                            throw FailureException.permanent(
                                    "a model is checked with rows of Parquet, CSV or NDJSON files; the job's source is "
                                            + job.source().input());
                        }
                        yield ParquetReader.columns(connection, files, select, SourceColumns.Origin.JOB_FILE);
                    }
                };
        String id = job.source().id();
        if (id == null) {
            if (request.id() != null) {
                throw FailureException.permanent(
                        "--id: the job names no source.id, so rows are matched by their position; leave --id out, or add source.id to the job");
            }
            return new Matching(
                    "SELECT * FROM %s LIMIT (SELECT count(*) FROM %s)"
                            .formatted(columns.relation(), expected.relation()),
                    "(SELECT row_number() OVER () - 1 AS nightshift_id, * FROM %s)".formatted(expected.relation()),
                    "record_row",
                    "row_number() OVER () - 1");
        }
        String expectedColumn = request.id() == null ? id : request.id();
        String expectedType = expected.type("--id", expectedColumn);
        BoundJob.Bound bound = columns.named("source.id", id, id);
        boolean areNumbers = BoundJob.isNumber(expectedType) && BoundJob.isNumber(bound.type());
        String as = areNumbers || expectedType.equals(bound.type()) ? "%s" : "CAST(%s AS VARCHAR)";
        String expectedId = as.formatted(Sql.name(expectedColumn));
        String sourceId = as.formatted(SourceRelation.id(job.source(), id));
        return new Matching(
                "SELECT * FROM %s WHERE %s IN (SELECT %s FROM %s)"
                        .formatted(columns.relation(), sourceId, expectedId, expected.relation()),
                "(SELECT %s AS nightshift_id, * FROM %s)".formatted(expectedId, expected.relation()),
                as.formatted("record_id"),
                sourceId);
    }

    private void refuseRepeatedIds(Matching matching) throws SQLException {
        List<String> repeated = new ArrayList<>();
        String sql =
                "SELECT nightshift_id FROM %s WHERE nightshift_id IS NOT NULL GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT %d"
                        .formatted(matching.expected(), REPEATED);
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                repeated.add(rows.getString(1));
            }
        }
        if (!repeated.isEmpty()) {
            throw FailureException.permanent("%s has IDs that occur more than once, such as %s; keep one row for each"
                    .formatted(request.expected(), String.join(", ", repeated)));
        }
    }

    // Scoring.

    /// The job's source with other rows. The sample has the source's own columns: lookups are joined when it
    /// is scored.
    private Job.Source rows(Input input, List<Lookup> lookups) {
        Job.Source source = job.source();
        return new Job.Source(
                input, source.id(), false, source.select(), source.where(), source.unseen(), false, null, lookups);
    }

    /// The job over the sample, with an output that is read here only.
    private Job sampled(Path sample) {
        return JobBuilder.builder()
                .name(job.name())
                .model(job.model())
                .features(job.features())
                .source(rows(
                        new ParquetInput(List.of(sample.toString())),
                        job.source().lookups()))
                .destination(new ParquetDestination(folder.resolve("output").toString()))
                .partitions(job.partitions())
                .errors(job.errors())
                .output(new Job.Output(List.of(), request.prediction().startsWith("margin")))
                .categories(job.categories())
                .build();
    }

    /// @param part the file of the predictions
    private record Scored(PartitionAttempt.Result result, Path part) {
        PartitionCommit commit() {
            return result.commit();
        }
    }

    /// All rows of the sample, and the files of lookups.
    private List<Slice> slices(Job sampled) {
        return destinations.sources().inspect(sampled, model.description()).stream()
                .map(InspectedFile::file)
                .map(file -> new Slice(file, 0, file.isLookup() ? 0 : file.rows()))
                .toList();
    }

    private Scored score(Job sampled) {
        DestinationStore store = destinations.of(sampled);
        store.prepare(BATCH, sampled, model.description());
        List<Slice> slices = slices(sampled);
        Lease lease = new Lease(ATTEMPT, sampled, VERSION, 0, slices, store.staging(BATCH));
        int blockRows = MemoryEstimate.of(sampled, model.description(), model.heapBytes(), 1, MemoryBudget.budget())
                .blockRows();
        PartitionAttempt attempt = new PartitionAttempt(
                duckDb,
                destinations.sources(),
                lease,
                model,
                "model check",
                store.writer(lease, "model check", blockRows),
                store.limits(),
                new AtomicLong());
        return new Scored(attempt.run(), Path.of(lease.staging()).resolve(NAMES.stagedPart(ATTEMPT)));
    }

    // Comparing.

    private PredictionCheckResult compare(
            Matching matching, Job sampled, Path sample, Scored scored, long expectedRows, long sampleRows)
            throws SQLException {
        PartitionCommit commit = scored.commit();
        long quarantined = commit.read() - commit.part().rows();
        long absent = expectedRows
                - number("SELECT count(*) FROM %s WHERE nightshift_id IN (SELECT %s FROM %s)"
                        .formatted(matching.expected(), matching.sampleId(), read(sample)));
        String pairs = pairs(matching, scored.part());
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), max(difference), count(*) FILTER (WHERE differs) FROM (%s)"
                                .formatted(pairs))) {
            row.next();
            double largest = row.getDouble(2);
            @Nullable Double known = row.wasNull() ? null : Double.valueOf(largest);
            long compared = row.getLong(1);
            long over = row.getLong(3);
            Differences differences =
                    over == 0 ? new Differences(List.of(), List.of()) : differences(matching, sampled, pairs);
            return new PredictionCheckResult(
                    expectedRows,
                    absent,
                    sampleRows - commit.read(),
                    quarantined,
                    compared,
                    known,
                    over,
                    differences.rows(),
                    differences.causes(),
                    scored.result().reasons());
        }
    }

    /// A query for the compared rows: id, expected, found, difference, differs.
    private String pairs(Matching matching, Path part) throws SQLException {
        Map<String, String> output = ExpectedValues.columns(connection, read(part));
        String foundType = ExpectedValues.type("--column", request.prediction(), "the job's output", output);
        String expectedType = expected.type("--column", request.column());
        boolean areNumbers = BoundJob.isNumber(foundType) && BoundJob.isNumber(expectedType);
        String difference = areNumbers ? "abs(found::DOUBLE - expected::DOUBLE)" : "NULL::DOUBLE";
        String differs = areNumbers
                ? "NOT coalesce(difference <= %s, false)".formatted(request.tolerance())
                : "found::VARCHAR IS DISTINCT FROM expected::VARCHAR";
        return """
                SELECT *, %s AS differs FROM (
                  SELECT *, %s AS difference FROM (
                    SELECT e.nightshift_id AS id, e.%s AS expected, f.found AS found
                    FROM %s AS e JOIN (SELECT %s AS id, %s AS found FROM %s) AS f ON e.nightshift_id = f.id))
                """.formatted(
                        differs,
                        difference,
                        Sql.name(request.column()),
                        matching.expected(),
                        matching.foundId(),
                        Sql.name(request.prediction()),
                        read(part));
    }

    private record Differences(List<DifferingRow> rows, List<String> causes) {}

    private Differences differences(Matching matching, Job sampled, String pairs) throws SQLException {
        BoundJob bound = destinations.sources().of(sampled.source()).bind(sampled, model.description());
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (BoundJob.Feature feature : bound.features()) {
            int number = names.size();
            String name = feature.source().name();
            values.add("TRY((%s\n)) AS value_%d".formatted(feature.source().sql(), number));
            names.add(name);
            if (expected.columns().containsKey(name) && !name.equals(request.column())) {
                others.add("e.%s AS expected_%d".formatted(Sql.name(name), number));
            }
        }
        String file = String.valueOf(request.expected().getFileName());
        StepDifferences steps = new StepDifferences(model, expected.columns().keySet(), file);
        for (int i = 0; i < steps.names().size(); i++) {
            others.add("e.%s AS step_%d".formatted(Sql.name(steps.names().get(i)), i));
        }
        SourceReader reader = destinations.sources().of(sampled);
        List<Slice> slices = slices(sampled);
        try (HeldSlices _ = reader.hold(slices)) {
            SourceRelation relation = reader.relations(connection, slices).getFirst();
            String id = sampled.source().id() == null ? relation.row() : matching.sampleId();
            execute("""
                    CREATE TEMPORARY TABLE nightshift_compared AS
                    SELECT p.*, s.* EXCLUDE (nightshift_id)%s
                    FROM (%s) AS p
                    JOIN (
                      SELECT %s AS nightshift_id, %s FROM %s QUALIFY count(*) OVER (PARTITION BY nightshift_id) = 1
                    ) AS s ON p.id = s.nightshift_id
                    JOIN %s AS e ON p.id = e.nightshift_id
                    """.formatted(
                            others.isEmpty() ? "" : ", " + String.join(", ", others),
                            pairs,
                            id,
                            String.join(", ", values),
                            relation.from(),
                            matching.expected()));
        }
        Map<String, String> types = ExpectedValues.columns(connection, COMPARED);
        DifferenceCauses.Rows rows = new DifferenceCauses.Rows(COMPARED, names, types, file);
        List<String> causes = new ArrayList<>(new DifferenceCauses(connection, rows).sentences());
        causes.addAll(steps.sentences(connection, COMPARED));
        return new Differences(differing(names), causes);
    }

    /// @param names of the features
    private List<DifferingRow> differing(List<String> names) throws SQLException {
        String values = IntStream.range(0, names.size())
                .mapToObj(feature -> ", CAST(value_%d AS VARCHAR)".formatted(feature))
                .collect(Collectors.joining());
        List<DifferingRow> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT CAST(id AS VARCHAR), CAST(expected AS VARCHAR), CAST(found AS VARCHAR), difference%s FROM %s WHERE differs ORDER BY id LIMIT %d"
                                .formatted(values, COMPARED, request.shown()))) {
            while (row.next()) {
                double difference = row.getDouble(4);
                @Nullable Double known = row.wasNull() ? null : Double.valueOf(difference);
                Map<String, @Nullable String> features = new LinkedHashMap<>();
                for (int i = 0; i < names.size(); i++) {
                    features.put(names.get(i), row.getString(5 + i));
                }
                rows.add(new DifferingRow(row.getString(1), row.getString(2), row.getString(3), known, features));
            }
        }
        return rows;
    }

    // SQL.

    private static String read(Path file) {
        return "read_parquet(%s, hive_partitioning = false)".formatted(Sql.file(file.toString()));
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
