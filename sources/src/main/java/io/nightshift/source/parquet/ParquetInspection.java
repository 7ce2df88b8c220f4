package io.nightshift.source.parquet;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetInput;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.FileVersion;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.Lookahead;
import io.nightshift.source.PinnedTail;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceTable;
import io.nightshift.source.files.LocalCopy;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.parquet.BatchSchema.Layout;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Looks at all files of a batch. Each file is opened once: its end says how many rows it has and which
/// columns, and pins it. Files that the job's condition rules out by the names of their folders are not
/// opened. Then DuckDB looks at the footer of one file of each schema, to find the types and to bind the job.
///
/// @param files that are read, in order; at least one
/// @param bound the job, bound to the first file
record ParquetInspection(List<InspectedFile> files, BoundJob bound) {

    /// @throws FailureException naming the file, and what doesn't fit
    static ParquetInspection of(
            Supplier<DuckDb> duckDb,
            SourceFiles files,
            Job job,
            ParquetInput input,
            ModelDescription model,
            JoinedColumns joined) {
        return new Inspector(duckDb, files, job, input, model, joined).inspect();
    }

    /// A file that was opened.
    ///
    /// @param schema a digest of the file's schema
    private record OpenedFile(
            FileVersion version, SourceFile file, List<Long> rowGroups, long rowBytes, String schema) {}

    /// The files of one schema.
    private static final class SchemaFiles {
        private final OpenedFile first;
        private final List<ParquetFooter.Column> columns;
        private Instant modified = Instant.MIN;
        /// A file for each column of which some values can't be read, by its name.
        private final Map<String, String> unreadable = new TreeMap<>();

        SchemaFiles(OpenedFile first, List<ParquetFooter.Column> columns) {
            this.first = first;
            this.columns = columns;
        }

        /// The field IDs, in order; empty if there aren't different ones for all columns.
        List<Integer> ids() {
            Set<Integer> ids = new TreeSet<>();
            for (ParquetFooter.Column column : columns) {
                if (column.id() == null || !ids.add(column.id())) {
                    return List.of();
                }
            }
            return columns.stream()
                    .map(column -> Objects.requireNonNull(column.id()))
                    .toList();
        }
    }

    private static final class Inspector {
        private final Supplier<DuckDb> duckDb;
        private final SourceFiles source;
        private final Job job;
        private final ParquetInput input;
        private final ModelDescription model;
        private final JoinedColumns joined;
        private final Map<String, SchemaFiles> schemas = new LinkedHashMap<>();
        private @Nullable BoundJob first;

        Inspector(
                Supplier<DuckDb> duckDb,
                SourceFiles source,
                Job job,
                ParquetInput input,
                ModelDescription model,
                JoinedColumns joined) {
            this.duckDb = duckDb;
            this.source = source;
            this.job = job;
            this.input = input;
            this.model = model;
            this.joined = joined;
        }

        ParquetInspection inspect() {
            Map<String, String> folders = new LinkedHashMap<>();
            List<OpenedFile> opened = openKept(folders);
            refuseEmpty(opened);
            try (Connection connection = duckDb.get().connect()) {
                Map<String, String> pinned = bind(connection, folders);
                refuseChanged(opened);
                List<InspectedFile> files = new ArrayList<>();
                for (OpenedFile file : opened) {
                    files.add(new InspectedFile(
                            pinned(file, Objects.requireNonNull(pinned.get(file.schema()))),
                            file.rowGroups(),
                            file.rowBytes()));
                }
                return new ParquetInspection(files, Objects.requireNonNull(first));
            } catch (SQLException e) {
                // What DuckDB says of a file that has just changed depends on the moment.
                refuseChanged(opened);
                throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
            } catch (FailureException e) {
                refuseChanged(opened);
                throw e;
            }
        }

        // Files.

        private List<OpenedFile> open(List<FileVersion> files) {
            List<OpenedFile> opened = new ArrayList<>();
            Lookahead<FileVersion, PinnedTail> tails = source.pinTails(files);
            for (FileVersion version : files) {
                PinnedTail pinned = next(tails, version);
                ParquetFooter footer = ParquetFiles.footer(pinned);
                SchemaFiles known = schemas.get(footer.schema());
                OpenedFile file = new OpenedFile(
                        version,
                        pinned.file(),
                        footer.rowGroups(),
                        footer.rowBytes(),
                        known == null ? footer.schema() : known.first.schema());
                if (known == null) {
                    known = new SchemaFiles(file, footer.columns());
                    schemas.put(file.schema(), known);
                }
                Instant modified = pinned.file().modified();
                for (String column : footer.unreadable()) {
                    known.unreadable.putIfAbsent(column, version.path());
                }
                known.modified = modified.isAfter(known.modified) ? modified : known.modified;
                opened.add(file);
            }
            return opened;
        }

