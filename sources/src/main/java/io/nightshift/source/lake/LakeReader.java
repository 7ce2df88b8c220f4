package io.nightshift.source.lake;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.KeyDivision;
import io.nightshift.source.Lookahead;
import io.nightshift.source.PartitionScan;
import io.nightshift.source.PinComparison;
import io.nightshift.source.RowCounts;
import io.nightshift.source.SourceColumns;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.SourceState;
import io.nightshift.source.SourceTable;
import io.nightshift.source.files.SourceFiles;
import io.nightshift.source.parquet.ParquetReader;
import io.nightshift.source.parquet.TableColumns;
import io.nightshift.source.parquet.TableFile;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.duckdb.DuckDbError;
import io.nightshift.storage.duckdb.Sql;
import io.nightshift.storage.objectstore.FetchControl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads a snapshot of a table. A plan pins the snapshot, and each data file with a digest of its deletes. The
/// files are read by a [ParquetReader].
///
/// A slice counts the rows that are not deleted, so that every row of a plan is read, and a batch without
/// conditions predicts all of them. What identifies a row is its position in the file, which deletes don't
/// change.
public final class LakeReader implements SourceReader {

    private final Supplier<DuckDb> duckDb;
    private final LakeTable table;
    private final ParquetReader parquet;
    private final LakeDeleteReader deletes;
    private final Job.Source source;
    /// Whether slices are ranges of positions instead of live rows.
    private final boolean byPosition;
    /// The slices that a thread holds with this reader. A thread may use several readers, so this is no static
    /// field.
    @SuppressWarnings("ThreadLocalUsage")
    private final ThreadLocal<@Nullable Held> held = new ThreadLocal<>();

    /// @param duckDb opened when first needed
    /// @param parquet reads the files of this source
    /// @param deletes reads the deletes of the table
    /// @param source what the reader is for
    public LakeReader(
            Supplier<DuckDb> duckDb,
            LakeTable table,
            ParquetReader parquet,
            LakeDeleteReader deletes,
            Job.Source source) {
        this(duckDb, table, parquet, deletes, source, false);
    }

    private LakeReader(
            Supplier<DuckDb> duckDb,
            LakeTable table,
            ParquetReader parquet,
            LakeDeleteReader deletes,
            Job.Source source,
            boolean byPosition) {
        this.duckDb = duckDb;
        this.table = table;
        this.parquet = parquet;
        this.deletes = deletes;
        this.source = source;
        this.byPosition = byPosition;
    }

    /// The snapshot that has a pinned file, as `table@snapshot`: the identity of the table and the ID of the
    /// snapshot.
    ///
    /// @return null if the file is not of a table of a lake, or the table has no snapshot
    public static @Nullable String snapshot(SourceFile pinned) {
        PinnedSnapshot snapshot = pin(pinned);
        return snapshot == null ? null : snapshot.table() + "@" + snapshot.snapshot();
    }

    /// The snapshot that has a pinned file.
    ///
    /// @return null if the file is not of a table of a lake, or the table has no snapshot
    public static @Nullable PinnedSnapshot pin(SourceFile pinned) {
        PinnedFile file = PinnedFile.ofAny(pinned);
        return file == null || file.snapshot().isEmpty() ? null : file.snapshot();
    }

    /// The table of a pinned file, as [Input#tableAddress()].
    ///
    /// @param source of the file's job
    /// @return null if the file is not of a table of a lake
    public static @Nullable String table(Job.Source source, SourceFile pinned) {
        Input input = pinned.lookup() == null
                ? source.input()
                : source.lookups().get(pinned.lookup()).input();
        return input.tableAddress();
    }

    /// Whether a pinned file is one of a table of a lake.
    public static boolean isOfLake(SourceFile pinned) {
        return PinnedFile.ofAny(pinned) != null;
    }

