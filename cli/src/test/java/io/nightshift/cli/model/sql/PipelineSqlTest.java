package io.nightshift.cli.model.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.form.Proof;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// DuckDB computes the same columns as the steps of the pipeline, and the rest of the model scores them the same.
class PipelineSqlTest {

    private static final double NAN = Double.NaN;
    private static final double[] NUMBERS = {
        NAN,
        0,
        -0.0,
        1,
        -1,
        0.1,
        0.30000000000000004,
        -2.5,
        3.5,
        7,
        1e-300,
        1e-20,
        -1e-17,
        123456.789,
        -98765.4321,
        1e15
    };

    private DuckDb duckDb;

    @BeforeEach
    void start(@TempDir Path spill) {
        duckDb = DuckDb.open(200_000_000, spill);
    }

    @AfterEach
    void stop() {
        duckDb.close();
    }

    private static ModelFeature number(String name) {
        return new ModelFeature(name, new FeatureType.Numeric(Precision.FLOAT64), true);
    }

    private static ModelFeature texts(String name, boolean isOpen, boolean missing, String... levels) {
        return new ModelFeature(name, new FeatureType.Nominal(List.of(levels), isOpen), missing);
    }

    private static PipelineStep step(String kind, List<Integer> inputs, int outputs, Map<String, double[]> numbers) {
        return new PipelineStep(kind, "columns/" + kind, inputs, outputs, numbers, null);
    }

    private static double[] of(double... numbers) {
        return numbers;
    }

    /// A model that predicts the last columns of some steps.
    private static ModelDefinition model(List<ModelFeature> features, int results, PipelineStep... steps) {
        int columns = features.size()
                + Arrays.stream(steps).mapToInt(PipelineStep::outputs).sum();
        List<Integer> read = IntStream.range(columns - results, columns).boxed().toList();
        List<PipelineStep> all = new ArrayList<>(List.of(steps));
        all.add(step("scale", read, results, Map.of()));
        List<Integer> given =
                IntStream.range(columns, columns + results).boxed().toList();
        return new ModelDefinition(
                new ModelDescription("test", "sums", Task.REGRESSION, features, List.of(), Map.of()),
                new PipelineForm(features.size(), all, columns, List.of(), given.subList(1, results)));
    }

    /// Scores rows with the model, and with the rest of it after DuckDB has computed the expressions.
    ///
    /// @param rows the features of each row: numbers, or texts
    private PipelineSql compare(ModelDefinition model, List<List<@Nullable Object>> rows, double tolerance)
            throws SQLException {
        PipelineSql sql = PipelineSql.of(model);
        assertThat(sql.select()).isNotEmpty();
        List<ModelFeature> features = model.description().features();
        List<@Nullable Object[]> selected = selected(sql, features, rows);
        Scorer whole = Model.of(model).scorer();
        Scorer rest = Model.of(sql.rest()).scorer();
        int outputs = model.form().outputs() + model.form().margins();
        for (int row = 0; row < rows.size(); row++) {
            double[] expected = scored(whole, features, rows.get(row).toArray(), outputs);
            double[] found = scored(rest, sql.rest().description().features(), selected.get(row), outputs);
            if (expected == null || found == null) {
                assertThat(found).as("row %s", rows.get(row)).isNull();
                assertThat(expected).as("row %s", rows.get(row)).isNull();
                continue;
            }
            for (int i = 0; i < outputs; i++) {
                if (tolerance == 0 || !Double.isFinite(expected[i])) {
                    // Zeros of both signs are one number.
                    assertThat(found[i] + 0.0)
                            .as("result %d of row %s", i, rows.get(row))
                            .isEqualTo(Double.valueOf(expected[i] + 0.0));
                } else {
                    assertThat(found[i])
                            .as("result %d of row %s", i, rows.get(row))
                            .isCloseTo(expected[i], within(tolerance * Math.max(1, Math.abs(expected[i]))));
                }
            }
        }
        return sql;
    }

