package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.model.FeatureType;
import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.model.Task;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.source.BoundJob;
import io.nightshift.worker.source.BoundJob.Bound;
import io.nightshift.worker.source.BoundJob.Feature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The SQL of one attempt: reads the partition's rows, computes their features, tells bad rows from
/// good ones, scores the good and writes them; and the same for the bad ones.
///
/// A bad row is one for which `reason` is not NULL. What is checked follows from the types: a
/// feature from whole numbers can't be out of the model's domain, so a job of such features has no
/// check at all and pays nothing.
///
/// In the careful form every expression of the job is evaluated under TRY, so that one that can't
/// be computed for some row makes that row bad instead of ending the query. TRY gives NULL for an
/// error, which a NULL value would look like; `TRY(e IS NULL)`, though, is NULL only for an error.
final class PartitionQuery {

    /// A row is bad if `condition` holds, for `reason`, an SQL text expression.
    private record Check(String condition, String reason) {}

    private final List<BoundJob> jobs;
    private final List<Slice> slices;
    private final boolean careful;
    private final int rowGroupRows;

    /// @param jobs one for each slice
    /// @param careful whether expressions may fail for single rows
    /// @param rowGroupRows of the written files
    PartitionQuery(List<BoundJob> jobs, List<Slice> slices, boolean careful, int rowGroupRows) {
        this.jobs = jobs;
        this.slices = slices;
        this.careful = careful;
        this.rowGroupRows = rowGroupRows;
    }

    /// Whether the query can find bad rows.
    boolean checks() {
        return jobs.stream().anyMatch(job -> !checks(job).isEmpty());
    }

    /// Whether the job leaves out rows.
    boolean filters() {
        return jobs.getFirst().where() != null;
    }

    /// Counts the rows that the job lets through, good and bad.
    String count() {
        return "SELECT count(*) FROM (" + union((job, slice) -> from(job, slice, "1")) + ")";
    }

    /// Scores the good rows and writes them; gives their number.
    String scoreInto(String file, Attempt attempt, ModelVersion version, ModelDescription model, Instant at) {
        BoundJob any = jobs.getFirst();
        List<String> columns = new ArrayList<>(recordNames(any));
        columns.add(prediction(model) + " AS prediction");
        for (int k = 1; k < model.outputs(); k++) {
            String name = model.task() == Task.BINARY ? "probability" : "probability_" + (k - 1);
            columns.add("nightshift_output(ticket, %d) AS %s".formatted(k, name));
        }
        any.output().forEach(bound -> columns.add(Sql.name(bound.name())));
        columns.add(Sql.text(version.name()) + " AS model_name");
        columns.add(version.version() + " AS model_version");
        columns.add(Sql.text(attempt.batch().value()) + " AS batch_id");
        columns.add(String.format(
                Locale.ROOT, "to_timestamp(%d.%06d) AS predicted_at", at.getEpochSecond(), at.getNano() / 1000));

        String arguments = java.util.stream.IntStream.range(0, any.features().size())
                .mapToObj(i -> "nightshift_feature_" + i)
                .collect(Collectors.joining(", "));
        return """
                COPY (SELECT %s FROM (SELECT *, nightshift_score(%s) AS ticket FROM (%s)%s))
                TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)
                """.formatted(
                        String.join(", ", columns),
                        arguments,
                        union(this::scoredRows),
                        checks() ? " WHERE reason IS NULL" : "",
                        Sql.text(file),
                        rowGroupRows);
    }

    /// Writes the bad rows with their position, reason and values; gives their number.
    String quarantineInto(String file) {
        return """
                COPY (SELECT * FROM (%s) WHERE reason IS NOT NULL)
                TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)
                """.formatted(union(this::quarantinedRows), Sql.text(file), rowGroupRows);
    }

    private static List<String> recordNames(BoundJob job) {
        return job.id() == null ? List.of("record_file", "record_row") : List.of("record_id");
    }

    private String scoredRows(BoundJob job, Slice slice) {
        List<String> columns = new ArrayList<>();
        if (job.id() == null) {
            columns.addAll(position(slice));
        } else {
            columns.add(value(job.id()) + " AS record_id");
        }
        for (int i = 0; i < job.features().size(); i++) {
            columns.add(argument(job.features().get(i)) + " AS nightshift_feature_" + i);
        }
        job.output().forEach(bound -> columns.add(value(bound) + " AS " + Sql.name(bound.name())));
        if (checks()) {
            columns.add(reason(job) + " AS reason");
        }
        return from(job, slice, String.join(", ", columns));
    }

    private String quarantinedRows(BoundJob job, Slice slice) {
        List<String> columns = new ArrayList<>(position(slice));
        if (job.id() != null) {
            columns.add(value(job.id()) + " AS record_id");
        }
        columns.add(reason(job) + " AS reason");
        columns.add(job.columns().keySet().stream()
                .map(column -> Sql.name(column) + " := " + Sql.name(column))
                .collect(Collectors.joining(", ", "to_json(struct_pack(", "))::VARCHAR AS \"values\"")));
        return from(job, slice, String.join(", ", columns));
    }

    private static List<String> position(Slice slice) {
        return List.of(Sql.text(slice.file().path()) + " AS record_file", "file_row_number AS record_row");
    }

    private interface SliceSelect {
        String select(BoundJob job, Slice slice);
    }