    // Planning.

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        LakeSnapshot snapshot = table.resolve();
        requireKept(snapshot, job);
        parquet.bind(snapshot.columns(), job, model);
        List<LakeFile> found = snapshot.pin().isEmpty() ? List.of() : table.files(snapshot, filter());
        List<TableFile> read = found.stream().map(LakeFile::file).toList();
        List<InspectedFile> files = new ArrayList<>();
        List<InspectedFile> inspected = parquet.inspect(snapshot.columns(), read, job, model);
        for (int i = 0; i < inspected.size(); i++) {
            InspectedFile file = pinned(snapshot, found.get(i), inspected.get(i));
            if (file.file().rows() > 0) {
                files.add(file);
            }
        }
        if (files.isEmpty()) {
            refuseEmpty(snapshot);
            return List.of(withoutRows(snapshot));
        }
        return files;
    }

    /// The first rows of the table, with all columns that can be read. Waits for the catalog and for the first data
    /// files.
    ///
    /// @param connection of the thread, as long as the rows are read
    /// @param most rows, about
    public LakeSample sample(Connection connection, long most) throws SQLException {
        LakeSnapshot snapshot = table.resolve();
        List<LakeFile> all = snapshot.pin().isEmpty() ? List.of() : table.files(snapshot, null);
        List<LakeFile> first = new ArrayList<>();
        long rows = 0;
        for (int i = 0; i < all.size() && rows < most; i++) {
            first.add(all.get(i));
            rows += Math.max(0, all.get(i).file().rows());
        }
        List<InspectedFile> inspected = parquet.inspect(
                snapshot.columns(), first.stream().map(LakeFile::file).toList());
        List<Slice> slices = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            SourceFile file = pinned(snapshot, first.get(i), inspected.get(i)).file();
            if (file.rows() > 0) {
                slices.add(new Slice(file, 0, file.rows()));
            }
        }
        if (slices.isEmpty()) {
            slices.add(new Slice(withoutRows(snapshot).file(), 0, 0));
        }
        HeldSlices now = hold(slices);
        try {
            now.requireAllColumns();
            String names = snapshot.columns().columns().stream()
                    .filter(column -> column.refusal() == null)
                    .map(column -> Sql.name(column.name()))
                    .collect(Collectors.joining(", "));
            String from = relations(connection, slices).stream()
                    .map(relation -> "SELECT %s FROM %s WHERE %s"
                            .formatted(names, relation.from(), relation.range().isEmpty() ? "TRUE" : relation.range()))
                    .collect(Collectors.joining(" UNION ALL ", "(", ")"));
            SourceColumns columns = SourceColumns.checked(
                    connection,
                    new SourceTable(from, "*", snapshot.columns().title()),
                    Map.of(),
                    SourceColumns.Origin.COMMAND_LINE);
            long count = all.stream()
                    .mapToLong(file -> Math.max(0, file.file().rows()))
                    .sum();
            return new LakeSample(columns, count, now);
        } catch (SQLException | RuntimeException e) {
            now.close();
            throw e;
        }
    }

    /// Checks that no file of a snapshot may be deleted before the batch's deadline.
    private static void requireKept(LakeSnapshot snapshot, Job job) {
        Instant until = snapshot.keptUntil();
        LocalTime deadline = job.timing().deadlineTime();
        if (until == null || deadline == null) {
            return;
        }
        ZonedDateTime now = ZonedDateTime.now(job.timing().zone());
        ZonedDateTime today = now.with(deadline);
        ZonedDateTime next = today.isAfter(now) ? today : today.plusDays(1);
        if (until.isBefore(next.toInstant())) {
            throw FailureException.permanent(
                    "source: from %s, files of the %s of %s may be deleted, and the deadline is at %s. Read a newer one, or keep files for longer"
                            .formatted(until, snapshot.pin(), snapshot.columns().title(), next.toInstant()));
        }
    }

    private InspectedFile pinned(LakeSnapshot snapshot, LakeFile file, InspectedFile inspected) {
        SourceFile own = inspected.file();
        if (file.deletes() == null) {
            return new InspectedFile(
                    PinnedFile.whole(snapshot.pin(), own), inspected.rowGroups(), inspected.rowBytes());
        }
        LiveRows live = deletes.live(snapshot.columns(), file, own);
        List<Long> groups = new ArrayList<>();
        long end = 0;
        for (long group : inspected.rowGroups()) {
            long before = live.number(end);
            end += group;
            groups.add(live.number(end) - before);
        }
        return new InspectedFile(
                PinnedFile.part(
                        snapshot.pin(), own, live.count(), file.deletes().digest()),
                groups,
                inspected.rowBytes());
    }

    private @Nullable RowFilter filter() {
        if (source.where() == null) {
            return null;
        }
        try (Connection connection = duckDb.get().connect()) {
            return RowFilters.of(connection, source.where());
        } catch (SQLException e) {
            throw new FailureException(DuckDbError.failure("source.where can't be read", e), e);
        }
    }

    private void refuseEmpty(LakeSnapshot snapshot) {
        if (source.failsIfEmpty()) {
            throw SourcePins.missing(
                    snapshot.columns().title(),
                    "source: there is not a single row in %s, and the job says source.on-empty: fail"
                            .formatted(snapshot.columns().title()));
        }
    }

    private static InspectedFile withoutRows(LakeSnapshot snapshot) {
        TableColumns columns = snapshot.columns();
        return new InspectedFile(
                PinnedFile.whole(snapshot.pin(), ParquetReader.withoutRows(columns, columns.title())), List.of());
    }

    /// Looks at positions, where a query finds the rows of a cut, and counts the live rows between them.
    @Override
    public CutPlan count(Connection connection, List<InspectedFile> inspected, KeyDivision division, Job job)
            throws SQLException {
        List<InspectedFile> files = new ArrayList<>();
        List<@Nullable LiveRows> live = new ArrayList<>();
        for (InspectedFile file : inspected) {
            PinnedFile pin = PinnedFile.of(file.file());
            LiveRows rows =
                    pin.deletes() == null ? null : deletes.live(source.input().toString(), table, file.file(), pin);
            live.add(rows);
            files.add(rows == null ? file : byPosition(file, rows, pin));
        }
        CutPlan counted = new PartitionScan(
                        new LakeReader(duckDb, table, parquet, deletes, source, true), files, division, job)
                .count(connection);
        List<CutPlan.Piece> pieces = new ArrayList<>();
        for (CutPlan.Piece piece : counted.pieces()) {
            LiveRows rows = live.get(piece.file());
            long first = rows == null ? piece.firstRow() : rows.number(piece.firstRow());
            long end = piece.firstRow() + piece.rows();
            pieces.add(new CutPlan.Piece(
                    piece.cut(),
                    piece.file(),
                    first,
                    (rows == null ? end : rows.number(end)) - first,
                    piece.selected()));
        }
        return new CutPlan(counted.cuts(), pieces);
    }

    /// A file whose slices are ranges of positions.
    private static InspectedFile byPosition(InspectedFile file, LiveRows live, PinnedFile pin) {
        SourceFile own = file.file();
        long rows = pin.parquet(own).rows();
        List<Long> groups = new ArrayList<>();
        long number = 0;
        long begin = 0;
        for (long group : file.rowGroups()) {
            number += group;
            long end = number >= live.count() ? rows : live.position(number);
            groups.add(end - begin);
            begin = end;
        }
        return new InspectedFile(
                new SourceFile(own.path(), own.bytes(), own.modified(), rows, own.tag(), own.schema()), groups);
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        return parquet.bind(table.resolve().columns(), job, model);
    }

    /// The snapshot alone: its files are not looked at. Deleted rows count as long as they are in data files.
    @Override
    public SourceState state(Job.Source asked, RowCounts counts) {
        LakeSnapshot snapshot = table.counted(table.resolve());
        return new SourceState(
                Math.max(0, snapshot.files()),
                Math.max(0, snapshot.rows()),
                PinnedFile.digest(snapshot.pin().table() + " " + snapshot.pin().snapshot()),
                List.of());
    }

    @Override
    public List<String> details(List<InspectedFile> inspected) {
        PinnedSnapshot pin = PinnedFile.of(inspected.getFirst().file()).snapshot();
        List<String> lines = new ArrayList<>();
        if (pin.isEmpty()) {
            lines.add("source      %s, which has no snapshot yet".formatted(source.input()));
            return lines;
        }
        LakeSnapshot snapshot = table.resolve(pin);
        List<SourceFile> files = inspected.stream()
                .map(InspectedFile::file)
                .filter(file -> !PinnedFile.isWithoutRows(file))
                .toList();
        long withDeletes = files.stream()
                .filter(file -> PinnedFile.of(file).deletes() != null)
                .count();
        lines.add(String.format(
                Locale.ROOT,
                "source      %s: %s of %s, %,d data files%s",
                source.input(),
                pin,
                snapshot.made(),
                files.size(),
                withDeletes == 0 ? "" : String.format(Locale.ROOT, ", %,d of them with deleted rows", withDeletes)));
        if (snapshot.keptUntil() != null) {
            lines.add("kept        until %s at least; from then on, files of it may be deleted"
                    .formatted(snapshot.keptUntil()));
        }
        if (snapshot.files() > files.size() && source.where() != null) {
            lines.add(String.format(
                    Locale.ROOT,
                    "pruned      %,d of %,d data files, by source.where and the statistics of the table",
                    snapshot.files() - files.size(),
                    snapshot.files()));
        }
        return lines;
    }

    @Override
    public String fetches(Job job, ModelDescription model, List<InspectedFile> files) {
        List<InspectedFile> own = files.stream()
                .filter(file -> !PinnedFile.isWithoutRows(file.file()))
                .map(file -> new InspectedFile(PinnedFile.of(file.file()).parquet(file.file()), file.rowGroups()))
                .toList();
        return parquet.fetches(job, model, own);
    }

    // Pins.

    @Override
    public PinComparison pins() {
        PinComparison files = parquet.pins();
        LakeDeleteReader.Comparison compared = new LakeDeleteReader.Comparison(table);
        return new PinComparison() {
            @Override
            public List<String> differences(SourceFile pinned) throws IOException {
                if (PinnedFile.isWithoutRows(pinned)) {
                    return List.of();
                }
                PinnedFile pin = PinnedFile.of(pinned);
                List<String> found = gone(pinned, files.differences(pin.parquet(pinned)));
                return found.isEmpty() && pin.deletes() != null ? compared.differences(pinned.path(), pin) : found;
            }

            @Override
            public List<String> quickDifferences(SourceFile pinned) throws IOException {
                return PinnedFile.isWithoutRows(pinned)
                        ? List.of()
                        : gone(
                                pinned,
                                files.quickDifferences(PinnedFile.of(pinned).parquet(pinned)));
            }

            @Override
            public List<String> differencesAfterReading(SourceFile pinned) throws IOException {
                return PinnedFile.isWithoutRows(pinned)
                        ? List.of()
                        : gone(
                                pinned,
                                files.differencesAfterReading(
                                        PinnedFile.of(pinned).parquet(pinned)));
            }

            @Override
            public boolean waitsForNetwork(SourceFile pinned) {
                return SourceFiles.isObject(pinned);
            }
        };
    }

    /// Compares the snapshot that a batch has read with its pins, as the table has it now.
    ///
    /// @param pinned the files of this source, at least one
    /// @param isWhole whether the batch has read all files of the snapshot that its condition does not rule out
    public InputLink link(List<SourceFile> pinned, boolean isWhole) {
        PinnedSnapshot pin = PinnedFile.of(pinned.getFirst()).snapshot();
        if (pin.isEmpty()) {
            return new InputLink.Same("the %s had no snapshot".formatted(source.input()));
        }
        List<SourceFile> files =
                pinned.stream().filter(file -> !PinnedFile.isWithoutRows(file)).toList();
        try {
            return switch (table.find(pin)) {
                case KnownSnapshot.OtherTable other -> new InputLink.Different(List.of(other.reason()));
                case KnownSnapshot.Expired expired ->
                    new InputLink.Gone(String.format(
                            Locale.ROOT,
                            "%s; %,d of the %,d data files that the batch has read are still there",
                            expired.reason(),
                            left(files),
                            files.size()));
                case KnownSnapshot.There there -> compared(there.snapshot(), files, isWhole);
            };
        } catch (FailureException e) {
            return new InputLink.Gone(
                    "the %s of the %s can't be looked at: %s".formatted(pin, source.input(), e.getMessage()));
        }
    }

    /// How many files are there, and unchanged as far as that is known without reading them.
    private long left(List<SourceFile> files) {
        PinComparison pins = pins();
        Lookahead<SourceFile, List<String>> comparisons =
                new Lookahead<>(files, pins::waitsForNetwork, pins::quickDifferences);
        long left = 0;
        for (SourceFile _ : files) {
            try {
                left += comparisons.next().isEmpty() ? 1 : 0;
            } catch (IOException _) {
                // A file that can't be looked at is not known to be there.
            }
        }
        return left;
    }

    private InputLink compared(LakeSnapshot snapshot, List<SourceFile> pinned, boolean isWhole) {
        String name = "%s of the %s".formatted(snapshot.pin(), source.input());
        Map<String, LakeFile> others = new LinkedHashMap<>();
        table.files(snapshot, filter()).forEach(file -> others.put(file.file().path(), file));
        List<String> problems = new ArrayList<>();
        for (SourceFile file : pinned) {
            PinnedFile pin = PinnedFile.of(file);
            LakeFile now = others.remove(file.path());
            if (now == null) {
                problems.add("the %s does not have the file %s, which the batch has read".formatted(name, file.path()));
            } else if (now.file().rows() >= 0
                    && now.file().rows() != pin.parquet(file).rows()) {
                problems.add(String.format(
                        Locale.ROOT,
                        "the %s has %,d rows in the file %s, and the batch has read it with %,d",
                        name,
                        now.file().rows(),
                        file.path(),
                        pin.parquet(file).rows()));
            } else if (!Objects.equals(
                    now.deletes() == null ? null : now.deletes().digest(), pin.deletes())) {
                problems.add("the %s has other deleted rows of the file %s than those with which the batch has read it"
                        .formatted(name, file.path()));
            }
        }
        for (LakeFile file : others.values()) {
            if (isWhole && hasRows(snapshot, file)) {
                problems.add("the %s has the file %s, which the batch has not read"
                        .formatted(name, file.file().path()));
            }
        }
        return problems.isEmpty()
                ? new InputLink.Same(String.format(
                        Locale.ROOT,
                        "the %s still has the %,d data files that the batch has read, with the same deletes",
                        name,
                        pinned.size()))
                : new InputLink.Different(problems);
    }

    /// Whether a batch reads a file. Those without rows are not pinned.
    private boolean hasRows(LakeSnapshot snapshot, LakeFile file) {
        if (file.deletes() == null && file.file().rows() >= 0) {
            return file.file().rows() > 0;
        }
        InspectedFile inspected =
                parquet.inspect(snapshot.columns(), List.of(file.file())).getFirst();
        return pinned(snapshot, file, inspected).file().rows() > 0;
    }

    /// A data file is deleted when no snapshot has it. If its folder is gone, too, this node may lack the file
    /// system.
    private List<String> gone(SourceFile pinned, List<String> differences) {
        if (!differences.equals(SourcePins.GONE)) {
            return differences;
        }
        Path folder =
                SourceFiles.isObject(pinned) ? null : Path.of(pinned.path()).getParent();
        return folder != null && !Files.exists(folder)
                ? differences
                : List.of("it is gone. " + table.gone(PinnedFile.of(pinned).snapshot()));
    }

    // Reading.

    @Override
    public void requireReadable(List<Slice> slices) {
        parquet.requireReadable(withFiles(slices));
    }

    /// The slices of files that are there.
    private static List<Slice> withFiles(List<Slice> slices) {
        return slices.stream()
                .filter(slice -> !PinnedFile.isWithoutRows(slice.file()))
                .toList();
    }

    @Override
    public boolean isElsewhere(List<Slice> slices) {
        return parquet.isElsewhere(withFiles(slices));
    }

    /// Slices of files with deletes are fetched when they are read, since their positions are not known before.
    @Override
    public void fetchAhead(List<Slice> slices, Job job, ModelDescription model) {
        List<Slice> whole = withFiles(slices).stream()
                .filter(slice -> PinnedFile.of(slice.file()).deletes() == null)
                .map(slice -> PinnedFile.of(slice.file()).positions(slice, null))
                .toList();
        if (!whole.isEmpty()) {
            parquet.fetchAhead(whole, job, model);
        }
    }

    @Override
    public HeldSlices hold(List<Slice> slices) {
        return hold(slices, FetchControl.NONE);
    }

    @Override
    public HeldSlices hold(List<Slice> slices, FetchControl control) {
        Held now = new Held(slices, control);
        held.set(now);
        return now;
    }

    private Held held() {
        return Objects.requireNonNull(held.get(), "the slices are not held");
    }

    /// The live rows of the files that a thread reads, and what their reader holds.
    private final class Held implements HeldSlices {
        private final Map<String, LiveRows> live = new HashMap<>();
        private final Map<String, Long> numbers = new HashMap<>();
        /// How many files with deletes are read whole, by how they are read.
        private final Map<String, Integer> alike = new HashMap<>();

        private final HeldSlices slices;

        Held(List<Slice> wanted, FetchControl control) {
            try {
                for (Slice slice : withFiles(wanted)) {
                    PinnedFile pin = PinnedFile.of(slice.file());
                    if (pin.deletes() != null && isWhole(slice)) {
                        alike.merge(pin.reading(), 1, Integer::sum);
                    }
                    if (pin.deletes() != null && !live.containsKey(slice.file().path())) {
                        LiveRows rows = deletes.live(source.input().toString(), table, slice.file(), pin);
                        live.put(slice.file().path(), rows);
                        LiveRowFunction.register(duckDb.get());
                        numbers.put(slice.file().path(), LiveRowFunction.put(rows));
                    }
                }
                slices = parquet.hold(
                        withFiles(wanted).stream().map(this::positions).toList(), control);
            } catch (SQLException e) {
                numbers.values().forEach(LiveRowFunction::remove);
                throw new FailureException(DuckDbError.failure("source: " + source.input(), e), e);
            } catch (RuntimeException e) {
                numbers.values().forEach(LiveRowFunction::remove);
                throw e;
            }
        }

        private static boolean isWhole(Slice slice) {
            return slice.rows() == slice.file().rows();
        }

        /// Whether one query reads the file with others. DuckDB takes far longer to plan a query for each of many
        /// small files than to run it.
        boolean isWithOthers(Slice slice, PinnedFile pin) {
            return pin.deletes() != null && isWhole(slice) && alike.getOrDefault(pin.reading(), 0) > 1;
        }

        Slice positions(Slice slice) {
            PinnedFile pin = PinnedFile.of(slice.file());
            return isWithOthers(slice, pin)
                    ? pin.allPositions(slice)
                    : pin.positions(
                            slice, byPosition ? null : live.get(slice.file().path()));
        }

        /// @param read what the relation has the rows of
        SourceRelation live(List<Slice> read, SourceRelation relation) {
            StringBuilder number = new StringBuilder();
            if (read.size() > 1) {
                number.append("CASE ").append(relation.file());
                read.forEach(slice -> number.append(" WHEN ")
                        .append(Sql.text(slice.file().path()))
                        .append(" THEN ")
                        .append(number(slice)));
                number.append(" END");
            } else {
                number.append(number(read.getFirst()));
            }
            String condition = LiveRowFunction.condition(number.toString(), relation.row());
            return new SourceRelation(
                    relation.from(),
                    relation.file(),
                    relation.row(),
                    relation.range().isEmpty() ? condition : relation.range() + " AND " + condition,
                    relation.record(),
                    relation.leavesOut());
        }

        private long number(Slice slice) {
            return Objects.requireNonNull(numbers.get(slice.file().path()));
        }

        @Override
        public void requireAllColumns() {
            slices.requireAllColumns();
        }

        @Override
        public void restrict(long least, long most) {
            slices.restrict(least, most);
        }

        @Override
        public @Nullable FailureException failure() {
            return slices.failure();
        }

        @Override
        public boolean hasTimeLimit() {
            return slices.hasTimeLimit();
        }

        @Override
        public void cancel() {
            slices.cancel();
        }

        /// The thread lives longer than this reader, and must not keep it.
        @Override
        public void close() {
            held.remove();
            numbers.values().forEach(LiveRowFunction::remove);
            slices.close();
        }
    }

    /// Slices by the way in which they are read.
    ///
    /// @param whole of files without deletes
    /// @param deleted of files with deletes: each group is read by one query
    /// @param empty that stand for a table without rows
    private record Groups(List<Slice> whole, List<List<Slice>> deleted, List<Slice> empty) {}

    private static Groups groups(List<Slice> slices, Held now) {
        Groups groups = new Groups(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        Map<String, List<Slice>> alike = new HashMap<>();
        for (Slice slice : slices) {
            PinnedFile pin = PinnedFile.of(slice.file());
            if (PinnedFile.isWithoutRows(slice.file())) {
                groups.empty().add(slice);
            } else if (pin.deletes() == null) {
                groups.whole().add(pin.positions(slice, null));
            } else if (now.isWithOthers(slice, pin)) {
                alike.computeIfAbsent(pin.reading(), _ -> {
                            List<Slice> group = new ArrayList<>();
                            groups.deleted().add(group);
                            return group;
                        })
                        .add(slice);
            } else {
                groups.deleted().add(List.of(slice));
            }
        }
        return groups;
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        Held now = held();
        Groups groups = groups(slices, now);
        List<BoundSlices> all = new ArrayList<>();
        for (Slice slice : groups.empty()) {
            Slice none = PinnedFile.of(slice.file()).positions(slice, null);
            all.add(parquet.bindWithoutRows(connection, none, job, model));
        }
        for (List<Slice> group : groups.deleted()) {
            List<Slice> positions = group.stream().map(now::positions).toList();
            for (BoundSlices bound : parquet.bind(connection, positions, job, model)) {
                all.add(new BoundSlices(bound.job(), now.live(group, bound.relation())));
            }
        }
        if (!groups.whole().isEmpty()) {
            all.addAll(parquet.bind(connection, groups.whole(), job, model));
        }
        return all;
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException {
        Held now = held();
        Groups groups = groups(slices, now);
        List<SourceRelation> all = new ArrayList<>();
        for (Slice slice : groups.empty()) {
            all.add(ParquetReader.relationWithoutRows(
                    PinnedFile.of(slice.file()).positions(slice, null)));
        }
        for (List<Slice> group : groups.deleted()) {
            List<Slice> positions = group.stream().map(now::positions).toList();
            for (SourceRelation relation : parquet.relations(connection, positions)) {
                all.add(now.live(group, relation));
            }
        }
        if (!groups.whole().isEmpty()) {
            all.addAll(parquet.relations(connection, groups.whole()));
        }
        return all;
    }

    @Override
    public @Nullable String statistics(Slice file, String column) {
        PinnedFile pin = PinnedFile.of(file.file());
        return PinnedFile.isWithoutRows(file.file()) || pin.deletes() != null
                ? null
                : parquet.statistics(pin.positions(file, null), column);
    }

    /// For messages only.
    @Override
    public String toString() {
        return source.input().toString();
    }
}
