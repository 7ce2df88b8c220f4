package io.nightshift.cli.check;

import io.nightshift.coordinator.batch.state.StabilityIndex;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.FileNames;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.PartitionStatistics;
import io.nightshift.protocol.batch.WorkerMessage.Lease;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.BatchCheck;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.comparison.OutputComparison;
import io.nightshift.storage.comparison.OutputDifference;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.PartitionAttempt;
import io.nightshift.worker.partition.StepTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Scores the same rows of a job's source with two models, and compares the predictions. Publishes nothing.
///
/// The rows are read from the source once, to a file in a folder that is deleted at the end: only the columns that
/// one of the models or the job names. Both models then score this file, each exactly as a worker scores
/// partitions, so that each has its own quarantine. They take turns with the parts of the file, since the first
/// one to score pays for the start.
public final class TwoModelScoring {

    /// A model of the comparison.
    ///
    /// @param name as the user calls it, such as `churn@candidate`
    /// @param version of the registry; null for a model that is not in it
    /// @param origin the version of an MLflow server, whose signature may name the features; null if it is none
    public record Candidate(
            String name, @Nullable ModelVersion version, Model model, ModelReference.@Nullable Mlflow origin) {

        /// A job of the comparison with this model, and so with the features that it names.
        Job of(Job job) {
            return origin == null ? job : job.withModel(origin);
        }
    }

    private static final BatchId BATCH = new BatchId("compare");
    private static final ModelVersion VERSION = new ModelVersion("compare", 1, "0".repeat(64));
    private static final FileNames NAMES = new FileNames(".parquet");

    /// The columns of the copy that tell its rows apart.
    private static final String POSITION = "nightshift_sample_row";

    private static final String RECORD = "nightshift_sample_record";

    /// The column of the copy that tells records which can't be read.
    private static final String MALFORMED = "nightshift_sample_malformed";

    /// The parts of the copy that the models score alternately.
    private static final int PARTS = 8;

    /// The places of the source from which the rows are taken, if not all are.
    private static final int PLACES = 64;

    /// The most reasons for quarantined rows of each model.
    private static final int REASONS = 3;

    /// The column of the predicted class.
    private static final String PREDICTION = "prediction";

    /// Rows that are worth a place of their own.
    private static final int LEAST = 2_048;

    private final DuckDb duckDb;
    private final Destinations destinations;
    private final Job job;
    private final Candidate champion;
    private final Candidate candidate;
    private final Path folder;

    /// The job over the rows that were read.
    private Job copied;

    /// @param duckDb with the scoring functions
    /// @param destinations over the same DuckDB
    /// @param job whose source, features and output are used
    /// @param champion the model to compare with
    /// @param candidate the other model
    /// @param folder for the rows and the predictions; made, and deleted at the end
    public TwoModelScoring(
            DuckDb duckDb, Destinations destinations, Job job, Candidate champion, Candidate candidate, Path folder) {
        this.duckDb = duckDb;
        this.destinations = destinations;
        this.job = job;
        this.champion = champion;
        this.candidate = candidate;
        this.folder = folder;
        this.copied = job;
    }

    /// Compares. Blocks.
    ///
    /// @param sample the most rows to read, at least 1
    /// @param tolerance numbers that differ by no more than this are the same; 0 or more
    /// @param shown the most records to list that differ
    /// @throws FailureException if a model does not fit the source, or a row can't be read
    public ComparedModels run(long sample, double tolerance, int shown) {
        requireComparable();
        try (Connection connection = duckDb.connect()) {
            Files.createDirectories(folder);
            List<SourceFile> files = files();
            List<Slice> slices = sampled(files, sample);
            long began = System.nanoTime();
            Copy copy = copy(connection, slices, files);
            copied = copy.job();
            double reading = (System.nanoTime() - began) / 1e9;
            Scoring first = new Scoring(champion, "champion");
            Scoring second = new Scoring(candidate, "candidate");
            List<Slice> parts = parts(copy);
            for (int i = 0; i < parts.size(); i++) {
                for (Scoring scoring : i % 2 == 0 ? List.of(first, second) : List.of(second, first)) {
                    scoring.score(i, parts.get(i));
                }
            }
            first.open(connection);
            second.open(connection);
            OutputDifference difference = new OutputComparison(connection, "champion", "candidate", tolerance)
                    .only(column -> !column.equals(RECORD))
                    .compare(shown);
            return new ComparedModels(
                    files.stream().mapToLong(SourceFile::rows).sum(),
                    copy.rows(),
                    copy.malformed(),
                    reading,
                    first.outcome(),
                    second.outcome(),
                    index(first, second),
                    agreement(difference),
                    correlations(connection, difference),
                    difference,
                    records(connection, difference, copy));
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the models can't be compared", e), e);
        } catch (IOException e) {
            throw FailureException.permanent("the folder %s can't be written: %s".formatted(folder, Folders.reason(e)));
        } finally {
            delete();
        }
    }

