package io.nightshift.source.parquet;

import io.nightshift.source.KnownCondition;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Finds the files that a job's condition rules out by the names of their folders alone, so that they are not
/// opened.
final class FolderPruning {

    /// Folders that are looked at by one query.
    private static final int AT_ONCE = 1_000;

    private final Connection connection;
    private final List<String> names;
    private final Map<String, String> types;

    /// @param types of the columns that the names of folders make
    FolderPruning(Connection connection, Map<String, String> types) {
        this.connection = connection;
        this.names = List.copyOf(types.keySet());
        this.types = types;
    }

    /// The files that may have rows that meet a condition.
    ///
    /// @param path of a file
    <F> List<F> kept(List<F> files, Function<F, String> path, @Nullable String condition) throws SQLException {
        String known = condition == null ? null : KnownCondition.over(connection, condition, names);
        if (known == null) {
            return files;
        }
        Map<F, Map<String, @Nullable String>> values = new HashMap<>();
        Map<Map<String, @Nullable String>, Boolean> folders = new HashMap<>();
        for (F file : files) {
            Map<String, @Nullable String> folder = FolderColumns.of(path.apply(file));
            values.put(file, folder);
            folders.put(folder, false);
        }
        List<Map<String, @Nullable String>> all = List.copyOf(folders.keySet());
        try {
            for (int from = 0; from < all.size(); from += AT_ONCE) {
                List<Map<String, @Nullable String>> some = all.subList(from, Math.min(all.size(), from + AT_ONCE));
                possible(some, known).forEach(i -> folders.put(some.get(i), true));
            }
        } catch (SQLException e) {
            // The condition does not fit the types; this is reported with its place when it is bound.
            return files;
        }
        return files.stream()
                .filter(file -> folders.getOrDefault(values.getOrDefault(file, Map.of()), true))
                .toList();
    }

    /// The positions of the folders for which a condition holds.
    private List<Integer> possible(List<Map<String, @Nullable String>> folders, String condition) throws SQLException {
        List<String> rows = new ArrayList<>();
        for (Map<String, @Nullable String> folder : folders) {
            StringBuilder row = new StringBuilder("(" + rows.size());
            for (String name : names) {
                row.append(", ").append(FolderColumns.literal(folder.get(name), types.getOrDefault(name, "VARCHAR")));
            }
            rows.add(row.append(")").toString());
        }
        String columns = String.join(", ", names.stream().map(Sql::name).toList());
        List<Integer> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT nightshift_folder FROM (VALUES %s) t(nightshift_folder, %s) WHERE %s"
                                .formatted(String.join(", ", rows), columns, condition))) {
            while (result.next()) {
                found.add(result.getInt(1));
            }
        }
        return found;
    }
}
