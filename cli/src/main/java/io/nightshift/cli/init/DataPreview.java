package io.nightshift.cli.init;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.source.BoundJob;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.SourceReader;
import io.nightshift.source.kinds.Sources;
import io.nightshift.source.lake.LakeReader;
import io.nightshift.source.lake.LakeSample;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.source.sql.SqlReader;
import io.nightshift.source.sql.SqlSample;
import io.nightshift.source.text.TextReader;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// The facts that `init` learns from the data. Those about values are about the first rows.
///
/// @param name in messages: the file, the number of files, or the table
/// @param columns and their DuckDB types, in order
/// @param ids the columns without missing or repeated values, the likeliest record ID first
/// @param texts the distinct values of columns of texts, sorted; not of columns that have many
/// @param numerals the columns of texts that are all numbers
record DataPreview(
        String name,
        Map<String, String> columns,
        long rows,
        List<String> ids,
        Map<String, List<String>> texts,
        Set<String> numerals) {

    /// The number of rows that are examined.
    static final int EXAMINED = 100_000;

    /// The most distinct values of a column whose texts are proposed as categories.
    static final int CATEGORIES = 100;

    DataPreview {
        ids = List.copyOf(ids);
        texts = Map.copyOf(texts);
        numerals = Set.copyOf(numerals);
    }

    /// @throws FailureException if the source is not there, or can't be read
    static DataPreview read(DuckDb duckDb, Sources sources, NewSource source) {
        try (Connection connection = duckDb.connect()) {
            SourceReader reader = sources.of(new Job.Source(source.input(), null, false, Map.of(), null));
            return switch (reader) {
                case TextReader text -> {
                    SourceColumns columns = text.wholeRecords(connection, Map.of());
                    yield of(connection, columns, rows(connection, columns));
                }
                case SqlReader sql -> {
                    try (SqlSample sample = sql.sample(connection, EXAMINED)) {
                        yield of(connection, sample.columns(), sample.count());
                    }
                }
                case LakeReader lake -> {
                    try (LakeSample sample = lake.sample(connection, EXAMINED)) {
                        yield of(connection, sample.columns(), sample.count());
                    }
                }
                default -> {
                    SourceColumns columns = ParquetReader.columns(
                            connection, (ParquetInput) source.input(), Map.of(), SourceColumns.Origin.COMMAND_LINE);
                    yield of(connection, columns, rows(connection, columns));
                }
            };
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("the data can't be read", e), e);
        }
    }

    private static long rows(Connection connection, SourceColumns columns) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM " + columns.relation())) {
            row.next();
            return row.getLong(1);
        }
    }

    private static DataPreview of(Connection connection, SourceColumns source, long rows) throws SQLException {
        List<String> candidates = names(source, DataPreview::canIdentify);
        List<String> texts = names(source, BoundJob::isText);
        List<String> likely = new ArrayList<>();
        List<String> others = new ArrayList<>();
        Map<String, List<String>> categories = new HashMap<>();
        Set<String> numerals = new HashSet<>();
        List<String> read = names(source, type -> canIdentify(type) || BoundJob.isText(type));
        if (!read.isEmpty()) {
            List<String> facts = new ArrayList<>();
            candidates.forEach(name -> facts.add("count(DISTINCT %s) = count(*)".formatted(Sql.name(name))));
            for (String name : texts) {
                String text = "CAST(%s AS VARCHAR)".formatted(Sql.name(name));
                facts.add("count(TRY_CAST(%1$s AS DOUBLE)) = count(%1$s) AND count(%1$s) > 0".formatted(text));
                facts.add("CASE WHEN approx_count_distinct(%1$s) <= %2$d THEN list(DISTINCT %1$s) END"
                        .formatted(text, 2 * CATEGORIES));
            }
            String sql = "SELECT %s FROM (SELECT %s FROM %s LIMIT %d)"
                    .formatted(
                            String.join(", ", facts),
                            read.stream().map(Sql::name).collect(Collectors.joining(", ")),
                            source.relation(),
                            EXAMINED);
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                int fact = 0;
                for (String name : candidates) {
                    if (row.getBoolean(++fact)) {
                        (isNamedLikeAnId(name) ? likely : others).add(name);
                    }
                }
                for (String name : texts) {
                    if (row.getBoolean(++fact)) {
                        numerals.add(name);
                    }
                    List<String> values = values(row, ++fact);
                    if (!values.isEmpty() && values.size() <= CATEGORIES) {
                        categories.put(name, values);
                    }
                }
            }
        }
        likely.addAll(others);
        return new DataPreview(source.called(), source.columns(), rows, likely, categories, numerals);
    }

    private static List<String> values(ResultSet row, int column) throws SQLException {
        Array list = row.getArray(column);
        List<String> values = new ArrayList<>();
        if (list != null) {
            for (Object value : (Object[]) list.getArray()) {
                if (value != null) {
                    values.add((String) value);
                }
            }
        }
        Collections.sort(values);
        return values;
    }

    private static List<String> names(SourceColumns source, Predicate<String> type) {
        return source.columns().entrySet().stream()
                .filter(column -> type.test(column.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    private static boolean canIdentify(String type) {
        return BoundJob.isInteger(type) || BoundJob.isText(type) || type.equals("UUID");
    }

    /// Whether a column's name says that it identifies something.
    static boolean isNamedLikeAnId(String column) {
        return column.toLowerCase(Locale.ROOT).matches("(.*[^a-z])?(id|uuid|guid|key)|.*id");
    }
}