    private void requireComparable() {
        ModelDescription first = champion.model().description();
        ModelDescription second = candidate.model().description();
        if (first.task() != second.task() || !first.classes().equals(second.classes())) {
            throw FailureException.permanent("%s and %s can't be compared: they predict %s and %s"
                    .formatted(champion.name(), candidate.name(), predicted(first), predicted(second)));
        }
        if (!job.source().input().isFiles()) {
            throw FailureException.permanent(
                    "models are compared with rows of files; the job's source is a database. Write some of its rows to a Parquet file, and name that with --set source.parquet");
        }
    }

    private static String predicted(ModelDescription model) {
        return switch (model.task()) {
            case REGRESSION -> "a number";
            case BINARY, MULTICLASS -> "the classes " + String.join(", ", model.classes());
        };
    }

    // The sample.

    /// The files of the source and of its lookups. A model that does not fit them is refused.
    private List<SourceFile> files() {
        List<SourceFile> files = List.of();
        for (Candidate each : List.of(candidate, champion)) {
            try {
                files = destinations
                        .sources()
                        .inspect(each.of(job), each.model().description())
                        .stream()
                        .map(InspectedFile::file)
                        .toList();
            } catch (FailureException e) {
                throw FailureException.permanent(
                        "%s: %s".formatted(each.name(), e.failure().message()));
            }
        }
        return files;
    }

    /// Rows from places that are spread evenly over the files. The same each time.
    private static List<Slice> sampled(List<SourceFile> files, long sample) {
        List<SourceFile> own = files.stream().filter(file -> !file.isLookup()).toList();
        long all = own.stream().mapToLong(SourceFile::rows).sum();
        List<Slice> slices = new ArrayList<>();
        if (sample >= all) {
            own.stream().filter(file -> file.rows() > 0).forEach(file -> slices.add(new Slice(file, 0, file.rows())));
            return slices;
        }
        long places = Math.clamp(sample / LEAST, 1, PLACES);
        for (long place = 0; place < places; place++) {
            long from = all / places * place;
            long rows = sample * (place + 1) / places - sample * place / places;
            add(slices, own, from, Math.min(rows, all - from));
        }
        return slices;
    }

    /// Adds rows of consecutive files.
    private static void add(List<Slice> slices, List<SourceFile> files, long from, long rows) {
        long first = from;
        long left = rows;
        for (SourceFile file : files) {
            if (left > 0 && first < file.rows()) {
                long taken = Math.min(left, file.rows() - first);
                slices.add(new Slice(file, first, taken));
                left -= taken;
                first = 0;
            } else {
                first = Math.max(0, first - file.rows());
            }
        }
    }

    /// The rows that were read.
    ///
    /// @param job over these rows, with an output of its own
    /// @param malformed records that can't be read, which neither model can score
    private record Copy(Path path, Job job, long rows, long malformed) {}

