package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Renames;
import io.nightshift.protocol.job.ValueType.Section;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Rows that add columns to the rows of a source: each row of the source gets those of the one row with the same
/// key, or of the latest one at a time of the row. No key is in a lookup twice, so no row of the source is
/// multiplied.
///
/// @param input where the lookup's rows are
/// @param on the columns of the key: by the name of a column of the source, or of a lookup before this one,
///     the name of the lookup's column; at least one
/// @param columns the added columns: by the name that each gets, the name of the lookup's column; may be empty if
///     `inner`
/// @param inner whether a row of the source without a match is left out. If not, its added columns are NULL
/// @param asOf if a key has a row for each time from which its values are valid: a column of the source with a
///     time, and by its name the lookup's column with those times. The latest one that is not after the source's
///     time matches. Otherwise empty
/// @param tolerance the longest time from the lookup's time to the source's at which a row matches; null if
///     there is no limit
public record Lookup(
        Input input,
        Map<String, String> on,
        Map<String, String> columns,
        boolean inner,
        Map<String, String> asOf,
        @Nullable Duration tolerance) {

    static final Section KEYS = new Section(
            Stream.concat(
                            Kinds.INPUTS.stream().map(Kind::key),
                            Stream.of(
                                    JobKey.required(
                                            "on",
                                            new Renames(1),
                                            "The key: columns of the source that are also columns of the lookup, or a map of columns of the source to columns of the lookup.",
                                            "customer_id"),
                                    JobKey.optional(
                                                    "columns",
                                                    new Renames(0),
                                                    "The columns that the lookup adds, or a map of their new names to columns of the lookup.",
                                                    "[segment, credit_limit]")
                                            .or(Map.of()),
                                    JobKey.optional(
                                                    "type",
                                                    new Choice(List.of("left", "inner")),
                                                    "What happens to a row without a match: `left` keeps it, and the added columns are NULL; `inner` leaves it out.",
                                                    "inner")
                                            .or("left"),
                                    JobKey.optional(
                                                    "as-of",
                                                    new Renames(1),
                                                    "For a lookup with several rows for each key, each valid from a time on: the column with a time that the source and the lookup have, or the source's column and the lookup's. The latest row of the lookup that is not after the time of the source's row matches.",
                                                    "{ordered_at: valid_from}")
                                            .or(Map.of()),
                                    JobKey.optional(
                                                    "tolerance",
                                                    new ValueType.Time(),
                                                    "How long a row of the lookup is valid at most. Without this key, there is no limit.",
                                                    "7d")
                                            .with("as-of")))
                    .toList(),
            Kinds.INPUTS.stream().map(Kind::name).toList());

    public Lookup {
        on = Collections.unmodifiableMap(new LinkedHashMap<>(on));
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
        asOf = Map.copyOf(asOf);
        if (on.isEmpty() || (columns.isEmpty() && !inner)) {
            throw new IllegalArgumentException("a lookup without a key, or without an effect");
        }
        if (asOf.size() > 1 || (asOf.isEmpty() && tolerance != null)) {
            throw new IllegalArgumentException("a lookup with several times, or a tolerance without a time");
        }
    }

    /// A lookup that has each key once.
    public Lookup(Input input, Map<String, String> on, Map<String, String> columns, boolean inner) {
        this(input, on, columns, inner, Map.of(), null);
    }

    /// @param values of a job file
    /// @param section the path of the lookup's section
    static Lookup read(JobValues values, String section) {
        JobValues own = values.below(section);
        return new Lookup(
                Kinds.input(values, section),
                own.expressions("on"),
                own.expressions("columns"),
                own.text("type").equals("inner"),
                own.expressions("as-of"),
                own.timeOrNull("tolerance"));
    }

    /// The values of the keys that are not of the input's kind, as [Kind] writes them.
    Map<String, Object> write() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("on", names(on));
        values.put("columns", names(columns));
        values.put("type", inner ? "inner" : "left");
        if (!asOf.isEmpty()) {
            values.put("as-of", asOf);
        }
        if (tolerance != null) {
            values.put("tolerance", JobText.text(tolerance));
        }
        return values;
    }

    /// A list, if no column gets another name.
    private static Object names(Map<String, String> renames) {
        boolean isList =
                renames.entrySet().stream().allMatch(entry -> entry.getKey().equals(entry.getValue()));
        return isList ? new ArrayList<>(renames.keySet()) : renames;
    }

    /// The columns by which rows match: those of the key, and of the time if there is one. By the name of a column
    /// of the source, the lookup's.
    public Map<String, String> matched() {
        Map<String, String> matched = new LinkedHashMap<>(on);
        matched.putAll(asOf);
        return matched;
    }

    /// The columns of the lookup that are read, in order, each once.
    public List<String> read() {
        return Stream.concat(matched().values().stream(), columns.values().stream())
                .distinct()
                .toList();
    }

    @Override
    public String toString() {
        return input.toString();
    }
}
