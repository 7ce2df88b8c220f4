package io.nightshift.destination.folder;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import java.io.IOException;
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
public record FileQuarantine(List<WrittenFile> files, boolean named, FileFormat format, Supplier<DuckDb> duckDb)
        implements QuarantinedRows {

    public FileQuarantine {
        files = List.copyOf(files);
    }

    @Override
    public List<String> places() {
        return files.stream().map(WrittenFile::toString).toList();
    }

    @Override
    public void forEach(Predicate<QuarantinedRow> reader) {
        for (WrittenFile file : files) {
            file.refusal().ifPresent(reason -> {
                throw FailureException.permanent(reason);
            });
            try {
                if (file.length().isEmpty()) {
                    throw FailureException.permanent("the quarantine file %s is gone".formatted(file));
                }
                try (WrittenFile.Local local = file.open()) {
                    if (!read(file, local.path(), reader)) {
                        return;
                    }
                }
            } catch (IOException e) {
                throw FailureException.permanent(
                        "the quarantine file %s can't be read: %s".formatted(file, e.getMessage()));
            }
        }
    }

    /// @return whether the reader wants more rows
    private boolean read(WrittenFile file, Path local, Predicate<QuarantinedRow> reader) {
        String sql =
                "SELECT record_file, CAST(record_row AS BIGINT), %s, reason, \"value\", message, \"values\" FROM %s"
                        .formatted(named ? "CAST(record_id AS VARCHAR)" : "NULL", format.read(List.of(local)));
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