    private Copy copy(Connection connection, List<Slice> slices, List<SourceFile> files)
            throws SQLException, IOException {
        if (slices.isEmpty()) {
            throw FailureException.permanent("the source of the job %s has no rows".formatted(job.name()));
        }
        List<Slice> held = new ArrayList<>(slices);
        files.stream().filter(SourceFile::isLookup).forEach(file -> held.add(new Slice(file, 0, 0)));
        SourceReader source = destinations.sources().of(job.source());
        source.requireReadable(held);
        Path path = folder.resolve("rows.parquet");
        try (HeldSlices _ = source.hold(held)) {
            List<SourceReader.BoundSlices> groups = new ArrayList<>();
            for (Candidate each : List.of(champion, candidate)) {
                groups.addAll(
                        source.bind(connection, held, each.of(job), each.model().description()));
            }
            Set<String> columns = columns(groups);
            List<String> selects = new ArrayList<>();
            boolean isText = false;
            for (SourceRelation relation : source.relations(connection, held)) {
                SourceRelation.TextRecord record = relation.record();
                isText |= record != null;
                selects.add("SELECT %s || ' row ' || %s AS %s, %s AS %s%s FROM %s WHERE %s"
                        .formatted(
                                relation.file(),
                                relation.row(),
                                RECORD,
                                record == null ? "FALSE" : record.fault() + " IS NOT NULL",
                                MALFORMED,
                                columns.stream()
                                        .map(Sql::name)
                                        .map(name -> ", " + name)
                                        .collect(Collectors.joining()),
                                relation.from(),
                                relation.range().isEmpty() ? "TRUE" : relation.range()));
            }
            execute(
                    connection,
                    "COPY (SELECT row_number() OVER () AS %s, * FROM (%s)) TO %s (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE 20480)"
                            .formatted(
                                    POSITION, String.join(" UNION ALL BY NAME ", selects), Sql.text(path.toString())));
            long rows = number(connection, "SELECT count(*) FROM " + read(path));
            long malformed = isText
                    ? number(connection, "SELECT count(*) FROM %s WHERE %s".formatted(read(path), MALFORMED))
                    : 0;
            return new Copy(path, copied(path, isText), rows - malformed, malformed);
        }
    }

