package io.nightshift.destination;

import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.OutputConstant;
import io.nightshift.protocol.job.OutputDecision;
import io.nightshift.protocol.job.OutputSchema;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob;
import io.nightshift.source.ModelColumn;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The columns of the predictions that the job decides about, over [ScoredRows#scored()]: the record's id, the
/// model's outputs, what the job passes through, its decisions and its constants. The one place that knows their
/// names, types and values; destinations add the columns of the batch.
public final class PredictionColumns {

    /// A column.
    ///
    /// @param sql an expression over [ScoredRows#scored()]
    /// @param type DuckDB's name for its type
    public record Column(String name, String sql, String type) {}

    /// The name of the column with the record's file.
    public static final String FILE = "record_file";

    private PredictionColumns() {}

    /// The columns in the order in which they are written.
    public static List<Column> of(BoundJob job, ModelDescription model) {
        List<Column> columns = new ArrayList<>();
        if (job.id() == null) {
            columns.add(new Column(FILE, "nightshift_file", "VARCHAR"));
            columns.add(new Column("record_row", "nightshift_row", "BIGINT"));
        } else {
            columns.add(new Column("record_id", "nightshift_id", job.id().type()));
        }
        Job.Output shape = job.shape();
        for (ModelColumn column : ModelColumn.of(shape, model)) {
            columns.add(column(column, shape, model));
        }
        for (int i = 0; i < job.output().size(); i++) {
            BoundJob.Bound bound = job.output().get(i);
            columns.add(new Column(shape.nameOf(bound.name()), "nightshift_output_" + i, bound.type()));
        }
        for (OutputDecision decision : shape.decisions()) {
            columns.add(
                    new Column(shape.nameOf(decision.name()), reaches(decision, shape.segments(), model), "BOOLEAN"));
        }
        for (OutputConstant constant : shape.constants()) {
            String type = constant.type().sql();
            columns.add(new Column(
                    shape.nameOf(constant.name()), "CAST(%s AS %s)".formatted(Sql.text(constant.value()), type), type));
        }
        return columns;
    }

    /// The columns that readers find at every destination: those of the job, and those of the batch.
    public static List<OutputSchema.Column> schema(BoundJob job, ModelDescription model) {
        List<OutputSchema.Column> columns = new ArrayList<>();
        // The values of an ENUM are not part of the column that a reader finds.
        of(job, model)
                .forEach(column -> columns.add(new OutputSchema.Column(
                        column.name(), column.type().startsWith("ENUM") ? "VARCHAR" : column.type())));
        columns.add(new OutputSchema.Column("model_name", "VARCHAR"));
        columns.add(new OutputSchema.Column("model_version", "INTEGER"));
        columns.add(new OutputSchema.Column("batch_id", "VARCHAR"));
        columns.add(new OutputSchema.Column("predicted_at", "TIMESTAMP WITH TIME ZONE"));
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
    /// @param shape of the output
    public static @Nullable String checked(List<String> columns, Job.Output shape) {
        String probability = shape.nameOf("probability");
        return columns.contains(shape.nameOf("probability_0"))
                ? null
                : columns.contains(probability) ? probability : shape.nameOf("prediction");
    }

    /// The number of margins that are written.
    public static int margins(BoundJob job, ModelDescription model) {
        return job.shape().margin() ? model.margins() : 0;
    }

    private static Column column(ModelColumn column, Job.Output shape, ModelDescription model) {
        String name = shape.nameOf(column.name());
        String output = output(column.output());
        boolean isClass = switch (column.content()) {
            case PREDICTION -> model.task() != Task.REGRESSION;
            case CLASS -> true;
            case PROBABILITY, MARGIN, SCORE -> false;
        };
        if (!isClass) {
            return new Column(name, output, "DOUBLE");
        }
        List<String> classes = model.classes();
        if (!shape.labels().isEmpty()) {
            List<String> labels =
                    classes.stream().map(each -> shape.labels().get(each)).toList();
            return new Column(name, "%s[%s::INTEGER + 1]".formatted(Sql.texts(labels), output), "VARCHAR");
        }
        boolean integers = integers(classes);
        if (integers && isCounted(classes)) {
            return new Column(name, output + "::INTEGER", "INTEGER");
        }
        String labels = integers ? "[" + String.join(", ", classes) + "]" : Sql.texts(classes);
        return new Column(name, "%s[%s::INTEGER + 1]".formatted(labels, output), integers ? "INTEGER" : "VARCHAR");
    }

    private static String output(int position) {
        return "nightshift_output(nightshift_ticket, %d)".formatted(position);
    }

    /// Whether the score reaches the threshold; NULL if it is NaN, which DuckDB sorts after all numbers.
    private static String reaches(OutputDecision decision, List<String> segments, ModelDescription model) {
        String threshold = number(decision.threshold());
        if (decision.segment() != null) {
            threshold = decision.thresholds().entrySet().stream()
                    .map(entry -> "WHEN %s THEN %s".formatted(Sql.text(entry.getKey()), number(entry.getValue())))
                    .collect(Collectors.joining(
                            " ",
                            "CASE nightshift_segment_%d ".formatted(segments.indexOf(decision.segment())),
                            " ELSE %s END".formatted(threshold)));
        }
        return "nullif(%s, 'NaN'::DOUBLE) >= %s".formatted(score(decision.ofClass(), model), threshold);
    }

    private static String number(double value) {
        return "'%s'::DOUBLE".formatted(value);
    }

    private static String score(@Nullable String ofClass, ModelDescription model) {
        return switch (model.task()) {
            case REGRESSION -> output(0);
            case BINARY ->
                ofClass == null || ofClass.equals(model.classes().getLast()) ? output(1) : "(1 - " + output(1) + ")";
            case MULTICLASS -> output(1 + model.classes().indexOf(ofClass));
        };
    }

    /// Whether the labels are 0, 1, 2, …
    private static boolean isCounted(List<String> labels) {
        return IntStream.range(0, labels.size()).allMatch(i -> labels.get(i).equals(String.valueOf(i)));
    }

    private static boolean integers(List<String> labels) {
        return labels.stream().allMatch(label -> label.matches("0|-?[1-9][0-9]{0,8}"));
    }
}
