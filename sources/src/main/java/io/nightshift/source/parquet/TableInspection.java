package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.FileVersion;
import io.nightshift.source.Lookahead;
import io.nightshift.source.PinnedTail;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.files.LocalCopy;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.parquet.TableColumns.Own;
import io.nightshift.source.parquet.TableColumns.Reading;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Looks at the files of a table. Each is opened once: its end says which columns it has, how many rows, and
/// pins it. DuckDB looks at one file of each schema, to find the types. For one thread.
final class TableInspection {

    /// How files of one schema and of the same values are read.
    private record Kind(String schema, Map<Integer, String> values) {}

    private final SourceFiles source;
    private final Connection connection;
    private final TableColumns columns;
    private final Set<String> used;
    private final Map<String, Own> schemas = new HashMap<>();
    private final Map<Kind, String> texts = new HashMap<>();

    /// @param used the names of the columns that are read
    TableInspection(SourceFiles source, Connection connection, TableColumns columns, Set<String> used) {
        this.source = source;
        this.connection = connection;
        this.columns = columns;
        this.used = new TreeSet<>(used);
    }

    /// @return the files in their order, without those that have no rows
    /// @throws FailureException naming the file, and what doesn't fit
    List<InspectedFile> inspect(List<TableFile> files) {
        Lookahead<TableFile, FileVersion> versions =
                new Lookahead<>(files, file -> SourceFiles.isObject(file.path()), this::version);
        List<FileVersion> listed = new ArrayList<>();
        for (TableFile file : files) {
            listed.add(next(versions, file.path()));
        }
        Lookahead<FileVersion, PinnedTail> tails = source.pinTails(listed);
        List<InspectedFile> inspected = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            inspected.add(inspected(
                    files.get(i), listed.get(i), next(tails, files.get(i).path())));
        }
        return inspected;
    }

    private FileVersion version(TableFile file) {
        source.requireReadable(file.path());
        FileVersion version = source.version(file.path());
        if (version == null) {
            throw FailureException.permanent(
                    "source: a data file of %s is gone: %s. %s. Run again to read the table as it is now"
                            .formatted(columns.title(), file.path(), columns.lost()));
        }
        return version;
    }

    private static <R> R next(Lookahead<?, R> results, String path) {
        try {
            return results.next();
        } catch (IOException e) {
            throw SourcePins.unreadable(path, e);
        }
    }

    private InspectedFile inspected(TableFile file, FileVersion version, PinnedTail tail) {
        ParquetFooter footer = ParquetFiles.footer(tail);
        if (file.rows() >= 0 && footer.rows() != file.rows()) {
            throw FailureException.permanent("source: %s has %,d rows, and %s says that it has %,d"
                    .formatted(file.path(), footer.rows(), columns.title(), file.rows()));
        }
        Own known = schemas.get(footer.schema());
        if (known == null) {
            known = own(version, footer);
            schemas.put(footer.schema(), known);
        }
        String text = text(known, footer.schema(), file);
        footer.unreadable().forEach(column -> refuseUnreadable(file.path(), column));
        SourceFile pinned = tail.file();
        return new InspectedFile(
                new SourceFile(pinned.path(), pinned.bytes(), pinned.modified(), footer.rows(), pinned.tag(), text),
                footer.rowGroups(),
                footer.rowBytes());
    }

    private Own own(FileVersion version, ParquetFooter footer) {
        try (LocalCopy copy = source.tailCopy(version)) {
            SourceColumns found = SourceColumns.checked(
                    connection,
                    ParquetReader.table(version.path(), copy.path(), FileSchema.plain("")),
                    Map.of(),
                    SourceColumns.Origin.JOB_FILE);
            return new Own(
                    version.path(),
                    footer.schema().substring(0, Math.min(16, footer.schema().length())),
                    footer.columns(),
                    new TreeMap<>(found.columns()));
        } catch (SQLException e) {
            throw ParquetReader.broken(version.path(), ParquetReader.reserved(version.path(), e));
        }
    }

    private String text(Own known, String schema, TableFile file) {
        Kind kind = new Kind(schema, file.values());
        String text = texts.get(kind);
        if (text == null) {
            Reading reading = columns.reading(known, file.values());
            reading.refusals().forEach(this::refuse);
            text = reading.schema().text();
            texts.put(kind, text);
        }
        return text;
    }

    private void refuse(String column, String reason) {
        if (used.stream().anyMatch(column::equalsIgnoreCase)) {
            throw FailureException.permanent(
                    "source: the column \"%s\" %s, or leave the column out of the job".formatted(column, reason));
        }
    }

    private void refuseUnreadable(String path, String column) {
        if (used.stream().anyMatch(column::equalsIgnoreCase)) {
            throw FailureException.permanent(
                    "source: the column \"%s\" of %s has the encoding BYTE_STREAM_SPLIT for byte arrays of a fixed length, which can't be read. Write the file again without this encoding, or leave the column out of the job"
                            .formatted(column, path));
        }
    }

    /// How one file is read, without a look at whether its number of rows is right.
    ///
    /// @param values by the IDs of columns that the file may lack
    FileSchema schema(FileVersion version, Map<Integer, String> values) {
        ParquetFooter footer = ParquetFiles.footer(source.pinTail(version));
        Own known = schemas.get(footer.schema());
        if (known == null) {
            known = own(version, footer);
            schemas.put(footer.schema(), known);
        }
        Reading reading = columns.reading(known, values);
        reading.refusals().forEach(this::refuse);
        return reading.schema();
    }
}