    /// The source's columns that an expression names. A name in a text literal counts, too, which only adds a
    /// column.
    private static Set<String> columns(List<SourceReader.BoundSlices> groups) {
        Set<String> columns = new LinkedHashSet<>();
        for (SourceReader.BoundSlices group : groups) {
            BoundJob bound = group.job();
            String expressions = Stream.of(
                            Stream.ofNullable(bound.id()),
                            bound.features().stream().map(BoundJob.Feature::source),
                            bound.segments().stream())
                    .flatMap(values -> values)
                    .map(BoundJob.Bound::sql)
                    .collect(Collectors.joining("\n"));
            String all = bound.where() == null ? expressions : expressions + "\n" + bound.where();
            bound.columns().keySet().stream()
                    .filter(name -> Pattern.compile(
                                    "(?<![\\p{L}\\p{N}_])" + Pattern.quote(name) + "(?![\\p{L}\\p{N}_])",
                                    Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
                            .matcher(all)
                            .find())
                    .forEach(columns::add);
        }
        return columns;
    }

    /// The job over the copied rows. Its records are identified by their position: the job's own ids may be
    /// repeated, and a row without an id is the destination's concern.
    ///
    /// @param isText whether the copy may have malformed records
    private Job copied(Path path, boolean isText) {
        Job.Source source = job.source();
        String where = source.where();
        if (isText) {
            where = "CASE WHEN %s THEN FALSE ELSE (%s\n) END"
                    .formatted(MALFORMED, Objects.requireNonNullElse(where, "TRUE"));
        }
        return JobBuilder.builder()
                .name(job.name())
                .model(job.model())
                .features(job.features())
                .source(new Job.Source(
                        new ParquetInput(List.of(path.toString())),
                        POSITION,
                        false,
                        source.select(),
                        where,
                        source.unseen(),
                        false))
                .destination(new ParquetDestination(folder.toString()))
                .partitions(job.partitions())
                .errors(job.errors())
                .output(new Job.Output(
                        List.of(), false, Map.of(), 0, job.output().decisions(), List.of(), Map.of()))
                .categories(job.categories())
                .timing(job.timing())
                .priority(job.priority())
                .checks(List.of(
                        new BatchCheck(BatchCheck.Measure.PREDICTION_PSI, null, 0, null, null, BatchCheck.OnFail.WARN)))
                .build();
    }

    private List<Slice> parts(Copy copy) {
        SourceFile file = destinations
                .sources()
                .inspect(champion.of(copy.job()), champion.model().description())
                .getFirst()
                .file();
        List<Slice> parts = new ArrayList<>();
        for (int i = 0; i < PARTS; i++) {
            long from = file.rows() * i / PARTS;
            long end = file.rows() * (i + 1) / PARTS;
            if (end > from || (file.rows() == 0 && i == 0)) {
                parts.add(new Slice(file, from, end - from));
            }
        }
        return parts;
    }

    // Scoring.

    /// One model, and what became of the rows.
    private final class Scoring {

        private final Candidate scored;
        private final String name;
        private final DestinationStore store;
        private final int blockRows;
        private final StepTimes times = new StepTimes();
        private final List<Double> secondsPerRow = new ArrayList<>();
        private final List<String> reasons = new ArrayList<>();
        private final List<Path> parts = new ArrayList<>();
        private @Nullable PartitionStatistics statistics;
        private long read;
        private long predictions;
        private long quarantined;

        /// @param name of the folder for its predictions, and of their view
        Scoring(Candidate scored, String name) {
            this.scored = scored;
            this.name = name;
            Job own = scored.of(copied)
                    .withDestination(new ParquetDestination(folder.resolve(name).toString()));
            ModelDescription description = scored.model().description();
            store = destinations.of(own);
            store.prepare(BATCH, own, description);
            blockRows = MemoryEstimate.of(own, description, scored.model().heapBytes(), 1, MemoryBudget.budget())
                    .blockRows();
        }

        void score(int number, Slice part) {
            Attempt attempt = new Attempt(BATCH, number, new Epoch(1, 1));
            Lease lease = new Lease(
                    attempt, scored.of(copied), VERSION, part.firstRow(), List.of(part), store.staging(BATCH));
            double before = times.seconds(StepTimes.Step.SCORE);
            PartitionAttempt.Result result;
            try {
                result = new PartitionAttempt(
                                duckDb,
                                destinations.sources(),
                                lease,
                                scored.model(),
                                scored.name(),
                                store.writer(lease, scored.name(), blockRows),
                                store.limits(),
                                new AtomicLong())
                        .timedBy(times)
                        .run();
            } catch (FailureException e) {
                throw FailureException.permanent(
                        "%s: %s".formatted(scored.name(), e.failure().message()));
            }
            long rows = result.commit().part().rows();
            read += result.commit().read();
            predictions += rows;
            quarantined += result.commit().quarantined();
            if (rows > 0) {
                secondsPerRow.add((times.seconds(StepTimes.Step.SCORE) - before) / rows);
            }
            result.reasons().stream().limit(REASONS - reasons.size()).forEach(reasons::add);
            PartitionStatistics counted = result.commit().statistics();
            if (counted != null) {
                statistics = statistics == null ? counted : statistics.plus(counted);
            }
            parts.add(Path.of(lease.staging()).resolve(NAMES.stagedPart(attempt)));
        }

        void open(Connection connection) throws SQLException {
            execute(
                    connection,
                    "CREATE TEMP VIEW %s AS FROM read_parquet(%s, union_by_name = true, hive_partitioning = false)"
                            .formatted(
                                    name,
                                    Sql.files(parts.stream().map(Path::toString).toList())));
        }

        ComparedModels.Outcome outcome() {
            return new ComparedModels.Outcome(
                    scored.name(),
                    scored.version(),
                    read,
                    predictions,
                    quarantined,
                    reasons,
                    median(secondsPerRow),
                    Stream.of(StepTimes.Step.values())
                            .mapToDouble(times::seconds)
                            .sum());
        }
    }

    /// The first part of a run is slow, since the program has just begun.
    private static @Nullable Double median(List<Double> values) {
        return values.isEmpty() ? null : values.stream().sorted().toList().get(values.size() / 2);
    }

    // Comparing.

    private static @Nullable Double index(Scoring first, Scoring second) {
        Distribution before = distribution(first);
        Distribution now = distribution(second);
        return before == null || now == null ? null : Double.valueOf(StabilityIndex.of(before, now));
    }

    private static @Nullable Distribution distribution(Scoring scoring) {
        return scoring.statistics == null
                ? null
                : PartitionStatistics.find(scoring.statistics.distributions(), null)
                        .filter(found -> found.rows() + found.missing() > 0)
                        .orElse(null);
    }

    /// The share of records for which both models decide the same, by the column that says so: those of the job's
    /// decisions or, without one, the predicted class.
    private Map<String, Double> agreement(OutputDifference difference) {
        Map<String, Double> shares = new LinkedHashMap<>();
        boolean hasDecisions = !job.output().decisions().isEmpty();
        for (OutputDifference.Column column : difference.columns()) {
            boolean isDecision = job.output().decisions().stream()
                    .anyMatch(each -> each.name().equals(column.name()));
            boolean isClass = !hasDecisions
                    && champion.model().description().task() != Task.REGRESSION
                    && column.name().equals(PREDICTION);
            if ((isDecision || isClass) && difference.common() > 0) {
                shares.put(column.name(), 1 - (double) column.changed() / difference.common());
            }
        }
        return shares;
    }

    /// By column with numbers; columns with the same value in all rows have none.
    private static Map<String, Double> correlations(Connection connection, OutputDifference difference)
            throws SQLException {
        List<String> columns = difference.columns().stream()
                .filter(column -> column.earlier() instanceof OutputDifference.Distribution.Numbers)
                .map(OutputDifference.Column::name)
                .toList();
        if (columns.isEmpty() || difference.common() == 0) {
            return Map.of();
        }
        String sql = "SELECT %s FROM champion AS e JOIN candidate AS l ON e.record_id = l.record_id"
                .formatted(columns.stream()
                        .map(Sql::name)
                        .map("corr(e.%1$s, l.%1$s) FILTER (WHERE isfinite(e.%1$s) AND isfinite(l.%1$s))"::formatted)
                        .collect(Collectors.joining(", ")));
        Map<String, Double> correlations = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            for (int i = 0; i < columns.size(); i++) {
                double correlation = row.getDouble(i + 1);
                if (!row.wasNull() && Double.isFinite(correlation)) {
                    correlations.put(columns.get(i), correlation);
                }
            }
        }
        return correlations;
    }

