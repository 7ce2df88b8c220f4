package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Choice;
import io.nightshift.protocol.job.ValueType.Renames;
import io.nightshift.protocol.job.ValueType.Section;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Rows that add columns to the rows of a source: each row of the source gets those of the one row with the same
/// key. No key is in a lookup twice, so no row of the source is multiplied.
///
/// @param input where the lookup's rows are
/// @param on the columns of the key: by the name of a column of the source, or of a lookup before this one,
///     the name of the lookup's column; at least one
/// @param columns the added columns: by the name that each gets, the name of the lookup's column; may be empty if
///     `inner`
/// @param inner whether a row of the source without a match is left out. If not, its added columns are NULL
public record Lookup(Input input, Map<String, String> on, Map<String, String> columns, boolean inner) {

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
                                            .or("left")))
                    .toList(),
            Kinds.INPUTS.stream().map(Kind::name).toList());

    public Lookup {
        on = Collections.unmodifiableMap(new LinkedHashMap<>(on));
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
        if (on.isEmpty() || (columns.isEmpty() && !inner)) {
            throw new IllegalArgumentException("a lookup without a key, or without an effect");
        }
    }

    /// @param values of a job file
    /// @param section the path of the lookup's section
    static Lookup read(JobValues values, String section) {
        JobValues own = values.below(section);
        return new Lookup(
                Kinds.input(values, section),
                own.expressions("on"),
                own.expressions("columns"),
                own.text("type").equals("inner"));
    }

    /// The values of the keys that are not of the input's kind, as [Kind] writes them.
    Map<String, Object> write() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("on", names(on));
        values.put("columns", names(columns));
        values.put("type", inner ? "inner" : "left");
        return values;
    }

    /// A list, if no column gets another name.
    private static Object names(Map<String, String> renames) {
        boolean isList =
                renames.entrySet().stream().allMatch(entry -> entry.getKey().equals(entry.getValue()));
        return isList ? new ArrayList<>(renames.keySet()) : renames;
    }

    /// The columns of the lookup that are read, in order, each once.
    public List<String> read() {
        return Stream.concat(on.values().stream(), columns.values().stream())
                .distinct()
                .toList();
    }

    @Override
    public String toString() {
        return input.toString();
    }
}
