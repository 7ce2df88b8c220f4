package io.nightshift.source.parquet;

import io.nightshift.protocol.job.NewTimes;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// Finds the files whose footers prove that no row has a time that a batch reads, so that they are not read.
final class TimePruning {

    /// Files whose footers are looked at by one query.
    private static final int AT_ONCE = 500;

    private TimePruning() {}

    /// The files that may have rows that the batch reads.
    ///
    /// @param times with what the batch reads
    /// @param local what DuckDB reads in place of a file
    static List<InspectedFile> kept(
            Connection connection, List<InspectedFile> files, NewTimes times, Function<InspectedFile, String> local)
            throws SQLException {
        List<InspectedFile> kept = new ArrayList<>();
        for (int from = 0; from < files.size(); from += AT_ONCE) {
            List<InspectedFile> some = files.subList(from, Math.min(files.size(), from + AT_ONCE));
            Set<String> old = old(connection, some.stream().map(local).toList(), times);
            some.stream().filter(file -> !old.contains(local.apply(file))).forEach(kept::add);
        }
        return kept;
    }

    /// Each row group must say its bounds, and that no time is missing: such a row is quarantined.
    private static Set<String> old(Connection connection, List<String> files, NewTimes times) throws SQLException {
        String query = """
                SELECT file_name FROM parquet_metadata(%s) WHERE path_in_schema = %s AND row_group_num_rows > 0
                GROUP BY file_name HAVING bool_and(coalesce(stats_null_count = 0 AND NOT (%s), FALSE))
                """.formatted(
                Sql.files(files), Sql.text(times.column()), times.mayRead("stats_min_value", "stats_max_value"));
        Set<String> old = new HashSet<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                old.add(rows.getString(1));
            }
        }
        return old;
    }
}
