package io.nightshift.nemesis.workload;

import io.nightshift.testing.PublishedParquet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The folder of an Iceberg or Delta table, or a copy of its objects.
///
/// @param path the folder
/// @param named the paths of the data files that the newest state of the table names
record TableFolder(Path path, Set<String> named) {

    /// As [BatchOutput#digest()].
    String digest() throws SQLException {
        return PublishedParquet.query("""
                SELECT count(*) || ':' || count(DISTINCT (record_file, record_row)) || ':'
                  || md5(string_agg(t::VARCHAR, '|' ORDER BY record_file, record_row))
                FROM (SELECT COLUMNS(lambda name: name NOT IN ('batch_id', 'predicted_at')) FROM %s) AS t
                """.formatted(predictions()));
    }

    /// The rows of the table in DuckDB's SQL.
    private String predictions() {
        return named.stream()
                .map(file -> "'" + file + "'")
                .collect(Collectors.joining(", ", "read_parquet([", "], hive_partitioning = false)"));
    }

    /// As [BatchOutput#visibleRows()].
    ///
    /// @param output the name of the destination
    List<VisibleRows> visibleRows(String output) throws SQLException {
        String quarantined = OutputFormat.PARQUET.quarantined(path.resolve("nightshift"));
        return List.of(VisibleRows.of(output, OutputFormat.positions(predictions()), quarantined));
    }

    /// The staged files of attempts, and data files that the table doesn't name.
    String leftovers() throws IOException {
        TreeSet<String> left = new TreeSet<>();
        try (Stream<Path> all = Files.exists(path) ? Files.walk(path) : Stream.empty()) {
            all.map(file -> path.relativize(file).toString())
                    .filter(file -> file.contains("/part-") || file.contains(".staging") || file.contains("attempt"))
                    .forEach(left::add);
        }
        named.forEach(file -> left.remove(path.relativize(Path.of(file)).toString()));
        return String.join(", ", left);
    }
}
