package io.nightshift.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.nightshift.source.FunctionList.Cost;
import io.nightshift.source.FunctionList.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An upper bound of the bytes that an expression may need for one row, computed from its text and the
/// [FunctionList]. DuckDB's memory limit does not count texts and lists while a function makes them, and DuckDB
/// does not interrupt a function. So `repeat('x', 1000000000)` would take gigabytes. Because it is a constant, it
/// would do so already at planning. Nightshift refuses an expression that may grow that much before DuckDB computes
/// anything.
///
/// The bound is computed twice. First a column counts as [#COLUMN] bytes, whatever it holds, so the bound limits
/// how much an expression can multiply what is in the row. Then a column counts as [#LARGE] bytes, and the limit is
/// higher by the same factor. Values that grow faster than the row, such as `repeat(a, length(a))`, exceed it. Time
/// is bounded with the size: every function that jobs may call takes time that depends on the size of its arguments
/// and of its result, apart from those that the list says.
final class ExpressionCost {

    /// The bytes that a value of a column counts as.
    static final double COLUMN = 64;

    /// The most bytes of a value, or of one on the way to it, for a row. DuckDB computes 2,048 rows at once.
    static final double MOST = 1 << 16;

    /// The bytes that a value of a column counts as when growth is checked.
    private static final double LARGE = 1 << 20;

    /// The most bytes of a table of pairs of characters. DuckDB has one at a time.
    private static final double TABLE = 1 << 25;

    /// The most pairs of characters of constants or columns that are compared.
    private static final double PAIRS = 1 << 22;

    /// The most nodes that macros and BETWEEN may add to an expression by repeating their arguments.
    private static final double REPEATED = 10_000;

    private static final double NUMBER = 8;
    private static final double TEXT = 64;

    /// The bytes of a text in a list: a reference, and short texts themselves.
    private static final double REFERENCE = 16;

    /// Bytes of a character, in UTF-8.
    private static final double CHARACTER = 4;

    /// How much longer a value may be as a text, or a list may be than its text.
    private static final double CAST = 8;

    /// A character as JSON, such as `\\u0001`.
    private static final double QUOTED = 6;

    /// The most levels of lambdas. DuckDB's time to bind them doubles with every second level.
    private static final int LAMBDAS = 5;

    /// The most levels of a description of a result.
    private static final int LEVELS = 32;

    private static final Set<String> LENGTHS = Set.of("len", "length", "strlen", "array_length");
    private static final Set<String> FIXED_TYPES = Set.of(
            "tinyint",
            "smallint",
            "integer",
            "bigint",
            "hugeint",
            "utinyint",
            "usmallint",
            "uinteger",
            "ubigint",
            "uhugeint",
            "float",
            "double",
            "decimal",
            "boolean",
            "date",
            "time",
            "timestamp",
            "timestamp with time zone",
            "timestamp_s",
            "timestamp_ms",
            "timestamp_ns",
            "interval",
            "uuid");
    private static final Set<String> NESTED_TYPES = Set.of("list", "array", "struct", "map", "union", "row", "tuple");

    private static final Set<Kind> LEAST_TWO =
            Set.of(Kind.MAPS, Kind.FILTERS, Kind.FOLDS, Kind.JOINS, Kind.JOINED, Kind.REPEATS);

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");

    /// A macro's definition: an expression over its parameters.
    record Macro(List<String> parameters, JsonNode definition) {}

    /// A bound that is too large.
    static final class TooLarge extends Exception {
        private static final long serialVersionUID = 1L;

        private TooLarge(String message) {
            super(message, null, false, false);
        }
    }

    /// @param column the bytes that a value of a column counts as
    /// @param most the most bytes of a value
    /// @param growth whether only the sizes of results count, not the work
    private record Scale(double column, double most, boolean growth) {
        static final Scale ROW = new Scale(COLUMN, MOST, false);
        static final Scale GROWTH = new Scale(LARGE, MOST * LARGE / COLUMN, true);
    }

