package io.nightshift.source.changed;

import io.nightshift.protocol.job.Job;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.duckdb.Sql;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/// The key and the fingerprint of a row, as SQL over a source's columns: 63 bits of an MD5 each. They depend on the
/// texts of the values alone. If a later DuckDB writes a value in another way, its row counts as changed.
final class RowFingerprint {

    private RowFingerprint() {}

    /// NULL for a row without an id, or for which it can't be computed.
    static String key(Job.Source source) {
        String id = SourceRelation.id(source, Objects.requireNonNull(source.id()));
        return hash("CAST(%s AS VARCHAR)".formatted(id));
    }

    /// Distinguishes NULL from every text, and values of one column from those of the next.
    static String of(Job.Source source, List<String> columns) {
        return hash(columns.stream()
                .map(column -> "TRY(CAST(%s AS VARCHAR))".formatted(expression(source, column)))
                .map(text -> "coalesce(length(%1$s) || ':' || %1$s, '-')".formatted(text))
                .collect(Collectors.joining(" || ")));
    }

    static String expression(Job.Source source, String column) {
        String computed = source.select().get(column);
        return computed == null ? Sql.name(column) : "(" + computed + "\n)";
    }

    private static String hash(String text) {
        return "CAST(md5_number_lower(%s) >> 1 AS BIGINT)".formatted(text);
    }
}
