package io.nightshift.cli.model.sql;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The steps of a pipeline that DuckDB can compute, as expressions. They give the bits of the step, except for
/// the functions of the C library, whose last digits differ.
///
/// DuckDB's NaN is equal to itself and larger than all numbers, and Python's is not. So a missing value is NULL
/// here, and each comparison says what becomes of NULL. Division by zero and logarithms of numbers that have none
/// are not left to DuckDB.
final class StepSql {

    /// A longer expression is harder to read than the step.
    static final int MOST_CHARACTERS = 8_000;

    /// The most columns that one step may become.
    static final int MOST_COLUMNS = 256;

    private static final String ZERO = "0e0";
    private static final String ONE = "1e0";

    private final PipelineStep step;
    private final List<SqlColumn> inputs;

    private StepSql(PipelineStep step, List<SqlColumn> inputs) {
        this.step = step;
        this.inputs = inputs;
    }

    /// The columns that a step appends; null if SQL can't compute them.
    ///
    /// @param inputs the columns that the step reads
    static @Nullable List<SqlColumn> of(PipelineStep step, List<SqlColumn> inputs) {
        if (step.outputs() > MOST_COLUMNS) {
            return null;
        }
        List<SqlColumn> columns = new StepSql(step, inputs).columns();
        boolean isLong = columns != null
                && columns.stream().anyMatch(column -> column.sql().length() > MOST_CHARACTERS);
        return isLong ? null : columns;
    }

    private @Nullable List<SqlColumn> columns() {
        switch (step.kind()) {
            case "impute":
                return each(this::imputed);
            case "missing":
                return each(this::missing);
            case "one-hot":
                return oneHot();
            case "lookup":
                return lookup();
            default:
            // The other kinds read numbers.
        }
        if (inputs.stream().anyMatch(SqlColumn::isText)) {
            return null;
        }
        return switch (step.kind()) {
            case "constant" -> constants();
            case "scale" -> each(this::scaled);
            case "fill" -> filled();
            case "threshold" -> each(this::threshold);
            case "bin" -> bin();
            case "pow" -> each(i -> number(i, "pow(%s, %s)".formatted(x(i), literal(step.numbers("exponents")[i]))));
            case "power" -> step.numbers("boxcox")[0] == 1 ? each(this::boxCox) : each(this::yeoJohnson);
            case "product" -> product();
            default -> {
                String function = function(step.kind());
                yield function == null ? null : each(i -> number(i, function.formatted(x(i))));
            }
        };
    }

    /// The columns of a step that computes each on its own; null if it is null for one of them.
    private @Nullable List<SqlColumn> each(IntFunction<@Nullable SqlColumn> of) {
        List<SqlColumn> columns = new ArrayList<>();
        for (int i = 0; i < step.outputs(); i++) {
            SqlColumn column = of.apply(i);
            if (column == null) {
                return null;
            }
            columns.add(column);
        }
        return columns;
    }

    private String x(int input) {
        return inputs.get(input).sql();
    }

    /// A column of numbers that is NULL where an input is.
    private SqlColumn number(int input, String sql) {
        return number(sql, List.of(inputs.get(input)));
    }

    private static SqlColumn number(String sql, Collection<SqlColumn> from) {
        Set<Integer> required = new HashSet<>();
        from.forEach(column -> required.addAll(column.required()));
        return new SqlColumn(sql, null, false, from.stream().anyMatch(SqlColumn::refuses), required);
    }

    /// A CASE expression, which stays NULL for a row that can't be scored.
    private SqlColumn cases(int input, String cases, String otherwise) {
        String failed = inputs.get(input).refuses() ? "WHEN %s IS NULL THEN NULL ".formatted(x(input)) : "";
        return number(input, "CASE %s%s ELSE %s END".formatted(failed, cases, otherwise));
    }

    // Missing values.

    private @Nullable SqlColumn imputed(int i) {
        SqlColumn input = inputs.get(i);
        double value = step.numbers("values")[i];
        double missing = missingNumber();
        List<String> levels = input.levels();
        if (levels != null) {
            boolean isLevel = value >= 0 && value < levels.size() && value == Math.rint(value);
            if (!Double.isNaN(missing) || !isLevel) {
                return null;
            }
            return input.refuses()
                    ? input
                    : new SqlColumn(
                            "coalesce(%s, %s)".formatted(input.sql(), Sql.text(levels.get((int) value))),
                            levels,
                            input.isOpen(),
                            false,
                            Set.of());
        }
        if (!Double.isNaN(missing)) {
            return number(
                    i,
                    "CASE WHEN %1$s = %2$s THEN %3$s ELSE %1$s END".formatted(x(i), literal(missing), literal(value)));
        }
        return input.refuses() || Double.isNaN(value)
                ? input
                : number(i, "coalesce(%s, %s)".formatted(x(i), literal(value)));
    }