    private final Scale scale;
    private final Function<String, List<Macro>> macros;
    private final Map<String, Double> parameters;
    private final int lambdas;

    private ExpressionCost(
            Scale scale, Function<String, List<Macro>> macros, Map<String, Double> parameters, int lambdas) {
        this.scale = scale;
        this.macros = macros;
        this.parameters = parameters;
        this.lambdas = lambdas;
    }

    /// @param expression as DuckDB's parser gives it
    /// @param macros the definitions of a macro; empty for a function
    /// @throws TooLarge if a value may need more than [#MOST] bytes, with a reason that follows the expression
    static void check(JsonNode expression, Function<String, List<Macro>> macros) throws TooLarge {
        if (new Repetition(macros).of(expression, Map.of())
                > REPEATED + 2 * expression.findValues("class").size()) {
            throw new TooLarge(
                    "DuckDB repeats the arguments of macros such as nullif() and if(), and the first operand of BETWEEN. They are nested so often that it would repeat them more than %,.0f times. Nest them less"
                            .formatted(REPEATED));
        }
        for (Scale scale : List.of(Scale.ROW, Scale.GROWTH)) {
            new ExpressionCost(scale, macros, Map.of(), 0).of(expression);
        }
    }

    private double of(JsonNode node) throws TooLarge {
        return switch (node.path("class").asText()) {
            case "COLUMN_REF" ->
                parameters.getOrDefault(node.path("column_names").path(0).asText(), scale.column());
            case "CONSTANT" ->
                Math.max(NUMBER, node.path("literal").path("text").asText().length());
            case "FUNCTION" -> function(node);
            case "CAST" -> cast(node);
            // Where no lambda is expected, an arrow extracts from JSON.
            case "LAMBDA" -> {
                List<JsonNode> arguments = List.of(node.path("lhs"), node.path("expr"));
                yield within("->", sum(node) * path("json_extract", arguments));
            }
            case "COMPARISON", "BETWEEN", "CONJUNCTION" -> Math.min(NUMBER, sum(node));
            default -> within(node.path("type").asText(), sum(node));
        };
    }

    private double sum(JsonNode node) throws TooLarge {
        double sum = NUMBER;
        for (JsonNode child : node) {
            if (child.isContainerNode()) {
                sum += child.path("class").asText().isEmpty() ? sum(child) : of(child);
            }
        }
        return sum;
    }

    private double cast(JsonNode node) throws TooLarge {
        JsonNode child = node.path("child");
        JsonNode type = node.path("type_expr");
        double size = of(child);
        String name = typeName(type);
        if (FIXED_TYPES.contains(name)) {
            return scale.growth() || size <= COLUMN ? NUMBER : size;
        }
        String kind = child.path("class").asText();
        boolean nested = NESTED_TYPES.contains(name);
        boolean plain = kind.equals("COLUMN_REF") || (kind.equals("CONSTANT") && !nested);
        double cast = size <= NUMBER ? TEXT : size * (plain ? 2 : CAST);
        if (nested) {
            // A list of records has all their fields, also of an empty record.
            double most = typeSize(type) * (hasLists(type) ? Math.max(1, size / REFERENCE) : 1);
            cast = Math.max(cast, most);
        }
        return within("CAST", cast);
    }

    private static String typeName(JsonNode type) {
        return type.path("type_name").asText().toLowerCase(Locale.ROOT);
    }

    private static boolean hasLists(JsonNode type) {
        if (typeName(type).equals("list") || typeName(type).equals("map")) {
            return true;
        }
        for (JsonNode child : type.path("children")) {
            if (hasLists(child)) {
                return true;
            }
        }
        return false;
    }

