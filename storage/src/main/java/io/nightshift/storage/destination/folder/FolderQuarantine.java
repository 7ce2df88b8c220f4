package io.nightshift.storage.destination.folder;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.destination.QuarantinedRows;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.filesystem.FileRoots;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// The quarantine files of a batch, read through DuckDB one after another.
///
/// @param files in the order of the partitions
/// @param named whether the job names an id, so that the files have the column `record_id`
/// @param duckDb opened when first needed
/// @param roots of the files that may be read
record FolderQuarantine(List<Path> files, boolean named, FileFormat format, Supplier<DuckDb> duckDb, FileRoots roots)
        implements QuarantinedRows {

    @Override
    public List<String> places() {
        return files.stream().map(Path::toString).toList();
    }

    @Override
    public void forEach(Predicate<QuarantinedRow> reader) {
        for (Path file : files) {
            roots.requireWritable(file);
            if (!Files.exists(file)) {
                throw FailureException.permanent("the quarantine file %s is gone".formatted(file));
            }
            if (!read(file, reader)) {
                return;
            }
        }
    }

    /// @return whether the reader wants more rows
    private boolean read(Path file, Predicate<QuarantinedRow> reader) {
        String sql =
                "SELECT record_file, CAST(record_row AS BIGINT), %s, reason, \"value\", message, \"values\" FROM %s"
                        .formatted(named ? "CAST(record_id AS VARCHAR)" : "NULL", format.read(List.of(file)));
        try (Connection connection = duckDb.get().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                if (!reader.test(QuarantinedRows.row(rows))) {
                    return false;
                }
            }
            return true;
        } catch (SQLException e) {
            throw new FailureException(
                    DuckDbError.failure("the quarantine file %s can't be read".formatted(file), e), e);
        }
    }
}
