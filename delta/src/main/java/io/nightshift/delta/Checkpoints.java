package io.nightshift.delta;

import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.engine.ParquetHandler;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Predicate;
import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.MapType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.DataFileStatus;
import io.delta.kernel.utils.FileStatus;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The checkpoints of a log: the state of a table at a version, as one Parquet file with a row for each
/// action. DuckDB converts them from JSON and to JSON, so that there is one form of actions.
final class Checkpoints implements ParquetHandler {

    private final TableFiles files;
    private final Supplier<DuckDb> duckDb;

    Checkpoints(TableFiles files, Supplier<DuckDb> duckDb) {
        this.files = files;
        this.duckDb = duckDb;
    }

    /// The predicate is a hint, which nothing needs.
    @Override
    public CloseableIterator<FileReadResult> readParquetFiles(
            CloseableIterator<FileStatus> statuses, StructType schema, Optional<Predicate> predicate) {
        return new Rows(statuses, schema);
    }

    /// The rows of checkpoints, [LogJson#BATCH] at a time: a checkpoint has a row for each file of a table.
    private final class Rows implements CloseableIterator<FileReadResult> {
        private final CloseableIterator<FileStatus> statuses;
        private final StructType schema;
        private @Nullable OpenCheckpoint open;

        Rows(CloseableIterator<FileStatus> statuses, StructType schema) {
            this.statuses = statuses;
            this.schema = schema;
        }

        @Override
        public boolean hasNext() {
            try {
                while (open == null || !open.hasNext()) {
                    closeOpen();
                    if (!statuses.hasNext()) {
                        return false;
                    }
                    open = new OpenCheckpoint(statuses.next().getPath(), schema);
                }
                return true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public FileReadResult next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            return Objects.requireNonNull(open).next();
        }

        private void closeOpen() throws IOException {
            if (open != null) {
                open.close();
                open = null;
            }
        }

        @Override
        public void close() throws IOException {
            closeOpen();
            statuses.close();
        }
    }

    /// A checkpoint that is being read.
    private final class OpenCheckpoint implements AutoCloseable {
        private final String path;
        private final StructType schema;
        private final TableFiles.Scratch file;
        private final Connection connection;
        private final Statement statement;
        private final ResultSet actions;
        private boolean hasNext;

        /// The fields are closed by [#close], also if the constructor fails.
        OpenCheckpoint(String path, StructType schema) throws IOException {
            this.path = path;
            this.schema = schema;
            this.file = files.local(path);
            Connection opened = null;
            boolean isOpen = false;
            try {
                opened = duckDb.get().connect();
                this.connection = opened;
                this.statement = opened.createStatement();
                this.actions = statement.executeQuery(query());
                this.hasNext = actions.next();
                isOpen = true;
            } catch (SQLException e) {
                throw unreadable(path, e);
            } finally {
                if (!isOpen) {
                    closeQuietly(opened);
                    file.close();
                }
            }
        }

        private String query() throws SQLException {
            String rows = "read_parquet(%s)".formatted(Sql.text(file.path().toString()));
            Set<String> there = new HashSet<>();
            try (ResultSet columns = statement.executeQuery("DESCRIBE SELECT * FROM " + rows)) {
                while (columns.next()) {
                    there.add(columns.getString(1));
                }
            }
            List<StructField> wanted = schema.fields().stream()
                    .filter(field -> there.contains(field.getName()))
                    .toList();
            if (wanted.isEmpty()) {
                return "SELECT '{}' FROM %s LIMIT 0".formatted(rows);
            }
            // The cast leaves out fields that nobody asks for. Statistics may be most of a checkpoint.
            return "SELECT CAST(to_json(struct_pack(%s)) AS VARCHAR) FROM %s WHERE %s"
                    .formatted(
                            joined(
                                    wanted,
                                    ", ",
                                    field -> "%1$s := CAST(%1$s AS %2$s)"
                                            .formatted(Sql.name(field.getName()), duckDbType(field.getDataType()))),
                            rows,
                            joined(wanted, " OR ", field -> Sql.name(field.getName()) + " IS NOT NULL"));
        }

