package io.nightshift.cli.check;

import io.nightshift.cli.output.DisplayTexts;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.scoring.pipeline.PipelineScorers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Compares the columns between the steps of a pipeline with those that the training library computed, as
/// `export-sklearn.py --steps` writes them, and names the first step that differs.
final class StepDifferences {

    /// The name of a column of the file: the step, and the number of the column in the model.
    private static final Pattern NAME = Pattern.compile("(.+): column (\\d{1,9})");

    /// Rounding explains smaller differences, as shares of the value.
    private static final double TOLERANCE = 1e-9;

    private static final int MOST_ROWS = 10_000;

    private final Model model;
    private final @Nullable PipelineForm pipeline;
    private final String file;
    /// The names of the file's columns by the number in the model.
    private final Map<Integer, String> columns = new TreeMap<>();

    /// @param names the columns of the file
    /// @param file what messages call the file
    /// @throws FailureException if the file has columns of steps that the model has not
    StepDifferences(Model model, Iterable<String> names, String file) {
        this.model = model;
        this.pipeline = ModelFile.definition(model).form() instanceof PipelineForm found ? found : null;
        this.file = file;
        for (String name : names) {
            Matcher column = NAME.matcher(name);
            if (column.matches()) {
                int number = Integer.parseInt(column.group(2));
                if (pipeline == null
                        || number < pipeline.features()
                        || number >= pipeline.columns()
                        || !step(pipeline, number).name().equals(column.group(1))) {
                    throw FailureException.permanent(
                            "%s has the column %s, and the job's model has no such step; write the file together with the model: export-sklearn.py --sample … --steps …"
                                    .formatted(file, name));
                }
                columns.put(number, name);
            }
        }
    }

    /// The file's columns of steps, in the order of the steps.
    List<String> names() {
        return List.copyOf(columns.values());
    }

    private record Rows(List<String> ids, double[][] features, double[][] expected, TextTable texts) {}

    /// The first difference, as a sentence; none if the file has no columns of steps.
    ///
    /// @param rows a table with the columns `id`, `differs`, `value_0`, … for the features, and `step_0`, … for the
    ///     names
    List<String> sentences(Connection connection, String rows) throws SQLException {
        if (pipeline == null || columns.isEmpty()) {
            return List.of();
        }
        Rows read = read(connection, rows);
        double[][] found;
        try {
            found = new PipelineScorers(pipeline)
                    .columns(read.features(), read.ids().size(), read.texts());
        } catch (IllegalStateException failed) {
            return List.of("The steps can't be compared: " + failed.getMessage());
        }
        int position = 0;
        for (int column : columns.keySet()) {
            double[] expected = read.expected()[position++];
            for (int row = 0; row < expected.length; row++) {
                if (!isClose(found[column][row], expected[row])) {
                    PipelineStep step = step(pipeline, column);
                    return List.of("The first difference is in %s: in row %s, its column %d of %d is %s instead of %s."
                            .formatted(
                                    step.called(),
                                    DisplayTexts.value(read.ids().get(row)),
                                    column - first(pipeline, column) + 1,
                                    step.outputs(),
                                    shown(found[column][row]),
                                    shown(expected[row])));
                }
            }
        }
        return List.of(
                "The columns of steps in %s are those of the job, so the steps behind them differ.".formatted(file));
    }

    private static String shown(double value) {
        return Double.isNaN(value) ? "NULL" : Double.toString(value);
    }

    private static boolean isClose(double found, double expected) {
        return Double.compare(found, expected) == 0
                || Math.abs(found - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    }

    private Rows read(Connection connection, String rows) throws SQLException {
        List<ModelFeature> features = model.description().features();
        String sql = "SELECT CAST(id AS VARCHAR)%s%s FROM %s ORDER BY differs DESC, id LIMIT %d"
                .formatted(
                        IntStream.range(0, features.size())
                                .mapToObj(i -> features.get(i).type() instanceof FeatureType.Numeric
                                        ? ", TRY_CAST(value_%d AS DOUBLE)".formatted(i)
                                        : ", CAST(value_%d AS VARCHAR)".formatted(i))
                                .collect(Collectors.joining()),
                        IntStream.range(0, columns.size())
                                .mapToObj(", TRY_CAST(step_%d AS DOUBLE)"::formatted)
                                .collect(Collectors.joining()),
                        rows,
                        MOST_ROWS);
        TextTable texts = new TextTable();
        List<String> ids = new ArrayList<>();
        List<double[]> values = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                ids.add(row.getString(1));
                double[] numbers = new double[features.size() + columns.size()];
                for (int i = 0; i < numbers.length; i++) {
                    numbers[i] = i < features.size()
                            ? number(row, i + 2, features.get(i).type(), texts)
                            : number(row, i + 2);
                }
                values.add(numbers);
            }
        }
        double[][] all = new double[features.size() + columns.size()][ids.size()];
        for (int row = 0; row < ids.size(); row++) {
            for (int i = 0; i < all.length; i++) {
                all[i][row] = values.get(row)[i];
            }
        }
        return new Rows(
                ids, Arrays.copyOf(all, features.size()), Arrays.copyOfRange(all, features.size(), all.length), texts);
    }

    private static double number(ResultSet row, int column) throws SQLException {
        double number = row.getDouble(column);
        return row.wasNull() ? Double.NaN : number;
    }

    /// The number by which a scorer takes a feature.
    private static double number(ResultSet row, int column, FeatureType type, TextTable texts) throws SQLException {
        if (type instanceof FeatureType.Numeric) {
            return number(row, column);
        }
        String text = row.getString(column);
        if (text == null) {
            return Double.NaN;
        }
        return switch (type) {
            case FeatureType.Nominal nominal -> {
                int position = nominal.levels().indexOf(text);
                yield position >= 0 ? position : nominal.open() ? FeatureType.Nominal.OTHER : Double.NaN;
            }
            case FeatureType.Text _ -> texts.add(text);
            // Steps that read these have no columns that the exporter writes.
            case FeatureType.Numeric _, FeatureType.Categorical _, FeatureType.Hashed _ -> Double.NaN;
        };
    }

    private static int first(PipelineForm pipeline, int column) {
        int first = pipeline.features();
        for (PipelineStep step : pipeline.steps()) {
            if (column < first + step.outputs()) {
                return first;
            }
            first += step.outputs();
        }
        throw new IllegalArgumentException("the column " + column + " is none of a step");
    }

    private static PipelineStep step(PipelineForm pipeline, int column) {
        int end = pipeline.features();
        for (PipelineStep step : pipeline.steps()) {
            end += step.outputs();
            if (column < end) {
                return step;
            }
        }
        throw new IllegalArgumentException("the column " + column + " is none of a step");
    }
}
