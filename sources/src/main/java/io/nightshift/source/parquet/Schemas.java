package io.nightshift.source.parquet;

import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.files.SourceFiles;
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

/// Groups files that are read alike, so that one query can read them together. DuckDB takes far longer to
/// plan a query that reads each of many small files separately than to run it.
final class Schemas {

    private Schemas() {}

    /// For each file its columns as a text, equal where names, types and order are. For files that an earlier
    /// version of Nightshift pinned, without their schemas.
    private static Map<String, String> of(Connection connection, List<SourceFile> pinned, SourceFiles files)
            throws SQLException {
        String sql = """
                SELECT file_name, string_agg(concat_ws(':', name, type, duckdb_type, num_children), ',' ORDER BY column_id)
                FROM parquet_schema(%s) GROUP BY 1
                """.formatted(Sql.files(
                pinned.stream().map(file -> files.localPath(file).toString()).toList()));
        Map<String, String> schemas = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                schemas.put(rows.getString(1), rows.getString(2));
            }
        }
        return schemas;
    }

    /// Groups whole files that are read alike; a slice that is only a part of its file is a group of its own.
    static List<List<Slice>> group(Connection connection, List<Slice> slices, SourceFiles files) throws SQLException {
        if (slices.size() == 1) {
            return List.of(slices);
        }
        List<SourceFile> unknown = slices.stream()
                .map(Slice::file)
                .filter(file -> file.schema() == null)
                .distinct()
                .toList();
        Map<String, String> schemas = unknown.isEmpty() ? Map.of() : of(connection, unknown, files);
        Map<String, List<Slice>> whole = new LinkedHashMap<>();
        List<List<Slice>> groups = new ArrayList<>();
        for (Slice slice : slices) {
            SourceFile file = slice.file();
            if (slice.rows() < file.rows()) {
                groups.add(List.of(slice));
                continue;
            }
            String schema = file.schema() == null
                    ? Objects.requireNonNull(schemas.get(files.localPath(file).toString()))
                    : file.schema();
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
