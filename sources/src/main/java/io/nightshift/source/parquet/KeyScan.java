package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.FileVersion;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.files.LocalCopy;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.FetchControl;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// Finds the rows of a table's file whose keys are listed in other files. It reads the columns of the keys
/// only. Safe for several threads.
public final class KeyScan {

    private final Supplier<DuckDb> duckDb;
    private final SourceFiles files;
    private final SparseSlices objects;
    private final KeyTables tables;

    /// @param duckDb opened when first needed
    /// @param files that jobs may read
    /// @param objects slices of those files that are objects
    /// @param tables of keys that were read before
    public KeyScan(Supplier<DuckDb> duckDb, SourceFiles files, SparseSlices objects, KeyTables tables) {
        this.duckDb = duckDb;
        this.files = files;
        this.objects = objects;
        this.tables = tables;
    }

    /// Finds rows. NULL is equal to NULL.
    ///
    /// @param table whose files both are
    /// @param data the pinned file with the rows
    /// @param values of the data file's rows, by the IDs of columns that it may lack
    /// @param keys the paths of the files with the keys; nobody changes such a file
    /// @param columns of the keys; may be some that the table does not have
    /// @param found the positions of the rows are added to these
    /// @throws FailureException if a file can't be read
    public void find(
            TableColumns table,
            SourceFile data,
            Map<Integer, String> values,
            List<String> keys,
            List<TableColumn> columns,
            BitSet found) {
        // Names that no file's own column gets by accident: a dropped column may have the name of another.
        TableColumns named = new TableColumns(
                table.title(),
                table.lost(),
                columns.stream()
                        .map(column -> new TableColumn(
                                column.id(),
                                "nightshift_key_" + column.id(),
                                column.type(),
                                column.shape(),
                                column.renamed(),
                                column.initial(),
                                column.refusal()))
                        .toList(),
                table.mapping(),
                table.byName());
        Set<String> names =
                named.columns().stream().map(TableColumn::name).collect(Collectors.toCollection(TreeSet::new));
        Slice whole = new Slice(data, 0, data.rows());
        try (Connection connection = duckDb.get().connect();
                HeldSlices _ = objects.hold(List.of(whole), FetchControl.NONE);
                KeyTables.Table listed = tables.use(
                        connection,
                        named + "\n" + String.join("\n", keys),
                        (_, name) -> fill(connection, name, named, names, keys))) {
            TableInspection inspection = new TableInspection(files, connection, named, names);
            FileSchema of = inspection.schema(version(data), values);
            Set<String> own = of.columns().stream()
                    .map(FileSchema.Column::own)
                    .filter(Objects::nonNull)
                    .collect(Collectors.toSet());
            objects.fetch(List.of(whole), (file, all) -> own, false);
            find(
                    connection,
                    of.from(ParquetReader.read(List.of(objects.local(whole).toString())), Map.of()),
                    listed.name(),
                    names,
                    found);
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("source: the deleted rows of %s can't be found".formatted(data.path()), e), e);
        }
    }

    /// Makes a table of the keys. Files that are read alike are read in one query.
    private void fill(Connection connection, String name, TableColumns named, Set<String> names, List<String> keys)
            throws SQLException {
        TableInspection inspection = new TableInspection(files, connection, named, names);
        Map<String, List<String>> alike = new LinkedHashMap<>();
        List<LocalCopy> copies = new ArrayList<>();
        try {
            for (String path : keys) {
                files.requireReadable(path);
                FileVersion version = files.version(path);
                if (version == null) {
                    throw FailureException.permanent(
                            "source: a delete file of %s is gone: %s. The snapshot was expired (expire_snapshots), or somebody has deleted the file"
                                    .formatted(named.title(), path));
                }
                LocalCopy copy = files.copy(version);
                copies.add(copy);
                alike.computeIfAbsent(inspection.schema(version, Map.of()).text(), _ -> new ArrayList<>())
                        .add(copy.path().toString());
            }
            List<String> queries = new ArrayList<>();
            alike.forEach((schema, paths) -> queries.add("SELECT %s FROM %s"
                    .formatted(
                            names.stream().map(Sql::name).collect(Collectors.joining(", ")),
                            FileSchema.of(schema).from(ParquetReader.read(paths), Map.of()))));
            try (Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE %s AS %s".formatted(name, String.join(" UNION ", queries)));
            }
        } finally {
            copies.forEach(LocalCopy::close);
        }
    }

    private static FileVersion version(SourceFile file) {
        return new FileVersion(
                file.path(),
                file.bytes(),
                FileTime.from(file.modified()),
                SourceFiles.isObject(file) ? file.tag() : null);
    }

    private static void find(Connection connection, String data, String keys, Set<String> names, BitSet found)
            throws SQLException {
        String same = names.stream()
                .map(name -> "d.%1$s IS NOT DISTINCT FROM k.%1$s".formatted(Sql.name(name)))
                .collect(Collectors.joining(" AND "));
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT d.file_row_number FROM %s AS d SEMI JOIN %s AS k ON %s".formatted(data, keys, same))) {
            while (rows.next()) {
                found.set((int) rows.getLong(1));
            }
        }
    }
}