    private List<@Nullable Object[]> selected(
            PipelineSql sql, List<ModelFeature> features, List<List<@Nullable Object>> rows) throws SQLException {
        String names = features.stream()
                .map(feature -> Sql.name(String.valueOf(feature.name())))
                .collect(Collectors.joining(", "));
        String values = rows.stream()
                .map(row -> row.stream().map(PipelineSqlTest::value).collect(Collectors.joining(", ", "(", ")")))
                .collect(Collectors.joining(", "));
        String select = sql.rest().description().features().stream()
                .map(feature -> sql.select().getOrDefault(feature.name(), Sql.name(String.valueOf(feature.name()))))
                .collect(Collectors.joining(", "));
        List<@Nullable Object[]> selected = new ArrayList<>();
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "SELECT %s FROM (VALUES %s) AS t(%s)".formatted(select, values, names))) {
            int columns = found.getMetaData().getColumnCount();
            while (found.next()) {
                @Nullable Object[] row = new Object[columns];
                for (int i = 0; i < columns; i++) {
                    row[i] = found.getObject(i + 1);
                }
                selected.add(row);
            }
        }
        return selected;
    }

    private static String value(@Nullable Object value) {
        return switch (value) {
            case null -> "NULL";
            case Double number when number.isNaN() -> "CAST('NaN' AS DOUBLE)";
            case Double number -> StepSql.literal(number);
            default -> Sql.text(value.toString());
        };
    }

    /// The results of a row; null if the job would quarantine it.
    private static double @Nullable [] scored(
            Scorer scorer, List<ModelFeature> features, @Nullable Object[] row, int outputs) {
        double[][] columns = new double[features.size()][1];
        for (int i = 0; i < columns.length; i++) {
            ModelFeature feature = features.get(i);
            double value = row[i] instanceof Number number ? number.doubleValue() : NAN;
            if (feature.type() instanceof FeatureType.Nominal(List<String> levels, boolean isOpen)) {
                int level = row[i] == null ? -1 : levels.indexOf(String.valueOf(row[i]));
                value = row[i] == null || level < 0 && !isOpen ? NAN : level;
            }
            if (Double.isNaN(value) && !feature.missing()) {
                return null;
            }
            columns[i][0] = value;
        }
        double[][] scores = new double[outputs][1];
        try {
            scorer.score(columns, 1, scores);
        } catch (IllegalStateException failed) {
            return null;
        }
        return Arrays.stream(scores).mapToDouble(score -> score[0]).toArray();
    }

    private static List<List<@Nullable Object>> numbers() {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (double a : NUMBERS) {
            rows.add(Arrays.asList(a, 1.5));
            rows.add(Arrays.asList(Double.isNaN(a) ? null : a, null));
            rows.add(Arrays.asList(2.0, a));
        }
        return rows;
    }

    private void compareNumbers(double tolerance, int results, PipelineStep... steps) throws SQLException {
        compare(model(List.of(number("a"), number("b")), results, steps), numbers(), tolerance);
    }

    @Test
    void numbersAreScaledToTheSameBits() throws SQLException {
        compareNumbers(
                0,
                2,
                step("impute", List.of(0, 1), 2, Map.of("values", of(0.1, -7))),
                step(
                        "scale",
                        List.of(2, 3),
                        2,
                        Map.of("subtract", of(0.30000000000000004, -1e-5), "divide", of(3, 1e7))),
                step(
                        "scale",
                        List.of(4, 5),
                        2,
                        Map.of("multiply", of(1 / 3.0, 1), "add", of(1e-3, 2), "low", of(-1, 0), "high", of(2, 2.5))));
    }

    @Test
    void missingValuesStayMissing() throws SQLException {
        compareNumbers(
                0, 2, step("scale", List.of(0, 1), 2, Map.of("low", of(0, 0), "high", of(2, 3), "divide", of(7, 0.1))));
        compareNumbers(0, 2, step("impute", List.of(0, 1), 2, Map.of("values", of(5, 6), "missing", of(1))));
        compareNumbers(0, 2, step("missing", List.of(0, 1), 2, Map.of()));
        compareNumbers(0, 2, step("missing", List.of(0, 1), 2, Map.of("missing", of(7))));
        compareNumbers(0, 1, step("fill", List.of(0, 1), 1, Map.of()));
        compareNumbers(0, 2, step("threshold", List.of(0, 1), 2, Map.of("values", of(0, 1.5))));
        compareNumbers(0, 2, step("threshold", List.of(0, 1), 2, Map.of("values", of(0.1, 1.5), "inclusive", of(1))));
        compareNumbers(0, 1, step("bin", List.of(0), 1, Map.of("edges", of(-1, 0.1, 0.1, 3))));
        compareNumbers(0, 1, step("bin", List.of(0), 1, Map.of("edges", of())));
    }

    @Test
    void polynomialsAreProducts() throws SQLException {
        compareNumbers(0, 3, step("product", List.of(0, 1), 3, Map.of("left", of(0, 0, 2), "right", of(0, 1, 3))));
    }

    @Test
    void rowsThatTheStepsRefuseHaveNoValue() throws SQLException {
        compareNumbers(
                0,
                1,
                step("finite", List.of(0, 1), 0, Map.of()),
                step("product", List.of(0, 1), 1, Map.of("left", of(0), "right", of(1))));
        // The value that must be there is not among the columns of the rest.
        compareNumbers(
                0,
                1,
                step("finite", List.of(0, 1), 0, Map.of()),
                step("threshold", List.of(1), 1, Map.of("values", of(1))));
    }

    @Test
    void powersAndLogarithmsDifferInTheLastDigitsOnly() throws SQLException {
        double tolerance = 1e-13;
        for (double lambda : of(0, 0.5, -1.3, 1, 2, 2.7)) {
            compareNumbers(
                    tolerance,
                    2,
                    step("scale", List.of(0, 1), 2, Map.of("high", of(1e4, 1e4), "low", of(-1e4, -1e4))),
                    step("power", List.of(2, 3), 2, Map.of("lambdas", of(lambda, lambda), "boxcox", of(0))));
        }
        for (double lambda : of(0, 0.5, -1.3)) {
            compareNumbers(
                    tolerance,
                    1,
                    step("finite", List.of(0, 1), 0, Map.of()),
                    step("power", List.of(0), 1, Map.of("lambdas", of(lambda), "boxcox", of(1))));
        }
        compareNumbers(tolerance, 1, step("pow", List.of(0), 1, Map.of("exponents", of(3))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "absolute", "arccos", "arcsin", "arctan", "cbrt", "ceil", "cos", "cosh", "deg2rad", "exp", "exp2",
                        "floor",
                "log", "log10", "log1p", "log2", "negative", "rad2deg", "rint", "sign", "sin", "sinh", "sqrt", "square",
                "tan", "tanh", "trunc"
            })
    void functionsAreThoseOfNumPy(String kind) throws SQLException {
        compareNumbers(
                1e-13,
                1,
                step("scale", List.of(0), 1, Map.of("low", of(-300), "high", of(300))),
                step(kind, List.of(2), 1, Map.of()));
    }

    /// The relative error, too: the logarithm of 1 + x is about x.
    @Test
    void smallNumbersKeepTheirDigits() throws SQLException {
        compare(
                model(
                        List.of(number("a")),
                        1,
                        step("log1p", List.of(0), 1, Map.of()),
                        step("scale", List.of(1), 1, Map.of("multiply", of(1e18)))),
                List.of(Arrays.asList(1e-17), Arrays.asList(1e-16), Arrays.asList(3.3e-12), Arrays.asList(-2e-9)),
                1e-14);
    }

    private static final String HOSTILE = "it's \"a\" \\ name; DROP TABLE x --\n%s %1$s é😀";

    private static List<List<@Nullable Object>> categories() {
        return List.of(
                Arrays.asList("basic", "x"),
                Arrays.asList("plus", "O'Brien; --"),
                Arrays.asList("", "\"q\" %s\n"),
                Arrays.asList("Basic", null),
                Arrays.asList(null, "other"),
                Arrays.asList("none of them", "x"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void categoriesBecomeColumns(boolean isOpen) throws SQLException {
        List<ModelFeature> features = List.of(
                texts(HOSTILE, isOpen, true, "basic", "plus", ""),
                texts("b", isOpen, true, "x", "O'Brien; --", "\"q\" %s\n"));
        PipelineStep ignores = step(
                "one-hot",
                List.of(0),
                4,
                Map.of("keys", of(0, 1, 2, NAN), "columns", of(0, 1, 2, 3), "unknown", of(-1)));
        PipelineStep infrequent =
                step("one-hot", List.of(1), 2, Map.of("keys", of(0, 1, 2), "columns", of(1, 0, 1), "unknown", of(1)));
        PipelineStep refuses = step("one-hot", List.of(1), 3, Map.of("keys", of(0, 1, 2), "columns", of(0, 1, 2)));

        PipelineSql sql = compare(model(features, 6, ignores, infrequent), categories(), 0);
        compare(model(features, 7, ignores, refuses), categories(), 0);

        assertThat(sql.select().keySet()).hasSize(6).contains("b_one-hot_1", "b_one-hot_2");
    }

    @Test
    void missingCategoriesAreImputed() throws SQLException {
        List<ModelFeature> features = List.of(texts("a", true, true, "basic", "plus"), texts("b", true, false, "x"));
        PipelineStep imputed = step("impute", List.of(0, 1), 2, Map.of("values", of(1, 0)));
        PipelineStep encoded = step(
                "lookup",
                List.of(2),
                2,
                Map.of("keys", of(0, 1), "values", of(0.25, 1 / 3.0, 7, NAN), "unknown", of(-1, NAN)));
        PipelineStep refused = step("lookup", List.of(3), 1, Map.of("keys", of(0), "values", of(4)));
        PipelineStep other = step("lookup", List.of(0), 1, Map.of("keys", of(0, -1, NAN), "values", of(1, 2, 3)));

        compare(model(features, 2, imputed, encoded), categories(), 0);
        compare(model(features, 3, imputed, encoded, refused), categories(), 0);
        compare(model(features, 1, other), categories(), 0);
        // The rest reads the imputed texts themselves.
        compare(model(features, 2, imputed), categories(), 0);
    }

    @Test
    void categoriesCanBeNumbers() throws SQLException {
        List<ModelFeature> features = List.of(
                new ModelFeature(
                        "code", new FeatureType.Categorical(Precision.FLOAT64, List.of(0, 3, 7), List.of()), true),
                new ModelFeature("single", new FeatureType.Numeric(Precision.FLOAT32), true));
        PipelineStep hot =
                step("one-hot", List.of(0), 2, Map.of("keys", of(0, 3, 7), "columns", of(0, 1, 1), "unknown", of(-1)));
        PipelineStep scaled = step("scale", List.of(1), 1, Map.of("subtract", of(0.1)));
        List<List<@Nullable Object>> rows = List.of(
                Arrays.asList(0.0, 0.5), Arrays.asList(3.0, 0.25), Arrays.asList(7.0, null), Arrays.asList(null, NAN));

        compare(model(features, 3, hot, scaled), rows, 0);
    }

    /// Models of scikit-learn, with the rows of their own proof.
    @ParameterizedTest
    @ValueSource(strings = {"kept-pipeline", "kept-steps", "kept-logistic", "kept-codes", "kept-classes", "kept-vote"})
    void theRestOfARecordedModelScoresTheSame(String name) throws SQLException {
        Path file = Path.of("../scoring/src/test/resources/sklearn/" + name + ".json");
        ModelDefinition model = ModelFile.definition(Model.load(file));
        Proof proof = model.proof();
        if (!(model.form() instanceof PipelineForm) || proof == null) {
            return;
        }
        List<ModelFeature> named = new ArrayList<>();
        for (int i = 0; i < model.description().features().size(); i++) {
            ModelFeature feature = model.description().features().get(i);
            String called = feature.name() == null ? "column " + i : feature.name();
            named.add(new ModelFeature(called, feature.type(), feature.missing()));
        }
        ModelDescription description = model.description();
        ModelDefinition whole = new ModelDefinition(
                new ModelDescription(
                        description.format(),
                        description.algorithm(),
                        description.task(),
                        named,
                        description.classes(),
                        description.facts()),
                model.form());
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (int row = 0; row < proof.rows(); row++) {
            List<@Nullable Object> values = new ArrayList<>();
            for (int i = 0; i < named.size(); i++) {
                values.add(given(named.get(i), proof.features()[i][row]));
            }
            rows.add(values);
        }

        compare(whole, rows, 1e-12);
    }

    private static @Nullable Object given(ModelFeature feature, double value) {
        if (Double.isNaN(value)) {
            return null;
        }
        if (feature.type() instanceof FeatureType.Nominal(List<String> levels, boolean isOpen)) {
            return value < 0 ? "a text that is no level" : levels.get((int) value);
        }
        return value;
    }

    @Test
    void stepsThatSqlCannotComputeStayInTheModel() throws SQLException {
        PipelineStep imputed = step("impute", List.of(0, 1), 2, Map.of("values", of(0.5, 0.25)));
        PipelineStep sums =
                step("linear", List.of(2, 3), 2, Map.of("weights", of(1, 2, 3, 4), "intercepts", of(0.5, -1)));
        PipelineStep scaled = step("scale", List.of(4, 5), 2, Map.of("divide", of(2, 3)));

        PipelineSql sql = compare(model(List.of(number("a"), number("b")), 2, imputed, sums, scaled), numbers(), 0);

        assertThat(sql.computed()).containsExactly("1 columns/impute (impute)");
        assertThat(sql.kept())
                .containsExactly("2 columns/linear (linear)", "3 columns/scale (scale)", "4 columns/scale (scale)");
        assertThat(sql.select().keySet()).containsExactly("a_impute", "b_impute");
    }

    @Test
    void aModelWithoutSuchStepsIsRefusedByTheirNames() {
        PipelineStep sums = step("linear", List.of(0, 1), 1, Map.of("weights", of(1, 2), "intercepts", of(0.5)));

        assertThatThrownBy(() -> PipelineSql.of(model(List.of(number("a"), number("b")), 1, sums)))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining(
                        "SQL can compute none of the model's steps: 1 columns/linear (linear), 2 columns/scale (scale)");
        assertThatThrownBy(() -> PipelineSql.of(model(
                        List.of(new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT64), true)),
                        1,
                        step("impute", List.of(0), 1, Map.of("values", of(1))))))
                .hasMessageContaining("give their columns with --features");
    }

    @Test
    void columnsHaveDifferentNames() {
        PipelineStep scaled = step("scale", List.of(0, 1), 2, Map.of("divide", of(2, 3)));

        PipelineSql sql = PipelineSql.of(model(List.of(number("a"), number("A_scale")), 4, scaled, scaled));

        assertThat(sql.select().keySet()).containsExactly("a_scale_2", "A_scale_scale", "a_scale_3", "A_scale_scale_2");
    }
}