    /// The records of [OutputDifference#largest()] with their features, in the same order.
    private List<ComparedModels.SampleRecord> records(Connection connection, OutputDifference difference, Copy copy)
            throws SQLException {
        if (difference.largest().isEmpty()) {
            return List.of();
        }
        Map<String, String> features = new LinkedHashMap<>();
        for (Candidate each : List.of(champion, candidate)) {
            destinations
                    .sources()
                    .of(copy.job().source())
                    .bind(each.of(copy.job()), each.model().description())
                    .features()
                    .forEach(feature -> features.put(
                            feature.source().name(), feature.source().sql()));
        }
        String id = job.source().id();
        String record = id == null ? RECORD : SourceRelation.id(job.source(), id);
        String values = features.values().stream()
                .map(sql -> ", CAST(TRY((" + sql + "\n)) AS VARCHAR)")
                .collect(Collectors.joining());
        String positions =
                difference.largest().stream().map(row -> row.key().getFirst()).collect(Collectors.joining(", "));
        String sql = "SELECT %s, CAST(%s AS VARCHAR)%s FROM %s WHERE %s IN (%s)"
                .formatted(POSITION, record, values, read(copy.path()), POSITION, positions);
        Map<String, ComparedModels.SampleRecord> found = new LinkedHashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                Map<String, @Nullable String> own = new LinkedHashMap<>();
                int column = 3;
                for (String name : features.keySet()) {
                    own.put(name, row.getString(column++));
                }
                found.put(row.getString(1), new ComparedModels.SampleRecord(row.getString(2), own));
            }
        }
        return difference.largest().stream()
                .map(row -> Objects.requireNonNull(found.get(row.key().getFirst())))
                .toList();
    }

    private static String read(Path file) {
        return "read_parquet(%s, hive_partitioning = false)".formatted(Sql.file(file.toString()));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private void delete() {
        try {
            Folders.deleteTree(folder);
        } catch (IOException e) {
            throw FailureException.permanent(
                    "the temporary folder %s can't be deleted: %s".formatted(folder, Folders.reason(e)));
        }
    }
}
