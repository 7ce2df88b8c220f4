package io.nightshift.storage.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// An upper bound of the bytes that an expression may need for one row, computed from its text. DuckDB's
/// memory limit does not count texts and lists while a function makes them, and DuckDB does not interrupt a
/// function. So `repeat('x', 1000000000)` would take gigabytes, and already at planning, because it is a
/// constant. An expression that may grow that much is refused before DuckDB computes anything.
///
/// A column counts as [#COLUMN] bytes, whatever it holds, so the bound limits how much an expression can
/// multiply what is in the row. Time is bounded with it: every function that jobs may call takes time that
/// depends on the size of its arguments and of its result.
final class ExpressionSize {

    /// The bytes that a value of a column counts as.
    static final double COLUMN = 64;

    /// The most bytes of a value, or of one on the way to it, for a row. DuckDB computes 2,048 rows at once.
    static final double MOST = 1 << 16;

    private static final double NUMBER = 8;

    /// Iterations of a fold after which its growth is known.
    private static final int FOLDS = 32;

    private static final Set<String> NUMERIC =
            Set.of("+", "-", "*", "/", "//", "%", "**", "^", "&", "|", "~", "<<", ">>");
    private static final Set<String> REPEATING = Set.of("repeat");
    private static final Set<String> PADDING = Set.of("lpad", "rpad", "bitstring", "list_resize", "array_resize");
    private static final Set<String> RANGES = Set.of("range", "generate_series");
    private static final Set<String> FORMATS = Set.of("printf", "format");
    private static final Set<String> REPLACING = Set.of("replace", "regexp_replace");
    private static final Set<String> MAPPING =
            Set.of("list_transform", "array_transform", "list_apply", "array_apply", "apply");
    private static final Set<String> FILTERS = Set.of("list_filter", "array_filter", "filter");
    private static final Set<String> FOLDING = Set.of("list_reduce", "array_reduce", "reduce");
    private static final Set<String> LENGTHS = Set.of("len", "length", "strlen", "array_length");

    /// Functions whose result may be longer than their arguments by this factor.
    private static final Map<String, Double> FACTORS = Map.of("bin", 8.0, "to_binary", 8.0, "url_encode", 3.0);

    private static final Pattern DIGITS = Pattern.compile("[0-9]+");

    /// A bound that is too large.
    static final class TooLarge extends Exception {
        private static final long serialVersionUID = 1L;

        private TooLarge(String message) {
            super(message, null, false, false);
        }
    }

    private final Map<String, Double> parameters;

    private ExpressionSize(Map<String, Double> parameters) {
        this.parameters = parameters;
    }

    /// @param expression as DuckDB's parser gives it
    /// @throws TooLarge if a value may need more than [#MOST] bytes, with a reason that follows the expression
    static void check(JsonNode expression) throws TooLarge {
        new ExpressionSize(Map.of()).of(expression);
    }

    private double of(JsonNode node) throws TooLarge {
        return switch (node.path("class").asText()) {
            case "COLUMN_REF" ->
                parameters.getOrDefault(node.path("column_names").path(0).asText(), COLUMN);
            case "CONSTANT" ->
                Math.max(NUMBER, node.path("literal").path("text").asText().length());
            case "FUNCTION" -> function(node);
            // A text in a text is quoted again.
            case "CAST" -> within("CAST", 2 * of(node.path("child")));
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

    private double function(JsonNode call) throws TooLarge {
        String name = call.path("function_name").asText().toLowerCase(Locale.ROOT);
        List<JsonNode> arguments = new ArrayList<>();
        call.path("arguments").forEach(argument -> arguments.add(argument.path("expression")));
        if (MAPPING.contains(name) || FILTERS.contains(name)) {
            return overElements(name, arguments);
        }
        if (FOLDING.contains(name)) {
            return folded(name, arguments);
        }
        List<Double> sizes = new ArrayList<>();
        for (JsonNode argument : arguments) {
            sizes.add(of(argument));
        }
        double sum = NUMBER + sizes.stream().mapToDouble(Double::doubleValue).sum();
        if (NUMERIC.contains(name) && sizes.stream().allMatch(size -> size <= COLUMN)) {
            return NUMBER;
        }
        if (REPEATING.contains(name) && arguments.size() == 2) {
            return within(name, sizes.getFirst() * count(name, arguments.get(1)));
        }
        if (PADDING.contains(name) && arguments.size() > 1) {
            return within(name, sum + NUMBER * count(name, arguments.get(1)));
        }
        if (RANGES.contains(name)) {
            return within(name, NUMBER * elements(name, arguments));
        }
        if (FORMATS.contains(name)) {
            return within(name, sum + width(name, arguments));
        }
        if (REPLACING.contains(name) && arguments.size() > 2) {
            return within(name, (sizes.getFirst() + 1) * Math.max(1, text(arguments.get(2), sizes.get(2))));
        }
        boolean quotes = name.contains("json");
        return within(name, sum * (quotes ? 2 : FACTORS.getOrDefault(name, 1.0)));
    }

    /// The bytes of a text that takes the place of another one.
    private static double text(JsonNode argument, double size) {
        JsonNode literal = argument.path("literal");
        return literal.isMissingNode() ? size : literal.path("text").asText().length();
    }

    /// A lambda costs most if the list has many small elements, or a single large one.
    private double overElements(String name, List<JsonNode> arguments) throws TooLarge {
        double list = of(arguments.getFirst());
        JsonNode lambda = arguments.getLast();
        double many = list / NUMBER * body(lambda, NUMBER);
        double large = body(lambda, list);
        double mapped = within(name, Math.max(many, large));
        return FILTERS.contains(name) ? list : mapped;
    }

    private double folded(String name, List<JsonNode> arguments) throws TooLarge {
        double list = of(arguments.getFirst());
        double folded = arguments.size() > 2 ? Math.max(list, of(arguments.get(2))) : list;
        JsonNode lambda = arguments.get(1);
        for (int i = 0; i < FOLDS; i++) {
            folded = within(name, body(lambda, folded));
        }
        return folded;
    }

    /// The bytes of a lambda's result.
    ///
    /// @param size of each of its parameters
    private double body(JsonNode lambda, double size) throws TooLarge {
        if (!lambda.path("class").asText().equals("LAMBDA")) {
            return of(lambda);
        }
        Map<String, Double> inner = new HashMap<>(parameters);
        lambda.path("lhs")
                .findValues("column_names")
                .forEach(names -> inner.put(names.path(0).asText(), size));
        return new ExpressionSize(inner).of(lambda.path("expr"));
    }

    /// The number of repetitions.
    private double count(String name, JsonNode argument) throws TooLarge {
        Double constant = constant(argument);
        if (constant != null) {
            return Math.max(1, constant);
        }
        if (argument.path("class").asText().equals("FUNCTION")
                && LENGTHS.contains(argument.path("function_name").asText().toLowerCase(Locale.ROOT))) {
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

    private static double within(String name, double bytes) throws TooLarge {
        if (bytes > MOST) {
            throw new TooLarge(
                    "%s() may make a value that is too large: about %,.0f bytes for a row, and at most %,.0f are allowed"
                            .formatted(name.toLowerCase(Locale.ROOT), bytes, MOST));
        }
        return bytes;
    }
}