    private @Nullable SqlColumn missing(int i) {
        double missing = missingNumber();
        if (Double.isNaN(missing)) {
            return cases(i, "WHEN %s IS NULL THEN %s".formatted(x(i), ONE), ZERO);
        }
        return inputs.get(i).isText()
                ? null
                : cases(i, "WHEN %s = %s THEN %s".formatted(x(i), literal(missing), ONE), ZERO);
    }

    private @Nullable List<SqlColumn> filled() {
        int columns = step.outputs();
        double missing = missingNumber();
        return each(i -> {
            SqlColumn input = inputs.get(i);
            SqlColumn other = inputs.get(columns + i);
            if (input.refuses() != other.refuses()) {
                return null;
            }
            return number(
                    Double.isNaN(missing)
                            ? "coalesce(%s, %s)".formatted(input.sql(), other.sql())
                            : "CASE WHEN %1$s = %2$s THEN %3$s ELSE %1$s END"
                                    .formatted(input.sql(), literal(missing), other.sql()),
                    List.of(input, other));
        });
    }

    private double missingNumber() {
        return step.has("missing") ? step.numbers("missing")[0] : Double.NaN;
    }

    // Categories.

    /// Which texts or numbers have which result, and which result all others have.
    private final class Table {
        private final SqlColumn input = inputs.getFirst();
        private final double[] keys = step.numbers("keys");
        private final boolean refuses = !step.has("unknown");
        private final boolean isComplete;

        Table() {
            List<String> levels = input.levels();
            // A table of other keys than levels is none that an exporter writes.
            isComplete = levels == null
                    || IntStream.range(0, keys.length)
                            .allMatch(i -> Double.isNaN(keys[i]) || keys[i] == -1 || isLevel(keys[i], levels.size()));
        }

        private static boolean isLevel(double key, int levels) {
            return key >= 0 && key < levels && key == Math.rint(key);
        }

        /// The levels that are no keys.
        private String unlisted(List<String> levels) {
            return IntStream.range(0, levels.size())
                    .filter(level -> Arrays.stream(keys).noneMatch(key -> key == level))
                    .mapToObj(level -> Sql.text(levels.get(level)))
                    .collect(Collectors.joining(", "));
        }

        /// @param results for each key
        /// @param unknown the result of other values, if there is one
        SqlColumn column(double[] results, double unknown) {
            List<String> levels = input.levels();
            StringBuilder cases = new StringBuilder();
            String ofMissing = refuses ? "NULL" : literal(unknown);
            String ofOthers = ofMissing;
            // The keys of each result together, in the order in which they first occur.
            List<Double> distinct = IntStream.range(0, keys.length)
                    .filter(i -> !Double.isNaN(keys[i]))
                    .mapToObj(i -> results[i])
                    .distinct()
                    .toList();
            for (int i = 0; i < keys.length; i++) {
                if (Double.isNaN(keys[i])) {
                    ofMissing = literal(results[i]);
                } else if (levels != null && keys[i] == -1) {
                    ofOthers = literal(results[i]);
                }
            }
            for (double result : distinct) {
                String known = IntStream.range(0, keys.length)
                        .filter(i -> results[i] == result || (Double.isNaN(result) && Double.isNaN(results[i])))
                        .filter(i -> !Double.isNaN(keys[i]) && !(levels != null && keys[i] == -1))
                        .mapToObj(i -> levels == null ? literal(keys[i]) : Sql.text(levels.get((int) keys[i])))
                        .collect(Collectors.joining(", "));
                if (!known.isEmpty() && !literal(result).equals(ofOthers)) {
                    cases.append(" WHEN %s IN (%s) THEN %s".formatted(input.sql(), known, literal(result)));
                }
            }
            String unknownOnes = levels == null ? "" : unlisted(levels);
            String ofUnknown = refuses ? "NULL" : literal(unknown);
            if (!unknownOnes.isEmpty() && !ofUnknown.equals(ofOthers)) {
                cases.append(" WHEN %s IN (%s) THEN %s".formatted(input.sql(), unknownOnes, ofUnknown));
            }
            String missing = input.refuses() ? "NULL" : ofMissing;
            String sql = "CASE WHEN %s IS NULL THEN %s%s ELSE %s END".formatted(input.sql(), missing, cases, ofOthers);
            return new SqlColumn(sql, null, false, refuses || input.refuses(), input.required());
        }
    }