        boolean hasNext() {
            return hasNext;
        }

        FileReadResult next() {
            List<String> lines = new ArrayList<>();
            try {
                while (hasNext && lines.size() < LogJson.BATCH) {
                    lines.add(actions.getString(1));
                    hasNext = actions.next();
                }
            } catch (SQLException e) {
                throw unreadable(path, e);
            }
            return new FileReadResult(LogJson.batch(path, lines.iterator(), schema), path);
        }

        @Override
        public void close() {
            closeQuietly(connection);
            file.close();
        }
    }

    private static FailureException unreadable(String path, SQLException e) {
        return new FailureException(
                DuckDbError.failure("the checkpoint %s of the Delta table can't be read".formatted(path), e), e);
    }

    /// With its statements and their results.
    private static void closeQuietly(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException _) {
            // The rows that were read are right nevertheless.
        }
    }

    /// DuckDB writes the data files, without the kernel.
    @Override
    public CloseableIterator<DataFileStatus> writeParquetFiles(
            String folder, CloseableIterator<FilteredColumnarBatch> rows, List<Column> statistics) {
        throw new UnsupportedOperationException("the kernel writes no data files");
    }

    @Override
    public void writeParquetFileAtomically(String path, CloseableIterator<FilteredColumnarBatch> batches)
            throws IOException {
        String folder = path.substring(0, path.lastIndexOf('/'));
        try (TableFiles.Scratch json = files.scratch(folder);
                TableFiles.Scratch parquet = files.scratch(folder)) {
            StructType schema = write(json.path(), batches);
            convert(path, json.path(), schema, parquet.path());
            if (!files.create(path, parquet.path())) {
                throw new FileAlreadyExistsException(path);
            }
        }
    }

    /// A checkpoint has at least the table's schema and its protocol.
    private static StructType write(Path file, CloseableIterator<FilteredColumnarBatch> batches) throws IOException {
        StructType schema = new StructType();
        try (batches;
                BufferedWriter out = Files.newBufferedWriter(file)) {
            while (batches.hasNext()) {
                FilteredColumnarBatch batch = batches.next();
                schema = batch.getData().getSchema();
                try (CloseableIterator<Row> rows = batch.getRows()) {
                    while (rows.hasNext()) {
                        out.write(ActionJson.write(rows.next()));
                        out.write('\n');
                    }
                }
            }
        }
        return schema;
    }

    private void convert(String path, Path json, StructType schema, Path parquet) {
        String copy =
                "COPY (FROM read_json(%s, format = 'newline_delimited', columns = {%s})) TO %s (FORMAT parquet, COMPRESSION snappy)"
                        .formatted(
                                Sql.text(json.toString()),
                                fields(
                                        schema,
                                        field -> "%s: %s"
                                                .formatted(
                                                        Sql.text(field.getName()),
                                                        Sql.text(duckDbType(field.getDataType())))),
                                Sql.text(parquet.toString()));
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement()) {
            statement.execute(copy);
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("the checkpoint %s of the Delta table can't be written".formatted(path), e), e);
        }
    }

    private static String fields(StructType schema, Function<StructField, String> field) {
        return joined(schema.fields(), ", ", field);
    }

    private static String joined(List<StructField> fields, String between, Function<StructField, String> field) {
        return fields.stream().map(field).collect(Collectors.joining(between));
    }

    private static String duckDbType(DataType type) {
        return switch (type) {
            case StringType _ -> "VARCHAR";
            case LongType _ -> "BIGINT";
            case IntegerType _ -> "INTEGER";
            case BooleanType _ -> "BOOLEAN";
            case StructType struct ->
                "STRUCT(%s)"
                        .formatted(fields(
                                struct, field -> Sql.name(field.getName()) + " " + duckDbType(field.getDataType())));
            case MapType map -> "MAP(%s, %s)".formatted(duckDbType(map.getKeyType()), duckDbType(map.getValueType()));
            case ArrayType array -> duckDbType(array.getElementType()) + "[]";
            default -> throw new IllegalArgumentException("actions have no values of the type " + type);
        };
    }
}