    /// The bytes of a value whose lists have one element.
    private static double typeSize(JsonNode type) {
        double size = NUMBER;
        double elements = 1;
        for (JsonNode child : type.path("children")) {
            if (child.path("class").asText().equals("TYPE")) {
                size += typeSize(child);
            } else if (typeName(type).equals("array")) {
                Double number = constant(child);
                elements = number == null ? MOST : number;
            }
        }
        return size * Math.max(1, elements);
    }

    private double function(JsonNode call) throws TooLarge {
        String name = name(call);
        List<JsonNode> arguments = arguments(call);
        Cost cost = FunctionList.shipped().of(name);
        Kind kind = cost == null ? Kind.GROWS : cost.kind();
        int number = cost == null ? 1 : cost.number();
        if (arguments.size() < 2 && LEAST_TWO.contains(kind)) {
            // DuckDB's binder refuses it.
            return sum(call);
        }
        switch (kind) {
            case MAPS, FILTERS -> {
                return overElements(name, kind, arguments);
            }
            case FOLDS -> {
                return folded(name, arguments);
            }
            case MACRO -> {
                return macro(name, arguments);
            }
            default -> {
                // The sizes of all arguments matter.
            }
        }
        List<Double> sizes = new ArrayList<>();
        for (JsonNode argument : arguments) {
            sizes.add(of(argument));
        }
        return within(name, result(name, new Cost(kind, number), arguments, sizes));
    }

    private double result(String name, Cost cost, List<JsonNode> arguments, List<Double> sizes) throws TooLarge {
        double sum = NUMBER + sizes.stream().mapToDouble(Double::doubleValue).sum();
        double first = sizes.isEmpty() ? NUMBER : sizes.getFirst();
        double second = sizes.size() > 1 ? sizes.get(1) : NUMBER;
        return switch (cost.kind()) {
            case NUMBER -> fixed(NUMBER, sum, sizes);
            case TEXT -> fixed(TEXT, sum, sizes);
            case GROWS -> sum * cost.number();
            case QUOTES -> quoted(arguments, sizes);
            case PATH -> sum * path(name, arguments);
            case STRUCTURE -> structured(name, arguments, first, second);
            case TAKES -> taken(arguments, first, cost.number());
            case REPEATS -> first * count(name, arguments, 2);
            case PADS -> sum + NUMBER * count(name, arguments, cost.number());
            case FILLS -> sum + Math.max(NUMBER, sizes.size() > 2 ? sizes.get(2) : NUMBER) * count(name, arguments, 2);
            case SELECTS -> Math.max(first, first * second / NUMBER);
            case RANGE -> arguments.isEmpty() ? sum : NUMBER * elements(name, arguments);
            case FORMAT -> sum + width(name, arguments);
            case REPLACES -> sizes.size() < 3 ? sum : (first + 1) * Math.max(1, text(arguments.get(2), sizes.get(2)));
            case JOINS -> sum + text(arguments.getFirst(), first) * Math.max(sizes.size(), (sum - first) / REFERENCE);
            case JOINED -> sum * CHARACTER + first / NUMBER * text(arguments.get(1), second);
            case AGGREGATES -> aggregated(name, arguments, sizes, sum);
            case EDITS -> {
                if (!scale.growth()) {
                    pairs(name, first * second, PAIRS);
                }
                yield fixed(NUMBER, sum, sizes);
            }
            case TABLE -> {
                pairs(name, first * second * NUMBER, TABLE);
                yield NUMBER;
            }
            // Refused before, or without a result of their own.
            case MAPS, FILTERS, FOLDS, MACRO, CHANGING, ROWS, DEEP, WIDE, INTERNAL -> sum;
        };
    }

    /// A result of a fixed size. The work to make it counts like the arguments.
    private double fixed(double size, double sum, List<Double> sizes) {
        return scale.growth() || sizes.stream().allMatch(argument -> argument <= COLUMN) ? size : sum;
    }

    private static void pairs(String name, double needed, double most) throws TooLarge {
        if (needed > most) {
            throw new TooLarge(
                    "%s() compares each character of one text with each of the other, which takes too much memory and time for long texts. Bound both texts, for example with left(a, 200)"
                            .formatted(name));
        }
    }

