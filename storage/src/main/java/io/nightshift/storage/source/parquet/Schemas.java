package io.nightshift.storage.source.parquet;

import io.nightshift.protocol.plan.Slice;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Groups files that have the same columns, so that one query can read them together. DuckDB takes far
/// longer to plan a query that reads each of many small files separately than to run it.
final class Schemas {

    private Schemas() {}

    /// For each file its columns as a text, equal where names, types and order are.
    static Map<String, String> of(Connection connection, List<String> files) throws SQLException {
        String sql = """
                SELECT file_name, string_agg(concat_ws(':', name, type, duckdb_type, num_children), ',' ORDER BY column_id)
                FROM parquet_schema(%s) GROUP BY 1
                """.formatted(Sql.files(files));
        Map<String, String> schemas = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                schemas.put(rows.getString(1), rows.getString(2));
            }
        }
        return schemas;
    }

    /// Groups whole files of equal columns; a slice that is only a part of its file is a group of its own.
    static List<List<Slice>> group(Connection connection, List<Slice> slices) throws SQLException {
        if (slices.size() == 1) {
            return List.of(slices);
        }
        List<String> files =
                slices.stream().map(slice -> slice.file().path()).distinct().toList();
        Map<String, String> schemas = of(connection, files);
        Map<String, List<Slice>> whole = new LinkedHashMap<>();
        List<List<Slice>> groups = new ArrayList<>();
        for (Slice slice : slices) {
            if (slice.rows() < slice.file().rows()) {
                groups.add(List.of(slice));
                continue;
            }
            String schema = Objects.requireNonNull(schemas.get(slice.file().path()));
            whole.computeIfAbsent(schema, first -> {
                        List<Slice> group = new ArrayList<>();
                        groups.add(group);
                        return group;
                    })
                    .add(slice);
        }
        return groups;
    }
}
