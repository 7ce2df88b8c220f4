package io.nightshift.source;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The functions that expressions may call, with an upper bound of the cost of each: the file `functions.txt`,
/// which people have reviewed. Functions that it does not list are refused.
final class FunctionList {

    /// The file.
    static final String FILE = "functions.txt";

    /// How the size of a function's result depends on its arguments, and why some functions are refused.
    /// The comments in the file say what each means.
    enum Kind {
        NUMBER,
        TEXT,
        GROWS,
        QUOTES,
        PATH,
        STRUCTURE,
        TAKES,
        REPEATS,
        PADS,
        FILLS,
        SELECTS,
        RANGE,
        FORMAT,
        REPLACES,
        JOINS,
        JOINED,
        AGGREGATES,
        MAPS,
        FILTERS,
        FOLDS,
        EDITS,
        TABLE,
        MACRO,
        CHANGING(" depends on more than the row, so a score could not be repeated."
                + " Write the value itself; it can be overridden with --set"),
        ROWS(" does not give one value for one row"),
        DEEP(" ends the process if a value is nested deeply. Use json_exists(), json_extract() or list_contains()"),
        WIDE(" may make a value of the square of its argument's size. Use the JSON as it is"),
        INTERNAL(" is not among the functions that expressions may call;"
                + " docs/reference/job-file.md lists them under «Functions»");

        private final @Nullable String refusal;

        Kind() {
            this.refusal = null;
        }

        Kind(String refusal) {
            this.refusal = refusal;
        }

        /// Why functions of this kind are refused, after their name; null if they are allowed.
        @Nullable
        String refusal() {
            return refusal;
        }
    }

    /// @param number a factor, or the number of an argument from 1; 0 if the kind has none
    record Cost(Kind kind, int number) {}

    private static final String AGGREGATE = "aggregate";
    private static final FunctionList SHIPPED = read();

    private final Map<String, Cost> costs = new TreeMap<>();
    private final Map<String, Cost> families = new HashMap<>();
    private final Set<String> aggregates = new HashSet<>();

    private FunctionList() {}

    /// The list in the file.
    static FunctionList shipped() {
        return SHIPPED;
    }

    private static FunctionList read() {
        try (InputStream in = FunctionList.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is missing");
            }
            return parsed(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FunctionList parsed(String text) {
        FunctionList list = new FunctionList();
        Cost cost = null;
        for (String line : text.lines().toList()) {
            if (line.startsWith("[") && line.endsWith("]")) {
                String section = line.substring(1, line.length() - 1);
                cost = section.equals(AGGREGATE) ? null : cost(section);
            } else if (!line.startsWith("# ") && !line.equals("#") && !line.isBlank()) {
                list.add(List.of(line.split(" ")), cost);
            }
        }
        return list;
    }

    private static Cost cost(String section) {
        String[] words = section.replace("refused ", "").split(" ");
        return new Cost(
                Kind.valueOf(words[0].toUpperCase(Locale.ROOT)), words.length > 1 ? Integer.parseInt(words[1]) : 0);
    }

    private void add(List<String> names, @Nullable Cost cost) {
        for (String name : names) {
            if (cost == null) {
                aggregates.add(name);
            } else if (name.length() > 2 && name.endsWith("_*")) {
                families.put(name.substring(0, name.length() - 1), cost);
            } else if (costs.put(name, cost) != null) {
                throw new IllegalStateException(FILE + " has " + name + " twice");
            }
        }
    }

    /// The cost of a function, or null if the list does not have it.
    ///
    /// @param name in lower case
    @Nullable
    Cost of(String name) {
        Cost own = costs.get(name);
        if (own != null) {
            return own;
        }
        return families.entrySet().stream()
                .filter(family -> name.startsWith(family.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    /// Whether list functions may name an aggregate function.
    boolean hasAggregate(String name) {
        return aggregates.contains(name);
    }

    /// The functions that expressions may call.
    List<String> allowed() {
        return costs.entrySet().stream()
                .filter(function -> function.getValue().kind().refusal() == null)
                .map(Map.Entry::getKey)
                .toList();
    }

    /// The aggregate functions that list functions may name.
    Set<String> aggregates() {
        return aggregates;
    }

    /// The listed functions and their costs, by name.
    Map<String, Cost> all() {
        return costs;
    }
}