    /// JSON of JSON is not quoted again.
    private double quoted(List<JsonNode> arguments, List<Double> sizes) {
        double quoted = NUMBER;
        for (int i = 0; i < arguments.size(); i++) {
            JsonNode argument = arguments.get(i);
            Cost inner = FunctionList.shipped().of(name(argument));
            boolean json = inner != null && (inner.kind() == Kind.QUOTES || inner.kind() == Kind.PATH);
            boolean plain = json || !argument.path("literal").isMissingNode();
            quoted += NUMBER + sizes.get(i) * (plain ? 2 : QUOTED);
        }
        return quoted;
    }

    /// How many times the result of a path may contain the document.
    private static double path(String name, List<JsonNode> arguments) throws TooLarge {
        JsonNode path = arguments.size() > 1 ? arguments.get(1) : MissingNode.getInstance();
        String literal = path.path("literal").path("text").asText();
        if (name(path).equals("list_value")) {
            return Math.max(1, arguments(path).size());
        }
        // DuckDB allows .. in a path only where it is constant.
        if (literal.contains("..") || literal.contains("**") || isComputedConstant(path)) {
            throw new TooLarge(
                    "%s() may make a value of the square of the document's size: its path has .. or is computed from constants. Write the path to the field as one text"
                            .formatted(name));
        }
        return literal.contains("*") ? REFERENCE : 1;
    }

    /// Whether DuckDB may compute an expression while it plans.
    private static boolean isComputedConstant(JsonNode node) {
        boolean plain = node.isMissingNode() || !node.path("literal").isMissingNode() || constant(node) != null;
        return !plain
                && (node.findValue("column_names") == null
                        || node.findValuesAsText("class").contains("LAMBDA"));
    }

    private static double structured(String name, List<JsonNode> arguments, double document, double structure)
            throws TooLarge {
        JsonNode literal =
                arguments.size() > 1 ? arguments.get(1).path("literal").path("text") : null;
        if (literal == null || !literal.isTextual() || levels(literal.asText()) > LEVELS) {
            throw new TooLarge(
                    "%s() must have a literal text of at most %d levels as its second argument. Write the structure as one text"
                            .formatted(name, LEVELS));
        }
        return literal.asText().contains("[")
                ? document * Math.max(REFERENCE, structure)
                : document * 2 + REFERENCE * structure;
    }

    private static int levels(String text) {
        int level = 0;
        int most = 0;
        for (char c : text.toCharArray()) {
            if (c == '[' || c == '{') {
                most = Math.max(most, ++level);
            } else if (c == ']' || c == '}') {
                level--;
            }
        }
        return most;
    }

    private static double taken(List<JsonNode> arguments, double whole, int number) {
        Double most = arguments.size() < number ? null : constant(arguments.get(number - 1));
        return most == null || most < 0 ? whole : Math.min(whole, CHARACTER * most);
    }

    private double aggregated(String name, List<JsonNode> arguments, List<Double> sizes, double sum) throws TooLarge {
        JsonNode aggregate =
                arguments.size() > 1 ? arguments.get(1).path("literal").path("text") : null;
        if (aggregate == null
                || !aggregate.isTextual()
                || !FunctionList.shipped().hasAggregate(aggregate.asText().toLowerCase(Locale.ROOT))) {
            throw new TooLarge(
                    "%s() may make a value of any kind. Write the name of an aggregate function as a text, such as 'sum'; docs/reference/job-file.md lists them under «Functions»"
                            .formatted(name));
        }
        double separator = arguments.size() > 2 ? text(arguments.get(2), sizes.get(2)) : 1;
        return sum * CHARACTER + sizes.getFirst() / NUMBER * separator;
    }