    private @Nullable List<SqlColumn> oneHot() {
        Table table = new Table();
        if (!table.isComplete) {
            return null;
        }
        double[] columns = step.numbers("columns");
        double unknown = table.refuses ? -1 : step.numbers("unknown")[0];
        return each(column -> {
            double[] results = new double[columns.length];
            for (int i = 0; i < results.length; i++) {
                results[i] = columns[i] == column ? 1 : 0;
            }
            return table.column(results, unknown == column ? 1 : 0);
        });
    }

    private @Nullable List<SqlColumn> lookup() {
        Table table = new Table();
        double[] values = step.numbers("values");
        boolean isAmbiguous = (table.refuses || table.input.refuses()) && hasNan(values);
        if (!table.isComplete || isAmbiguous) {
            return null;
        }
        double[] unknown = table.refuses ? new double[step.outputs()] : step.numbers("unknown");
        if (table.input.refuses() && hasNan(unknown)) {
            return null;
        }
        int keys = table.keys.length;
        return each(column ->
                table.column(Arrays.copyOfRange(values, column * keys, (column + 1) * keys), unknown[column]));
    }

    private static boolean hasNan(double[] numbers) {
        return Arrays.stream(numbers).anyMatch(Double::isNaN);
    }

    // Numbers.

    private List<SqlColumn> constants() {
        return Objects.requireNonNull(each(i -> number(literal(step.numbers("values")[i]), List.of())));
    }

    private @Nullable SqlColumn scaled(int i) {
        String sql = x(i);
        for (String operation : List.of("subtract", "divide", "multiply", "add", "low", "high")) {
            if (!step.has(operation)) {
                continue;
            }
            double number = step.numbers(operation)[i];
            if (!Double.isFinite(number) || (number == 0 && operation.equals("divide"))) {
                return null;
            }
            String literal = literal(number);
            sql = switch (operation) {
                case "subtract" -> "(%s - %s)".formatted(sql, literal);
                case "divide" -> "(%s / %s)".formatted(sql, literal);
                case "multiply" -> "(%s * %s)".formatted(sql, literal);
                case "add" -> "(%s + %s)".formatted(sql, literal);
                case "low" -> "CASE WHEN %1$s < %2$s THEN %2$s ELSE %1$s END".formatted(sql, literal);
                default -> "CASE WHEN %1$s > %2$s THEN %2$s ELSE %1$s END".formatted(sql, literal);
            };
            if (sql.length() > MOST_CHARACTERS) {
                return null;
            }
        }
        return number(i, sql);
    }

    private SqlColumn threshold(int i) {
        boolean isInclusive = step.has("inclusive") && step.numbers("inclusive")[0] == 1;
        String compared = isInclusive ? ">=" : ">";
        return cases(
                i, "WHEN %s %s %s THEN %s".formatted(x(i), compared, literal(step.numbers("values")[i]), ONE), ZERO);
    }

    private List<SqlColumn> bin() {
        double[] edges = step.numbers("edges");
        String cases = IntStream.range(0, edges.length)
                .map(i -> edges.length - 1 - i)
                .mapToObj(i -> "WHEN %s >= %s THEN %s".formatted(x(0), literal(edges[i]), literal(i + 1)))
                .collect(Collectors.joining(" "));
        return List.of(cases(0, cases.isEmpty() ? "WHEN false THEN " + ZERO : cases, ZERO));
    }

    private List<SqlColumn> product() {
        List<SqlColumn> all = new ArrayList<>(inputs);
        double[] left = step.numbers("left");
        double[] right = step.numbers("right");
        for (int i = 0; i < step.outputs(); i++) {
            SqlColumn a = all.get((int) left[i]);
            SqlColumn b = all.get((int) right[i]);
            all.add(number("(%s * %s)".formatted(a.sql(), b.sql()), List.of(a, b)));
        }
        return all.subList(inputs.size(), all.size());
    }

    private SqlColumn yeoJohnson(int i) {
        double lambda = step.numbers("lambdas")[i];
        String x = x(i);
        String positive = Math.abs(lambda) < Math.ulp(1.0)
                ? log1p(x)
                : "(pow(%s + %s, %s) - %s) / %s".formatted(x, ONE, literal(lambda), ONE, literal(lambda));
        double other = 2 - lambda;
        String negative = Math.abs(lambda - 2) > Math.ulp(1.0)
                ? "-(pow(%s - %s, %s) - %s) / %s".formatted(ONE, x, literal(other), ONE, literal(other))
                : "-(%s)".formatted(log1p("(-%s)".formatted(x)));
        return number(
                i,
                "CASE WHEN %1$s >= %2$s THEN %3$s WHEN %1$s < %2$s THEN %4$s END"
                        .formatted(x, ZERO, positive, negative));
    }

