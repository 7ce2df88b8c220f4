package io.nightshift.storage.destination;

import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.source.BoundJob;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The columns of the predictions that differ from row to row, over [ScoredRows#scored()]: the record's id,
/// the model's outputs, and what the job passes through.
public final class PredictionColumns {

    /// A column.
    ///
    /// @param sql an expression over [ScoredRows#scored()]
    /// @param type DuckDB's name for its type
    public record Column(String name, String sql, String type) {}

    /// The name of the column with the record's file.
    public static final String FILE = "record_file";

    private static final String PREDICTION = "prediction";
    private static final String PROBABILITY = "probability";

    private PredictionColumns() {}

    public static List<Column> of(BoundJob job, ModelDescription model) {
        List<Column> columns = new ArrayList<>();
        if (job.id() == null) {
            columns.add(new Column(FILE, "nightshift_file", "VARCHAR"));
            columns.add(new Column("record_row", "nightshift_row", "BIGINT"));
        } else {
            columns.add(new Column("record_id", "nightshift_id", job.id().type()));
        }
        columns.add(prediction(model));
        for (int k = 1; k < model.outputs(); k++) {
            String name = model.task() == Task.BINARY ? PROBABILITY : "probability_" + (k - 1);
            columns.add(new Column(name, "nightshift_output(nightshift_ticket, %d)".formatted(k), "DOUBLE"));
        }
        for (int k = 0; k < margins(job, model); k++) {
            String name = model.margins() == 1 ? "margin" : "margin_" + k;
            columns.add(new Column(
                    name, "nightshift_output(nightshift_ticket, %d)".formatted(model.outputs() + k), "DOUBLE"));
        }
        for (int i = 0; i < job.output().size(); i++) {
            BoundJob.Bound bound = job.output().get(i);
            columns.add(new Column(bound.name(), "nightshift_output_" + i, bound.type()));
        }
        return columns;
    }

    /// The output of a scorer that checks of predictions look at: the value of a regression, the probability of a
    /// model of two classes, and the position of the class of a model of more classes.
    public static int checked(ModelDescription model) {
        return model.task() == Task.BINARY ? 1 : 0;
    }

    /// The column that holds the output of [#checked]; null if there is none.
    ///
    /// @param columns of an output
    public static @Nullable String checked(List<String> columns) {
        return columns.contains("probability_0") ? null : columns.contains(PROBABILITY) ? PROBABILITY : PREDICTION;
    }

    /// The number of margins that are written.
    public static int margins(BoundJob job, ModelDescription model) {
        return job.margin() ? model.margins() : 0;
    }

    /// The value, or the label of the class.
    private static Column prediction(ModelDescription model) {
        String output = "nightshift_output(nightshift_ticket, 0)";
        if (model.task() == Task.REGRESSION) {
            return new Column(PREDICTION, output, "DOUBLE");
        }
        boolean integers = integers(model.classes());
        if (integers && isCounted(model.classes())) {
            return new Column(PREDICTION, output + "::INTEGER", "INTEGER");
        }
        String labels = integers ? "[" + String.join(", ", model.classes()) + "]" : Sql.texts(model.classes());
        return new Column(
                PREDICTION, "%s[%s::INTEGER + 1]".formatted(labels, output), integers ? "INTEGER" : "VARCHAR");
    }

    /// Whether the labels are 0, 1, 2, …
    private static boolean isCounted(List<String> labels) {
        return IntStream.range(0, labels.size()).allMatch(i -> labels.get(i).equals(String.valueOf(i)));
    }

    private static boolean integers(List<String> labels) {
        return labels.stream().allMatch(label -> label.matches("0|-?[1-9][0-9]{0,8}"));
    }
}