        private static PinnedTail next(Lookahead<FileVersion, PinnedTail> tails, FileVersion version) {
            try {
                return tails.next();
            } catch (IOException e) {
                throw SourcePins.unreadable(version.path(), e);
            }
        }

        private static SourceFile pinned(OpenedFile opened, String schema) {
            SourceFile file = opened.file();
            long rows = opened.rowGroups().stream().mapToLong(Long::longValue).sum();
            return new SourceFile(file.path(), file.bytes(), file.modified(), rows, file.tag(), schema);
        }

        private void refuseEmpty(List<OpenedFile> opened) {
            boolean isEmpty = opened.stream().allMatch(file -> file.rowGroups().isEmpty());
            if (isEmpty && job.source().failsIfEmpty()) {
                throw SourcePins.missing(
                        opened.getFirst().file().path(),
                        "source: there is not a single row in %s, and the job says source.on-empty: fail"
                                .formatted(
                                        opened.size() == 1
                                                ? opened.getFirst().file().path()
                                                : opened.size() + " files"));
            }
        }

        /// Refuses files that have changed since they were pinned, because DuckDB must have read the same content.
        private void refuseChanged(List<OpenedFile> opened) {
            for (OpenedFile file : opened) {
                try {
                    List<String> differences = source.quickDifferences(file.file());
                    if (!differences.isEmpty()) {
                        throw SourcePins.missing(
                                file.file().path(),
                                "source: a file changed while the batch was being planned: %s: %s. Run again when nothing writes to the source"
                                        .formatted(file.file().path(), String.join(", ", differences)));
                    }
                } catch (IOException e) {
                    throw SourcePins.unreadable(file.file().path(), e);
                }
            }
        }

        /// Opens the files that the job's condition may let rows of through. If it lets none through, the
        /// first file remains, without its rows: the output has its columns.
        ///
        /// @param folders becomes the types of the columns that folders make
        private List<OpenedFile> openKept(Map<String, String> folders) {
            Set<String> own = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
            while (true) {
                FolderListing listing =
                        new FolderListing(duckDb, input, job.source().where(), own);
                List<FileVersion> listed = source.list(input.paths(), ParquetFiles.KIND, listing);
                folders.clear();
                folders.putAll(
                        listing.types(listed.stream().map(FileVersion::path).toList()));
                List<FileVersion> kept = kept(listed, folders, own);
                schemas.clear();
                List<OpenedFile> opened = open(kept.isEmpty() ? listed.subList(0, 1) : kept);
                // A column of the file itself takes precedence over the name of a folder.
                boolean isPruned =
                        kept.size() < listed.size() || !listing.skipped().isEmpty();
                if (!isPruned
                        || !own.addAll(
                                folders.keySet().stream().filter(this::isOwn).toList())) {
                    return kept.isEmpty() ? List.of(withoutRows(opened.getFirst())) : opened;
                }
            }
        }

        /// The files that the names of their folders do not rule out.
        private List<FileVersion> kept(List<FileVersion> listed, Map<String, String> folders, Set<String> own) {
            Map<String, String> names = new LinkedHashMap<>(folders);
            names.keySet().removeAll(own);
            if (names.isEmpty()) {
                return listed;
            }
            try (Connection connection = duckDb.get().connect()) {
                return new FolderPruning(connection, names)
                        .kept(listed, FileVersion::path, job.source().where());
            } catch (SQLException e) {
                throw new FailureException(DuckDbError.failure("the source can't be inspected", e), e);
            }
        }

        private static OpenedFile withoutRows(OpenedFile file) {
            return new OpenedFile(file.version(), file.file(), List.of(), 0, file.schema());
        }

        private boolean isOwn(String name) {
            return schemas.values().stream()
                    .flatMap(files -> files.columns.stream())
                    .anyMatch(column -> column.name().equalsIgnoreCase(name));
        }

        // Columns.

