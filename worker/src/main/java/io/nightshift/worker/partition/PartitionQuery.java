package io.nightshift.worker.partition;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.protocol.model.Task;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.worker.duckdb.Sql;
import io.nightshift.worker.source.BoundJob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// The SQL of one attempt: scores the good rows of the partition's slices and writes them, and writes
/// the bad ones. Which are which is told by [SliceQuery].
final class PartitionQuery {

    private final List<BoundJob> jobs;
    private final List<List<Slice>> slices;
    private final boolean careful;
    private final int rowGroupRows;

    /// @param jobs one for each group of slices
    /// @param slices in groups that one query can read
    /// @param careful whether expressions may fail for single rows
    /// @param rowGroupRows of the written files
    PartitionQuery(List<BoundJob> jobs, List<List<Slice>> slices, boolean careful, int rowGroupRows) {
        this.jobs = jobs;
        this.slices = slices;
        this.careful = careful;
        this.rowGroupRows = rowGroupRows;
    }

    /// Whether the job leaves out rows.
    boolean filters() {
        return jobs.getFirst().where() != null;
    }

    /// Counts the rows that the job lets through, good and bad.
    String count() {
        return "SELECT count(*) FROM (" + union(SliceQuery::counted) + ")";
    }

    /// Scores the good rows and writes them; gives their number.
    String scoreInto(String file, Attempt attempt, ModelVersion version, ModelDescription model, Instant at) {
        BoundJob any = jobs.getFirst();
        List<String> columns = new ArrayList<>(
                any.id() == null
                        ? List.of("nightshift_file AS record_file", "nightshift_row AS record_row")
                        : List.of("nightshift_id AS record_id"));
        columns.add(prediction(model) + " AS prediction");
        for (int k = 1; k < model.outputs(); k++) {
            String name = model.task() == Task.BINARY ? "probability" : "probability_" + (k - 1);
            columns.add("nightshift_output(nightshift_ticket, %d) AS %s".formatted(k, name));
        }
        for (int i = 0; i < any.output().size(); i++) {
            columns.add("nightshift_output_%d AS %s"
                    .formatted(i, Sql.name(any.output().get(i).name())));
        }
        columns.add(Sql.text(version.name()) + " AS model_name");
        columns.add(version.version() + " AS model_version");
        columns.add(Sql.text(attempt.batch().value()) + " AS batch_id");
        columns.add(String.format(
                Locale.ROOT,
                "make_timestamptz(%d) AS predicted_at",
                at.getEpochSecond() * 1_000_000 + at.getNano() / 1000));
        String arguments = IntStream.range(0, any.features().size())
                .mapToObj(i -> "nightshift_feature_" + i)
                .collect(Collectors.joining(", "));
        String scored = "SELECT *, nightshift_score(%s) AS nightshift_ticket FROM (%s) WHERE nightshift_reason IS NULL"
                .formatted(arguments, union(SliceQuery::scored));
        return copy("SELECT %s FROM (%s)".formatted(String.join(", ", columns), scored), file);
    }

    /// Writes the bad rows with their position, reason and values; gives their number.
    String quarantineInto(String file) {
        return copy("SELECT * FROM (%s) WHERE reason IS NOT NULL".formatted(union(SliceQuery::quarantined)), file);
    }

    private String copy(String select, String file) {
        return "COPY (%s) TO %s (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d)"
                .formatted(select, Sql.text(file), rowGroupRows);
    }

    private String union(Function<SliceQuery, String> select) {
        return IntStream.range(0, slices.size())
                .mapToObj(i -> select.apply(new SliceQuery(jobs.get(i), slices.get(i), careful)))
                .collect(Collectors.joining("\nUNION ALL "));
    }

    /// The prediction: the value, or the label of the class.
    private static String prediction(ModelDescription model) {
        String output = "nightshift_output(nightshift_ticket, 0)";
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
                .formatted(Sql.file(file), limit);
    }
}