    private double macro(String name, List<JsonNode> arguments) throws TooLarge {
        List<Double> sizes = new ArrayList<>();
        for (JsonNode argument : arguments) {
            sizes.add(of(argument));
        }
        double most = NUMBER;
        for (Macro macro : macros.apply(name)) {
            Map<String, Double> inner = new HashMap<>();
            for (int i = 0; i < Math.min(sizes.size(), macro.parameters().size()); i++) {
                inner.put(macro.parameters().get(i), sizes.get(i));
            }
            if (macro.parameters().size() >= sizes.size()) {
                most = Math.max(most, new ExpressionCost(scale, macros, inner, lambdas).of(macro.definition()));
            }
        }
        return within(name, most);
    }

    /// The bytes of a text that takes the place of another one.
    private static double text(JsonNode argument, double size) {
        JsonNode literal = argument.path("literal");
        return literal.isMissingNode() ? size : literal.path("text").asText().length();
    }

    /// A lambda costs most if the list has many small elements, or a single large one.
    private double overElements(String name, Kind kind, List<JsonNode> arguments) throws TooLarge {
        double list = of(arguments.getFirst());
        JsonNode lambda = arguments.getLast();
        double many = list / NUMBER * body(lambda, NUMBER);
        double large = body(lambda, list);
        if (kind == Kind.FILTERS && scale.growth()) {
            return list;
        }
        double mapped = within(name, Math.max(many, large));
        return kind == Kind.FILTERS ? list : mapped;
    }

    private double folded(String name, List<JsonNode> arguments) throws TooLarge {
        double list = of(arguments.getFirst());
        double first = arguments.size() > 2 ? Math.max(list, of(arguments.get(2))) : list;
        JsonNode lambda = arguments.get(1);
        double second = Math.max(first, body(lambda, first));
        double third = Math.max(second, body(lambda, second));
        double grown = third - second;
        if (grown > second - first + NUMBER) {
            // Each element multiplies the result.
            return within(name, Double.MAX_VALUE);
        }
        return within(name, third + grown * list / NUMBER);
    }

    /// The bytes of a lambda's result.
    ///
    /// @param size of each of its parameters
    private double body(JsonNode lambda, double size) throws TooLarge {
        if (!lambda.path("class").asText().equals("LAMBDA")) {
            return of(lambda);
        }
        if (lambdas == LAMBDAS) {
            throw new TooLarge("lambdas may make a plan that takes too long: they are nested more than %d levels deep"
                    .formatted(LAMBDAS));
        }
        Map<String, Double> inner = new HashMap<>(parameters);
        lambda.path("lhs")
                .findValues("column_names")
                .forEach(names -> inner.put(names.path(0).asText(), size));
        return new ExpressionCost(scale, macros, inner, lambdas + 1).of(lambda.path("expr"));
    }

    private static List<JsonNode> arguments(JsonNode call) {
        List<JsonNode> arguments = new ArrayList<>();
        call.path("arguments").forEach(argument -> arguments.add(argument.path("expression")));
        return arguments;
    }

    private static String name(JsonNode call) {
        return call.path("function_name").asText().toLowerCase(Locale.ROOT);
    }

    private double count(String name, List<JsonNode> arguments, int number) throws TooLarge {
        return arguments.size() < number ? 1 : count(name, arguments.get(number - 1));
    }

    /// The number of repetitions.
    private double count(String name, JsonNode argument) throws TooLarge {
        Double constant = constant(argument);
        if (constant != null) {
            return Math.max(1, constant);
        }
        if (argument.path("class").asText().equals("FUNCTION") && LENGTHS.contains(name(argument))) {
            return of(argument.path("arguments").path(0).path("expression"));
        }
        throw new TooLarge(
                "%s() may make a value of any size. Write its size as a number, or as the length() of a column"
                        .formatted(name));
    }

