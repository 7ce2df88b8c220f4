package io.nightshift.destination.lake;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads what the footers of Parquet files say about their columns, with DuckDB.
public final class FileFooters {

    private FileFooters() {}

    /// A column of a file.
    ///
    /// @param values how many it has, including NULLs
    /// @param bytes their compressed size
    /// @param nulls how many NULLs it has; null if a row group does not say it
    /// @param least the least value of each row group that has values other than NULL, as DuckDB writes it; null
    ///     for a row group that does not say it. NaN is left out
    /// @param greatest the same for the greatest value
    public record Column(
            long values,
            long bytes,
            @Nullable Long nulls,
            List<@Nullable String> least,
            List<@Nullable String> greatest) {

        public Column {
            least = Collections.unmodifiableList(least);
            greatest = Collections.unmodifiableList(greatest);
        }

        /// The least value of the file; null if it is unknown.
        ///
        /// @param parse gives null for a value without a bound
        public <T> @Nullable T least(Function<String, @Nullable T> parse, Comparator<? super T> order) {
            return bound(least, parse, order.reversed());
        }

        /// The greatest value of the file; null if it is unknown.
        ///
        /// @param parse gives null for a value without a bound
        public <T> @Nullable T greatest(Function<String, @Nullable T> parse, Comparator<? super T> order) {
            return bound(greatest, parse, order);
        }

        /// A row group without a bound leaves the file without one.
        private static <T> @Nullable T bound(
                List<@Nullable String> ofRowGroups, Function<String, @Nullable T> parse, Comparator<? super T> order) {
            T bound = null;
            for (String text : ofRowGroups) {
                T other = text == null ? null : parse.apply(text);
                if (other == null) {
                    return null;
                }
                bound = bound == null || order.compare(other, bound) > 0 ? other : bound;
            }
            return bound;
        }
    }

    /// Reads the footers of files.
    ///
    /// @param paths at least one
    /// @return the columns of each file by their names, by the paths of the files
    /// @throws FailureException if they can't be read
    public static Map<String, Map<String, Column>> read(DuckDb duckDb, Collection<String> paths) {
        Map<String, Map<String, Column>> files = new HashMap<>();
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(columns(paths))) {
            while (row.next()) {
                long nulls = row.getLong(5);
                files.computeIfAbsent(row.getString(1), file -> new HashMap<>())
                        .put(
                                row.getString(2),
                                new Column(
                                        row.getLong(3),
                                        row.getLong(4),
                                        row.wasNull() ? null : nulls,
                                        texts(row.getArray(6)),
                                        texts(row.getArray(7))));
            }
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the footers of the committed files can't be read", e), e);
        }
        return files;
    }

    /// NULLs are unknown if a row group does not tell them. Row groups without values have no bounds.
    private static String columns(Collection<String> paths) {
        return """
                SELECT file_name, path_in_schema, CAST(sum(num_values) AS BIGINT),
                CAST(sum(total_compressed_size) AS BIGINT),
                CASE WHEN count(stats_null_count) = count(*) THEN CAST(sum(stats_null_count) AS BIGINT) END,
                list(stats_min_value) FILTER (WHERE num_values > coalesce(stats_null_count, 0)),
                list(stats_max_value) FILTER (WHERE num_values > coalesce(stats_null_count, 0))
                FROM parquet_metadata(%s) GROUP BY ALL
                """.formatted(Sql.files(paths));
    }

    private static List<@Nullable String> texts(@Nullable Array list) throws SQLException {
        List<@Nullable String> texts = new ArrayList<>();
        for (Object text : list == null ? new Object[0] : (Object[]) list.getArray()) {
            texts.add(text == null ? null : text.toString());
        }
        return texts;
    }
}
