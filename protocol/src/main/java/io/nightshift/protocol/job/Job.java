package io.nightshift.protocol.job;

import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.failure.FailureException;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.soabase.recordbuilder.core.RecordBuilder.Initializer;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A validated job. Paths are absolute: relative paths of the job file are resolved against its folder.
/// `JobBuilder`, which the compiler generates from this record, makes jobs and altered copies of jobs.
///
/// @param name the job's name: lower-case letters, digits, `-`, `_` and `.`
/// @param model the model that scores the rows
/// @param source the rows to score
/// @param destination where the predictions are written
/// @param partitions how the input is divided into partitions
/// @param errors when quarantined rows or failed partitions fail the batch
/// @param output what is written in addition to the prediction
/// @param features the model's inputs in its order, each a source column, a key of
///     [Source#select()] or a DuckDB-SQL expression; empty where the model names its features
/// @param categories of features whose source holds the names of categories; of each feature once
/// @param retry how long and how often failed work is tried again, where the job says it; null if it says
///     nothing
/// @param parameters with their values, which the paths and expressions contain already; in the order of the
///     file
/// @param timing when batches start, and when they may work
/// @param priority 0 to [#HIGHEST_PRIORITY]: batches of a greater one get workers first
/// @param alerts who is told of problems
/// @param incremental which rows each batch reads; null for all rows
/// @param checks limits that a batch must keep before it is published; at most [BatchCheck#MOST]
/// @param retention how long published batches are kept; null: until someone deletes them
/// @param rollout how batches try another version of the model; null if they don't
@RecordBuilder
@RecordBuilder.Options(addClassRetainedGenerated = true, addStaticBuilder = false, enableWither = false)
public record Job(
        String name,
        ModelReference model,
        @Initializer(source = List.class, value = "of") List<String> features,
        Source source,
        Destination destination,
        Partitions partitions,
        ErrorPolicy errors,
        Output output,
        @Initializer(source = List.class, value = "of") List<CategoryList> categories,
        @Nullable Retry retry,
        @Initializer(source = List.class, value = "of") List<Parameter> parameters,

        @Initializer(source = JobTiming.class, value = "ANY_TIME")
        JobTiming timing,

        @Initializer("DEFAULT_PRIORITY") int priority,
        @Initializer(source = List.class, value = "of") List<AlertRule> alerts,
        @Nullable Incremental incremental,
        @Initializer(source = List.class, value = "of") List<BatchCheck> checks,
        @Nullable Retention retention,
        @Nullable Rollout rollout) {

    /// The priority of a job whose file has none.
    public static final int DEFAULT_PRIORITY = 5;

    /// The greatest priority; 0 is the lowest.
    public static final int HIGHEST_PRIORITY = 10;

    public Job {
        features = List.copyOf(features);
        categories = List.copyOf(categories);
        parameters = List.copyOf(parameters);
        if (timing == null) { // as an earlier version wrote it
            timing = JobTiming.ANY_TIME;
            priority = DEFAULT_PRIORITY;
        }
        alerts = List.copyOf(alerts);
        checks = List.copyOf(checks);
        if (checks.size() > BatchCheck.MOST) {
            throw new IllegalArgumentException(checks.size() + " checks");
        }
    }

    /// The categories of a feature, in the order of their codes.
    ///
    /// @param feature the model's name of the feature or, where it has none, the feature's text in
    ///     [Job#features()]
    /// @param names at least one, and none twice
    public record CategoryList(String feature, List<String> names) {
        public CategoryList {
            names = List.copyOf(names);
        }
    }

    /// The categories that the job lists for a feature, or null if it lists none.
    public @Nullable List<String> categoriesOf(String feature) {
        return categories.stream()
                .filter(list -> list.feature().equals(feature))
                .map(CategoryList::names)
                .findFirst()
                .orElse(null);
    }

    /// The columns whose values are counted for [#checks()], each once.
    public List<String> checkedColumns() {
        return checks.stream()
                .filter(check -> check.measure().isOfColumn())
                .map(BatchCheck::column)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /// The changes that the job makes beyond its own batches.
    public Set<JobEffect> effects() {
        Set<JobEffect> effects = EnumSet.noneOf(JobEffect.class);
        if (retention != null) {
            effects.add(JobEffect.DELETES_BATCHES);
        }
        if (rollout != null && rollout.onPass() == Rollout.OnPass.PROMOTE) {
            effects.add(JobEffect.MOVES_ALIAS);
        }
        if (rollout != null && rollout.candidate() instanceof ModelReference.Mlflow) {
            effects.add(JobEffect.ADDS_VERSIONS);
        }
        return effects;
    }

    /// The same job with another priority.
    ///
    /// @param other 0 to [#HIGHEST_PRIORITY]
    public Job withPriority(int other) {
        return JobBuilder.builder(this).priority(other).build();
    }

    /// The same job with another model, and without a rollout.
    public Job withModel(ModelReference other) {
        return JobBuilder.builder(this).model(other).rollout(null).build();
    }

    /// The same job with another destination.
    public Job withDestination(Destination other) {
        return JobBuilder.builder(this).destination(other).build();
    }

    /// The same job with the schema of its output.
    public Job with(OutputSchema schema) {
        return JobBuilder.builder(this).output(output.with(schema)).build();
    }

    /// The names that the model's features have by its signature on an MLflow server. Empty if the job lists its
    /// features itself, if the model's file names them, or if the job is not submitted yet.
    public List<String> signatureFeatures() {
        return features.isEmpty() && model instanceof ModelReference.Mlflow(String _, MlflowPin pin) && pin != null
                ? pin.features()
                : List.of();
    }

    /// The same job with a check of each feature in place of one that stands for all of them. A feature that has a
    /// check of its own keeps it.
    ///
    /// @param names of the model's features
    /// @throws FailureException permanent, if there are more than a batch may compare
    public Job withFeatures(List<String> names) {
        if (checks.stream().noneMatch(BatchCheck::isOfEachFeature)) {
            return this;
        }
        Set<String> own = checks.stream()
                .filter(check -> check.measure() == BatchCheck.Measure.PSI && check.column() != null)
                .map(BatchCheck::column)
                .collect(Collectors.toSet());
        List<String> others = names.stream().filter(name -> !own.contains(name)).toList();
        if (own.size() + others.size() > Distribution.MOST_COLUMNS) {
            throw FailureException.permanent(
                    "checks.psi.all: the model has %d features, and a batch compares at most %d; name the most important ones in place of all"
                            .formatted(names.size(), Distribution.MOST_COLUMNS));
        }
        List<BatchCheck> each = checks.stream()
                .flatMap(check -> check.isOfEachFeature() ? others.stream().map(check::of) : Stream.of(check))
                .toList();
        return JobBuilder.builder(this).checks(each).build();
    }

    /// The same job with another section `incremental`.
    public Job with(Incremental other) {
        return with(source, other);
    }

    /// The same job, whose next batch reads all rows.
    ///
    /// @throws FailureException permanent, if the job is not incremental
    public Job full() {
        if (incremental == null) {
            throw FailureException.permanent(
                    "the job %s has no section incremental, so each of its batches reads all rows; leave out full"
                            .formatted(name));
        }
        return with(incremental.startingOver());
    }

    /// The job of a batch that reads the rows of some times only.
    ///
    /// @param ranges the times
    /// @throws IllegalStateException if the job does not read new times, or was not checked with its source
    public Job reading(TimeRanges ranges) {
        if (!(incremental instanceof NewTimes times)) {
            throw new IllegalStateException("the job %s does not read new times".formatted(name));
        }
        return times.pin(this, ranges);
    }

    /// Whether some rows of the source may be neither predicted nor quarantined.
    public boolean leavesOutRows() {
        return source.leavesOutRows() || incremental instanceof ChangedRows;
    }

    /// The job as its file has it: not restricted to what a batch reads.
    public Job asWritten() {
        Job job = partitions.chosen() ? with(Partitions.BY_DEFAULT) : this;
        return incremental instanceof NewTimes times && times.pinned() != null
                ? times.written(job, times.pinned())
                : job;
    }

    /// Identifies the input of an incremental job: batches with the same text divide it among themselves. 32
    /// hexadecimal digits.
    public String incrementalSource() {
        return JobFingerprint.source(this);
    }

    /// The same job with its input divided in another way.
    public Job with(Partitions other) {
        return partitions.equals(other)
                ? this
                : JobBuilder.builder(this).partitions(other).build();
    }

    Job with(Source otherSource, Incremental other) {
        return JobBuilder.builder(this).source(otherSource).incremental(other).build();
    }

    /// The rows to score.
    ///
    /// @param input where the rows are
    /// @param id the column that identifies a record, or null: then file and row position do
    /// @param uniqueId whether a repeated id fails the batch before it is published
    /// @param select computed columns: name to DuckDB SQL scalar expression over the input's
    ///     columns, in the order of the job file
    /// @param where a DuckDB SQL condition over the input's columns, or null for all rows
    /// @param unseen what a category that the model does not know means for its row; null: it is a missing
    ///     value
    /// @param failsIfEmpty whether a batch without a single row fails, instead of being published empty
    /// @param onChange the effect of an input that has changed when its batch is resumed; null: the batch is
    ///     not resumed
    /// @param lookups that add columns to the input's, in order: expressions see these columns too
    public record Source(
            Input input,
            @Nullable String id,
            boolean uniqueId,
            Map<String, String> select,
            @Nullable String where,
            @Nullable UnseenCategories unseen,
            boolean failsIfEmpty,
            @Nullable OnChange onChange,
            List<Lookup> lookups) {
        public Source {
            select = Collections.unmodifiableMap(new LinkedHashMap<>(select));
            lookups = List.copyOf(lookups);
        }

        /// Whether some rows may be left out, which are then neither predicted nor quarantined: those for
        /// which the condition does not hold, and those without a match in an inner lookup.
        public boolean leavesOutRows() {
            return where != null || lookups.stream().anyMatch(Lookup::inner);
        }

        /// A source without lookups.
        public Source(
                Input input,
                @Nullable String id,
                boolean uniqueId,
                Map<String, String> select,
                @Nullable String where,
                @Nullable UnseenCategories unseen,
                boolean failsIfEmpty,
                @Nullable OnChange onChange) {
            this(input, id, uniqueId, select, where, unseen, failsIfEmpty, onChange, List.of());
        }

        /// A source whose batch is not resumed with another input.
        public Source(
                Input input,
                @Nullable String id,
                boolean uniqueId,
                Map<String, String> select,
                @Nullable String where,
                @Nullable UnseenCategories unseen,
                boolean failsIfEmpty) {
            this(input, id, uniqueId, select, where, unseen, failsIfEmpty, null);
        }

        /// A source whose unseen categories are missing values, and that may be empty.
        public Source(
                Input input,
                @Nullable String id,
                boolean uniqueId,
                Map<String, String> select,
                @Nullable String where) {
            this(input, id, uniqueId, select, where, null, false);
        }
    }

    /// The effect of an input that has changed when its batch is resumed, if the batch can be resumed at all.
    public enum OnChange {
        /// The batch keeps what it has committed, if those files are unchanged, and scores new files, too.
        EXTEND,
        /// The batch is cancelled, and another one is opened.
        RESTART
    }

    /// The effect of a category that the model does not know on its row, if it is more than a missing value.
    public enum UnseenCategories {
        /// The row is quarantined.
        QUARANTINE,
        /// The batch fails.
        FAIL
    }

    /// The division of the input.
    ///
    /// @param rows the size of a partition that is aimed at; row groups are kept whole where
    ///     they are not larger
    /// @param key the key by whose values the input is divided first; null if there is none
    /// @param chosen whether the job file leaves the size to Nightshift
    public record Partitions(int rows, @Nullable PartitionKey key, boolean chosen) {
        /// The largest size of a partition, in rows, if the job file has none.
        public static final int DEFAULT_ROWS = 250_000;

        /// The smallest size of a partition, in rows, if the job file has none. With fewer rows, the commit would
        /// take longer than the scoring.
        public static final int LEAST_ROWS = 2_000;

        /// The partitions for each scoring thread, so that no thread waits long for the last.
        private static final int FOR_A_THREAD = 4;

        /// Partitions of a job file that has no size.
        public static final Partitions BY_DEFAULT = new Partitions(DEFAULT_ROWS, null, true);

        /// Partitions of a size that the job file has.
        public Partitions(int rows, @Nullable PartitionKey key) {
            this(rows, key, false);
        }

        /// Partitions of consecutive rows.
        public Partitions(int rows) {
            this(rows, null);
        }

        /// The partitions of an input, if the job file leaves their size to Nightshift: at least four for each
        /// thread, if there are enough rows.
        ///
        /// @param input rows of the input
        /// @param threads that score
        public Partitions of(long input, int threads) {
            if (!chosen) {
                return this;
            }
            long size = Math.ceilDiv(input, (long) FOR_A_THREAD * threads);
            return new Partitions(Math.clamp(size, LEAST_ROWS, DEFAULT_ROWS), key, true);
        }
    }

    /// When quarantined rows, or partitions that can't be scored, fail the batch.
    ///
    /// @param maxRate the share of the input's rows that may be quarantined, 0 to 1
    /// @param maxRows the number of rows that may be quarantined, or null for any
    /// @param scoresTheRest whether a batch of which a partition has failed too often scores all
    ///     others before it fails
    public record ErrorPolicy(double maxRate, @Nullable Long maxRows, boolean scoresTheRest) {
        /// The share of quarantined rows, if the job file has none.
        public static final double DEFAULT_MAX_RATE = 0.01;

        /// Fails with the first partition that fails too often.
        public ErrorPolicy(double maxRate, @Nullable Long maxRows) {
            this(maxRate, maxRows, false);
        }
    }

    /// The limits on retries of failed work. Null stands for the cluster's configuration.
    ///
    /// @param attempts the attempts at a partition before it fails, at least 1
    /// @param storage how long failures of a file system are retried
    /// @param database how long failures of the destination's database are retried
    /// @param node how long other nodes, or the same one, are tried when a resource of a node fails
    public record Retry(
            @Nullable Integer attempts,
            @Nullable Duration storage,
            @Nullable Duration database,
            @Nullable Duration node) {}

    /// The columns that are written in addition to the prediction, and the names of all columns.
    ///
    /// @param columns source columns or keys of [Source#select()] to pass through
    /// @param margin whether the model's raw margin is written too
    /// @param labels the texts that are written for the model's classes, by the class; empty for the classes
    ///     themselves
    /// @param topClasses how many of the most probable classes are written with their scores; 0 for none
    /// @param decisions columns that compare a score with thresholds
    /// @param constants columns with the same value in all rows
    /// @param rename the new names of columns, by the names that they have without it
    /// @param newSchema whether the columns may differ from those of earlier batches in a way that breaks readers
    /// @param schema the columns and their version, once the job was checked with its source, its model and its
    ///     destination; null before. A job file does not have it
    public record Output(
            List<String> columns,
            boolean margin,
            Map<String, String> labels,
            int topClasses,
            List<OutputDecision> decisions,
            List<OutputConstant> constants,
            Map<String, String> rename,
            boolean newSchema,
            @Nullable OutputSchema schema) {
        public Output {
            columns = List.copyOf(columns);
            labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
            decisions = List.copyOf(decisions);
            constants = List.copyOf(constants);
            rename = Collections.unmodifiableMap(new LinkedHashMap<>(rename));
        }

        /// Only columns that are passed through, and the margin.
        public Output(List<String> columns, boolean margin) {
            this(columns, margin, Map.of(), 0, List.of(), List.of(), Map.of());
        }

        /// An output whose schema is compatible with that of earlier batches.
        public Output(
                List<String> columns,
                boolean margin,
                Map<String, String> labels,
                int topClasses,
                List<OutputDecision> decisions,
                List<OutputConstant> constants,
                Map<String, String> rename) {
            this(columns, margin, labels, topClasses, decisions, constants, rename, false, null);
        }

        /// The same output with its schema.
        public Output with(OutputSchema known) {
            return new Output(columns, margin, labels, topClasses, decisions, constants, rename, newSchema, known);
        }

        /// Without the margin.
        public Output(List<String> columns) {
            this(columns, false);
        }

        /// The name under which a column is written.
        ///
        /// @param column its name without [#rename()]
        public String nameOf(String column) {
            return rename.getOrDefault(column, column);
        }

        /// The columns of the source that the output is made from: those that are passed through, and the
        /// segments of decisions.
        public List<String> sources() {
            return Stream.concat(
                            columns.stream(),
                            decisions.stream().map(OutputDecision::segment).filter(Objects::nonNull))
                    .distinct()
                    .toList();
        }

        /// The columns with the segments of decisions, each once.
        public List<String> segments() {
            return decisions.stream()
                    .map(OutputDecision::segment)
                    .filter(Objects::nonNull)
                    .distinct()
                    .toList();
        }
    }
}