    /// The step fails for numbers that are not positive, and keeps missing values: so NULL has one meaning only
    /// if the input must not be missing. For an exponent near 0, the difference would lose its digits.
    private @Nullable SqlColumn boxCox(int i) {
        double lambda = step.numbers("lambdas")[i];
        if (!inputs.get(i).refuses() || (lambda != 0 && Math.abs(lambda) < 1e-3)) {
            return null;
        }
        String positive = lambda == 0
                ? "ln(%s)".formatted(x(i))
                : "(pow(%s, %s) - %s) / %s".formatted(x(i), literal(lambda), ONE, literal(lambda));
        return number(i, "CASE WHEN %s > %s THEN %s END".formatted(x(i), ZERO, positive));
    }

    /// The SQL of a function of NumPy, for its argument; null if DuckDB has none that is as precise.
    private static @Nullable String function(String name) {
        return switch (name) {
            case "absolute" -> "abs(%1$s)";
            case "arccos" -> "CASE WHEN abs(%1$s) <= 1e0 THEN acos(%1$s) END";
            case "arcsin" -> "CASE WHEN abs(%1$s) <= 1e0 THEN asin(%1$s) END";
            case "arctan" -> "atan(%1$s)";
            case "cbrt" -> "cbrt(%1$s)";
            case "ceil" -> "ceil(%1$s)";
            case "cos" -> "cos(%1$s)";
            case "cosh" -> "cosh(%1$s)";
            case "deg2rad" -> "(%1$s * " + literal(Math.PI / 180) + ")";
            case "exp" -> "exp(%1$s)";
            case "exp2" -> "pow(2e0, %1$s)";
            case "floor" -> "floor(%1$s)";
            case "log" -> logarithm("ln");
            case "log10" -> logarithm("log10");
            case "log2" -> logarithm("log2");
            case "log1p" ->
                "CASE WHEN %1$s > -1e0 THEN " + log1p("%1$s")
                        + " WHEN %1$s = -1e0 THEN CAST('-Infinity' AS DOUBLE) END";
            case "negative" -> "(-%1$s)";
            case "rad2deg" -> "(%1$s * " + literal(180 / Math.PI) + ")";
            case "rint" -> "round_even(%1$s, 0)";
            case "sign" -> "CAST(sign(%1$s) AS DOUBLE)";
            case "sin" -> "sin(%1$s)";
            case "sinh" -> "sinh(%1$s)";
            case "sqrt" -> "CASE WHEN %1$s >= 0e0 THEN sqrt(%1$s) END";
            case "square" -> "(%1$s * %1$s)";
            case "tan" -> "tan(%1$s)";
            case "tanh" -> "tanh(%1$s)";
            case "trunc" -> "trunc(%1$s)";
            default -> null;
        };
    }

    private static String logarithm(String name) {
        return "CASE WHEN %1$s > 0e0 THEN " + name + "(%1$s) WHEN %1$s = 0e0 THEN CAST('-Infinity' AS DOUBLE) END";
    }

    /// ln(1 + x), precise also near 0: "What every computer scientist should know about floating-point arithmetic"
    /// (Goldberg, 1991), theorem 4.
    private static String log1p(String x) {
        return ("CASE WHEN 1e0 + %1$s = 1e0 THEN %1$s WHEN 1e0 + %1$s > 1e15 THEN ln(1e0 + %1$s)"
                        + " ELSE %1$s * ln(1e0 + %1$s) / ((1e0 + %1$s) - 1e0) END")
                .replace("%1$s", x);
    }

    /// A number as a literal of type DOUBLE, which keeps all bits. Without an exponent, it would be a decimal.
    static String literal(double number) {
        if (Double.isNaN(number)) {
            return "NULL";
        }
        if (Double.isInfinite(number)) {
            return "CAST('%s' AS DOUBLE)".formatted(number > 0 ? "Infinity" : "-Infinity");
        }
        String text = Double.toString(Math.abs(number)).replace("E", "e");
        text = text.contains("e") ? text : text + "e0";
        return Math.copySign(1, number) < 0 ? "(-%s)".formatted(text) : text;
    }
}