        /// Binds the job to each schema.
        ///
        /// @return how the files of each schema are pinned to be read
        private Map<String, String> bind(Connection connection, Map<String, String> folders) throws SQLException {
            Map<String, String> pinned = new LinkedHashMap<>();
            if (schemas.size() == 1 && folders.isEmpty()) {
                SchemaFiles only = schemas.values().iterator().next();
                try (LocalCopy copy = source.tailCopy(only.first.version())) {
                    FileSchema schema = FileSchema.plain("");
                    SourceColumns columns = columns(connection, only, copy, schema, JoinedColumns.NONE);
                    first = BoundJob.bind(
                            joined.isEmpty() ? columns : columns(connection, only, copy, schema, joined), job, model);
                    refuseUnreadable(only, columns);
                    pinned.put(only.first.schema(), layout(only, columns).digest());
                }
                return pinned;
            }
            Map<String, Layout> layouts = new LinkedHashMap<>();
            for (SchemaFiles files : schemas.values()) {
                try (LocalCopy copy = source.tailCopy(files.first.version())) {
                    layouts.put(
                            files.first.schema(),
                            layout(files, columns(connection, files, copy, FileSchema.plain(""), JoinedColumns.NONE)));
                }
            }
            BatchSchema batch = new BatchSchema(List.copyOf(layouts.values()), folders);
            refuseMixedId(batch);
            Set<String> used = null;
            for (SchemaFiles files : schemas.values()) {
                Layout layout = Objects.requireNonNull(layouts.get(files.first.schema()));
                try (LocalCopy copy = source.tailCopy(files.first.version())) {
                    SourceColumns columns = columns(connection, files, copy, batch.of(layout, name -> true), joined);
                    bind(columns, batch);
                    refuseUnreadable(files, columns);
                    used = used == null ? used(columns) : used;
                }
                pinned.put(
                        files.first.schema(), batch.of(layout, used::contains).text());
            }
            return pinned;
        }

        /// Different IDs could become equal.
        private void refuseMixedId(BatchSchema batch) {
            String id = job.source().id();
            String mixed = id == null || job.source().select().containsKey(id) ? null : batch.mixedNumbers(id);
            if (mixed != null) {
                throw FailureException.permanent(
                        "source.id: %s, and no type holds both without rounding. Write these files again with BIGINT, or read them with another job"
                                .formatted(mixed));
            }
        }

        private void bind(SourceColumns columns, BatchSchema batch) throws SQLException {
            BoundJob bound;
            try {
                bound = BoundJob.bind(columns, job, model);
            } catch (FailureException e) {
                List<String> conflicts =
                        batch.conflicts(name -> e.failure().message().contains(name));
                if (conflicts.isEmpty()) {
                    throw e;
                }
                throw FailureException.permanent(e.failure().message() + ". " + String.join("; ", conflicts));
            }
            if (first == null) {
                first = bound;
            } else {
                bound.refuseOtherOutput(first);
            }
        }

        /// DuckDB would notice when the first partition is scored.
        private void refuseUnreadable(SchemaFiles files, SourceColumns columns) throws SQLException {
            if (files.unreadable.isEmpty()) {
                return;
            }
            Set<String> used = used(columns);
            files.unreadable.forEach((column, file) -> {
                if (used.stream().anyMatch(column::equalsIgnoreCase)) {
                    throw FailureException.permanent(
                            "source: the column \"%s\" of %s has the encoding BYTE_STREAM_SPLIT for byte arrays of a fixed length, which can't be read. Write the file again without this encoding, or leave the column out of the job"
                                    .formatted(column, file));
                }
            });
        }

        private SourceColumns columns(
                Connection connection, SchemaFiles files, LocalCopy copy, FileSchema schema, JoinedColumns added) {
            String path = files.first.file().path();
            try {
                SourceTable table = added.checked(connection, ParquetReader.table(path, copy.path(), schema));
                return SourceColumns.checked(connection, table, job.source().select(), SourceColumns.Origin.JOB_FILE);
            } catch (SQLException e) {
                throw ParquetReader.broken(path, ParquetReader.reserved(path, e));
            }
        }

        private static Layout layout(SchemaFiles files, SourceColumns columns) {
            List<Integer> ids = files.ids();
            return new Layout(
                    files.first.file().path(),
                    columns.columns(),
                    ids.size() == columns.columns().size() ? ids : List.of(),
                    files.modified);
        }

        /// The columns of the batch that the job reads. More than these do no harm.
        private Set<String> used(SourceColumns columns) throws SQLException {
            Job.Source from = job.source();
            List<String> texts = new ArrayList<>(from.select().values());
            texts.addAll(job.features());
            texts.addAll(job.output().sources());
            texts.addAll(job.checkedColumns());
            BoundJob.named(job, model)
                    .features()
                    .forEach(feature -> texts.add(feature.name() == null ? "" : feature.name()));
            texts.add(from.where() == null ? "" : from.where());
            texts.add(from.id() == null ? "" : from.id());
            texts.add(
                    job.partitions().key() == null ? "" : job.partitions().key().by());
            from.lookups().forEach(lookup -> texts.addAll(lookup.matched().keySet()));
            Set<String> used = new TreeSet<>();
            for (String text : texts) {
                if (columns.columns().containsKey(text)) {
                    used.add(text);
                } else if (!text.isEmpty() && !from.select().containsKey(text)) {
                    used.addAll(columns.readBy("source", text));
                }
            }
            return used;
        }
    }
}