    private String union(SliceSelect select) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < slices.size(); i++) {
            parts.add(select.select(jobs.get(i), slices.get(i)));
        }
        return String.join("\nUNION ALL ", parts);
    }

    private String from(BoundJob job, Slice slice, String columns) {
        return "SELECT %s FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d%s"
                .formatted(columns, Sql.text(slice.file().path()), slice.firstRow(), slice.endRow(), where(job));
    }

    private String where(BoundJob job) {
        String where = job.where();
        if (where == null) {
            return "";
        }
        return careful ? " AND (TRY((%s\n)) OR %s)".formatted(where, fails(where)) : " AND (" + where + "\n)";
    }

    // Values.

    private String value(Bound bound) {
        return careful ? "TRY((" + bound.sql() + "\n))" : "(" + bound.sql() + "\n)";
    }

    private static String fails(String sql) {
        return "TRY((%s\n) IS NULL) IS NULL".formatted(sql);
    }

    /// A feature as the scorer takes it: a number, or a level's position.
    private String argument(Feature feature) {
        return switch (feature.model().type()) {
            case FeatureType.Numeric(Precision precision) -> narrowed(feature, precision) + "::DOUBLE";
            case FeatureType.Nominal(List<String> levels) ->
                "(list_position(%s, CAST(%s AS VARCHAR)) - 1)::DOUBLE"
                        .formatted(Sql.texts(levels), value(feature.source()));
        };
    }

    private String narrowed(Feature feature, Precision precision) {
        String type = precision == Precision.FLOAT32 ? "FLOAT" : "DOUBLE";
        return "TRY_CAST(%s AS %s)".formatted(value(feature.source()), type);
    }

    // Checks.

    private String reason(BoundJob job) {
        List<Check> checks = checks(job);
        if (checks.isEmpty()) {
            return "NULL::VARCHAR";
        }
        return checks.stream()
                .map(check -> "WHEN %s THEN %s".formatted(check.condition(), check.reason()))
                .collect(Collectors.joining(" ", "CASE ", " END"));
    }

    private List<Check> checks(BoundJob job) {
        List<Check> checks = new ArrayList<>();
        if (job.id() != null) {
            addFailure(checks, "the id", job.id().sql());
            checks.add(new Check(value(job.id()) + " IS NULL", Sql.text("the id is NULL")));
        }
        String where = job.where();
        if (where != null) {
            addFailure(checks, "source.where", where);
        }
        for (Feature feature : job.features()) {
            addFailure(
                    checks,
                    "feature \"" + feature.source().name() + "\"",
                    feature.source().sql());
            addDomain(checks, feature);
        }
        for (Bound bound : job.output()) {
            addFailure(checks, "output column \"" + bound.name() + "\"", bound.sql());
        }
        return checks;
    }

    private void addFailure(List<Check> checks, String what, String sql) {
        if (careful) {
            checks.add(new Check(fails(sql), Sql.text(what + " can't be computed: " + sql)));
        }
    }

    private void addDomain(List<Check> checks, Feature feature) {
        String value = value(feature.source());
        String what = "feature \"" + feature.source().name() + "\"";
        boolean finite = BoundJob.isAlwaysFinite(feature.source().type());
        switch (feature.model().type()) {
            case FeatureType.Numeric(Precision precision) -> {
                if (!feature.model().missing()) {
                    String nan = finite ? "" : " OR isnan(" + value + ")";
                    checks.add(new Check(value + " IS NULL" + nan, Sql.text(what + " is missing")));
                }
                if (!finite) {
                    String narrowed = narrowed(feature, precision);
                    checks.add(new Check(
                            "%s IS NOT NULL AND (%s IS NULL OR isinf(%s))".formatted(value, narrowed, narrowed),
                            Sql.text(what + " is out of range: ") + " || CAST(" + value + " AS VARCHAR)"));
                }
            }
            case FeatureType.Nominal(List<String> levels) -> {
                if (!feature.model().missing()) {
                    checks.add(new Check(value + " IS NULL", Sql.text(what + " is missing")));
                }
                checks.add(new Check(
                        "%s IS NOT NULL AND NOT list_contains(%s, CAST(%s AS VARCHAR))"
                                .formatted(value, Sql.texts(levels), value),
                        Sql.text(what + " has a level that the model doesn't know: ") + " || CAST(" + value
                                + " AS VARCHAR)"));
            }
        }
    }

    /// The prediction: the value, or the label of the class.
    private static String prediction(ModelDescription model) {
        String output = "nightshift_output(ticket, 0)";
        if (model.task() == Task.REGRESSION) {
            return output;
        }
        String labels =
                integers(model.classes()) ? "[" + String.join(", ", model.classes()) + "]" : Sql.texts(model.classes());
        return "%s[%s::INTEGER + 1]".formatted(labels, output);
    }

    private static boolean integers(List<String> labels) {
        return labels.stream().allMatch(label -> label.matches("0|-?[1-9][0-9]{0,8}"));
    }

    /// Samples a quarantine file: position and reason of its first rows.
    static String firstReasons(String file, int limit) {
        return "SELECT parse_filename(record_file) || ' row ' || record_row || ': ' || reason FROM read_parquet(%s) LIMIT %d"
                .formatted(Sql.text(file), limit);
    }
}
