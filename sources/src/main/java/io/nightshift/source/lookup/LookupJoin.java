package io.nightshift.source.lookup;

import io.nightshift.protocol.job.Lookup;
import io.nightshift.storage.duckdb.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The SQL that joins rows of a source with a loaded lookup.
///
/// A lookup with times has two forms with the same result. DuckDB's ASOF JOIN sorts the whole lookup for each
/// query. A hash join compares each row of the source with all rows of its key, and finds the one that is valid at
/// its time by when each row ends, which was computed when the lookup was loaded. The second is faster unless
/// keys have very many rows: with 10 million rows, ten for each key, it took 0.25 s for 100,000 rows of a source,
/// and the first took 8.8 s. See `docs/decisions/0028-lookups.md`.
///
/// @param rows of the source that are joined, approximately
record LookupJoin(Lookup lookup, LookupTables.Loaded loaded, long rows) {

    /// How much longer it takes to sort a row than to compare two, as `bench/as-of-lookups.sh` measures it.
    private static final double SORTING = 35;

    /// The column with the time from which the key's next row is valid; NULL if there is none.
    static String next(Lookup lookup) {
        return free(lookup, "nightshift_next");
    }

    /// The column with the last time at which a row is valid, by its tolerance; NULL if it is beyond all times.
    static String last(Lookup lookup) {
        return free(lookup, "nightshift_last");
    }

    /// A name that no column of the lookup has.
    private static String free(Lookup lookup, String name) {
        return lookup.read().stream().anyMatch(name::equalsIgnoreCase) ? free(lookup, name + "_") : name;
    }

    /// @param found the name of the column that says whether a row has a match; null if no column is needed
    String join(String from, @Nullable String found) {
        boolean sorts = sorts();
        List<String> conditions = new ArrayList<>();
        lookup.on().forEach((own, other) -> conditions.add("%s = %s".formatted(own(own), other(other))));
        List<String> limits = new ArrayList<>();
        lookup.asOf().forEach((own, other) -> {
            conditions.add("%s >= %s".formatted(own(own), other(other)));
            if (!sorts) {
                conditions.add("(%2$s IS NULL OR %1$s < %2$s)".formatted(own(own), other(next(lookup))));
            }
            if (lookup.tolerance() != null) {
                // An ASOF JOIN has one inequality only.
                (sorts ? limits : conditions)
                        .add("(%2$s IS NULL OR %1$s <= %2$s)".formatted(own(own), other(last(lookup))));
            }
        });
        Stream<String> added = lookup.columns().entrySet().stream()
                .map(column ->
                        "%s AS %s".formatted(within(limits, other(column.getValue())), Sql.name(column.getKey())));
        Stream<String> match = Stream.ofNullable(found)
                .map(name -> "%s IS NOT NULL AS %s".formatted(within(limits, other(anyKey())), name));
        return "(SELECT nightshift_m.*, %s FROM %s AS nightshift_m %sLEFT JOIN %s AS nightshift_l ON %s)"
                .formatted(
                        Stream.concat(added, match).collect(Collectors.joining(", ")),
                        from,
                        sorts ? "ASOF " : "",
                        Sql.name(loaded.table()),
                        String.join(" AND ", conditions));
    }

    private boolean sorts() {
        LookupTables.Versions versions = loaded.versions();
        return versions != null && versions.perKey() * rows > SORTING * (rows + versions.rows());
    }

    private String anyKey() {
        return lookup.on().values().iterator().next();
    }

    private static String within(List<String> limits, String column) {
        return limits.isEmpty() ? column : "CASE WHEN %s THEN %s END".formatted(String.join(" AND ", limits), column);
    }

    private static String own(String column) {
        return "nightshift_m." + Sql.name(column);
    }

    private static String other(String column) {
        return "nightshift_l." + Sql.name(column);
    }
}