    private double elements(String name, List<JsonNode> arguments) throws TooLarge {
        double end = count(name, arguments.get(arguments.size() == 1 ? 0 : 1));
        Double start = arguments.size() == 1 ? Double.valueOf(0) : constant(arguments.getFirst());
        Double step = arguments.size() < 3 ? Double.valueOf(1) : constant(arguments.get(2));
        if (start == null || step == null || step == 0) {
            throw new TooLarge(
                    "%s() may make a list of any length. Write its start and step as numbers".formatted(name));
        }
        return Math.abs(end - start) / Math.abs(step) + 1;
    }

    /// The sum of the widths and precisions in a format.
    private double width(String name, List<JsonNode> arguments) throws TooLarge {
        JsonNode literal = arguments.isEmpty() ? null : arguments.getFirst().get("literal");
        String format = literal == null ? "*" : literal.path("text").asText();
        if (format.contains("*") || format.matches("(?s).*\\{[^}]*\\{.*")) {
            throw new TooLarge("%s() may make a text of any length. Write its format as a text, with numbers as widths"
                    .formatted(name));
        }
        double width = 0;
        for (Matcher digits = DIGITS.matcher(format); digits.find(); ) {
            width += Double.parseDouble(digits.group());
        }
        return width;
    }

    private static @Nullable Double constant(JsonNode node) {
        if (node.path("class").asText().equals("CAST")) {
            return constant(node.path("child"));
        }
        if (node.path("class").asText().equals("FUNCTION")
                && node.path("function_name").asText().equals("-")
                && node.path("arguments").size() == 1) {
            Double positive = constant(node.path("arguments").path(0).path("expression"));
            return positive == null ? null : Double.valueOf(-positive);
        }
        try {
            JsonNode text = node.path("literal").path("text");
            return text.isTextual() ? Double.valueOf(new BigDecimal(text.asText()).doubleValue()) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private double within(String name, double bytes) throws TooLarge {
        if (bytes <= scale.most()) {
            return bytes;
        }
        String called = name.toLowerCase(Locale.ROOT);
        throw new TooLarge(
                scale.growth()
                        ? "%s() may make a value that is too large: it grows faster than the row. Bound the texts in it, for example with left(a, 200)"
                                .formatted(called)
                        : "%s() may make a value that is too large: about %,.0f bytes for a row, and at most %,.0f are allowed"
                                .formatted(called, bytes, MOST));
    }

    /// How many nodes an expression has after DuckDB has substituted the arguments of macros. DuckDB copies the
    /// first operand of BETWEEN, too.
    ///
    /// @param macros the definitions of a macro; empty for a function
    private record Repetition(Function<String, List<Macro>> macros) {

        double of(JsonNode node, Map<String, Double> parameters) {
            String kind = node.path("class").asText();
            if (kind.equals("COLUMN_REF")) {
                return parameters.getOrDefault(node.path("column_names").path(0).asText(), 1.0);
            }
            List<Macro> known = kind.equals("FUNCTION") ? macros.apply(name(node)) : List.of();
            if (!known.isEmpty()) {
                return expanded(node, known, parameters);
            }
            double nodes = kind.isEmpty() ? 0 : 1;
            for (Map.Entry<String, JsonNode> child : node.properties()) {
                double inner = of(child.getValue(), parameters);
                nodes += kind.equals("BETWEEN") && child.getKey().equals("input") ? 2 * inner : inner;
            }
            for (JsonNode element : node.isArray() ? node : List.<JsonNode>of()) {
                nodes += of(element, parameters);
            }
            return nodes;
        }

        private double expanded(JsonNode call, List<Macro> known, Map<String, Double> parameters) {
            List<Double> sizes = arguments(call).stream()
                    .map(argument -> of(argument, parameters))
                    .toList();
            double most = 0;
            for (Macro macro : known) {
                Map<String, Double> inner = new HashMap<>();
                for (int i = 0; i < Math.min(sizes.size(), macro.parameters().size()); i++) {
                    inner.put(macro.parameters().get(i), sizes.get(i));
                }
                most = Math.max(most, of(macro.definition(), inner));
            }
            return most;
        }
    }
}
