package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.QuarantinedRowPage;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.BatchReader;
import io.nightshift.client.QuarantineFilter;
import io.nightshift.destination.QuarantineTable;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `quarantine export`: the rows as a file. SQL that selects some of them runs in the command's own DuckDB, also
/// for a batch of a server.
@Command(
        name = "export",
        description =
                "Writes quarantined rows of a batch to a file: file, row, record ID, reason, wrong value, the message of the database, and the row's own values.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The file is written, even if it has no rows.",
            "2:Nothing is written: there is no such batch, its rows can't be read, or the file exists."
        })
final class QuarantineExportCommand extends QuarantineCommand {

    /// The formats, by the end of a file's name.
    private enum Format {
        PARQUET("FORMAT parquet, COMPRESSION zstd", "*"),
        CSV("FORMAT csv, HEADER true", "* REPLACE (CAST(\"values\" AS VARCHAR) AS \"values\")"),
        NDJSON("FORMAT json", "*");

        private final String options;
        private final String columns;

        Format(String options, String columns) {
            this.options = options;
            this.columns = columns;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }

        static String names() {
            return Arrays.stream(values()).map(Format::toString).collect(Collectors.joining(", "));
        }
    }

    private static final String TABLE = "quarantined";
    private static final String WHERE = "--where";
    private static final long MEMORY = 256L << 20;

    /// The most rows that a server sends at once.
    private static final int PAGE = 1_000;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "FILE",
            description = "The file to write. It must not exist yet.")
    private Path to = Path.of("");

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "parquet, csv or ndjson (default: the end of the file's name).")
    private @Nullable String format;

    @Option(
            names = WHERE,
            paramLabel = "SQL",
            description =
                    "Only rows that meet this DuckDB SQL condition over the exported columns, such as \"reason LIKE '%%distance%%'\" or \"value = 'n/a'\".")
    private @Nullable String where;

    /// Passes all rows of the batch on.
    private interface Source {
        void load(QuarantineTable table);
    }

    @Override
    int show(BatchReader reader, String batch) {
        // A first page names the batch: `latest` is another one when a batch is submitted meanwhile.
        QuarantineFilter filter = QuarantineFilter.ALL.atMost(PAGE);
        QuarantinedRowPage first = ClusterAccess.answer(reader.quarantinedRows(batch, filter));
        return export(
                table -> {
                    QuarantinedRowPage page = first;
                    page.rows().forEach(table::add);
                    while (page.next() != null) {
                        page = ClusterAccess.answer(reader.quarantinedRows(page.batch(), filter.from(page.next())));
                        page.rows().forEach(table::add);
                    }
                },
                first.batch());
    }

    private int export(Source rows, String batch) {
        Path file = to.toAbsolutePath();
        Format written = format();
        if (Files.exists(file)) {
            throw FailureException.permanent("%s exists already. Name another file with --to".formatted(file));
        }
        Path folder = file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw FailureException.permanent("there is no folder %s".formatted(folder));
        }
        Path spill = home().folder()
                .resolve("spill-export-" + ProcessHandle.current().pid());
        Path partial = file.resolveSibling(file.getFileName() + ".partial");
        try (DuckDb duckDb = DuckDb.open(MEMORY, spill, FileRoots.UNRESTRICTED);
                Connection connection = duckDb.connect()) {
            if (where != null) {
                QuarantineTable.check(connection, WHERE, where);
            }
            long exported = write(connection, rows, partial, written);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
            print(batch, exported, file);
            return ExitStatus.DONE;
        } catch (SQLException e) {
            throw FailureException.permanent("%s can't be written: %s".formatted(file, DuckDbError.reason(e)));
        } catch (IOException e) {
            throw FailureException.permanent("%s can't be written: %s".formatted(file, Folders.reason(e)));
        } finally {
            delete(partial);
        }
    }

    private long write(Connection connection, Source rows, Path partial, Format written) throws SQLException {
        try (QuarantineTable table = new QuarantineTable(connection, TABLE)) {
            rows.load(table);
            table.finish();
            try (Statement statement = connection.createStatement()) {
                return statement.executeLargeUpdate("COPY (SELECT %s FROM (%s)) TO %s (%s)"
                        .formatted(
                                written.columns, table.select(where), Sql.text(partial.toString()), written.options));
            }
        }
    }

    private Format format() {
        String name = String.valueOf(to.getFileName()).toLowerCase(Locale.ROOT);
        for (Format each : Format.values()) {
            if (format == null ? name.endsWith("." + each) : format.equalsIgnoreCase(each.toString())) {
                return each;
            }
        }
        throw FailureException.permanent(
                format == null
                        ? "the name %s does not say the format. Add --format with one of: %s"
                                .formatted(name, Format.names())
                        : "--format must be one of %s, not %s".formatted(Format.names(), format));
    }

    private static void delete(Path partial) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            throw FailureException.permanent("%s can't be deleted: %s".formatted(partial, Folders.reason(e)));
        }
    }

    private void print(String batch, long exported, Path file) {
        if (asJson()) {
            ObjectNode result = JsonOutput.object();
            result.put("batch", batch);
            result.put("rows", exported);
            result.put("file", file.toString());
            JsonOutput.print(out(), result);
            return;
        }
        out().println("Wrote %s quarantined rows of batch %s to %s."
                .formatted(DisplayFormat.number(exported), batch, file));
    }
}
