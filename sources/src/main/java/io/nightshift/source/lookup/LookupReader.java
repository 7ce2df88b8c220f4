package io.nightshift.source.lookup;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobText;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.JoinedColumns;
import io.nightshift.source.PinComparison;
import io.nightshift.source.RowCounts;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.SourceState;
import io.nightshift.storage.objectstore.FetchControl;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads a source and adds the columns of its lookups. The files of the lookups stand in the plan after those
/// of the source; see [SourceFile#lookup()]. A node loads each lookup once, and each query joins it: see
/// [LookupTables] and
/// `docs/decisions/0028-lookups.md`.
public final class LookupReader implements SourceReader {

    private final Job.Source source;
    private final Function<JoinedColumns, SourceReader> main;
    private final SourceReader alone;
    private final List<LookupSource> lookups = new ArrayList<>();
    private final LookupTables tables;
    /// The slices that a thread holds with this reader. A thread may use several readers, so this is no static
    /// field.
    @SuppressWarnings("ThreadLocalUsage")
    private final ThreadLocal<@Nullable Held> held = new ThreadLocal<>();

    /// @param source with lookups
    /// @param main makes the reader of the source itself, for jobs that are bound to these columns too
    /// @param readers of the lookups
    public LookupReader(
            Job.Source source, Function<JoinedColumns, SourceReader> main, SourceReaders readers, LookupTables tables) {
        this.source = source;
        this.main = main;
        this.alone = main.apply(JoinedColumns.NONE);
        this.tables = tables;
        for (Lookup lookup : source.lookups()) {
            lookups.add(new LookupSource(lookups.size(), lookup, readers));
        }
    }

    private static List<Slice> own(List<Slice> slices) {
        return slices.stream().filter(slice -> !slice.file().isLookup()).toList();
    }

    private static List<InspectedFile> ownFiles(List<InspectedFile> files) {
        return files.stream().filter(file -> !file.file().isLookup()).toList();
    }

    // Planning.

    private SourceReader bound() {
        return main.apply(
                new JoinedColumns(lookups.stream().map(LookupSource::columns).toList()));
    }

    private List<InspectedFile> withLookups(Function<SourceReader, List<InspectedFile>> inspection) {
        List<InspectedFile> ofLookups = new ArrayList<>();
        for (LookupSource lookup : lookups) {
            ofLookups.addAll(lookup.inspect());
        }
        int bytes = ofLookups.stream()
                .mapToInt(file -> WireLimits.sliceBytes(file.file()))
                .sum();
        if (bytes > WireLimits.SLICES / 2) {
            throw FailureException.permanent(
                    "source.join: the lookups have %,d files, and a lease can't name so many; write each lookup to fewer files"
                            .formatted(ofLookups.size()));
        }
        List<InspectedFile> files = new ArrayList<>(inspection.apply(bound()));
        files.addAll(ofLookups);
        return files;
    }

    @Override
    public List<InspectedFile> inspect(Job job, ModelDescription model) {
        return withLookups(reader -> reader.inspect(job, model));
    }

    @Override
    public List<InspectedFile> plan(BatchId batch, Job job, ModelDescription model) {
        return withLookups(reader -> reader.plan(batch, job, model));
    }

    @Override
    public BoundJob bind(Job job, ModelDescription model) {
        return bound().bind(job, model);
    }

    /// That of the source itself: a change of a lookup starts no run.
    @Override
    public SourceState state(Job.Source asked, RowCounts counts) {
        return alone.state(asked, counts);
    }

    @Override
    public String fetches(Job job, ModelDescription model, List<InspectedFile> files) {
        return alone.fetches(job, model, ownFiles(files));
    }

    @Override
    public List<String> details(List<InspectedFile> files) {
        List<String> lines = new ArrayList<>(alone.details(ownFiles(files)));
        for (int i = 0; i < lookups.size(); i++) {
            int position = i;
            List<SourceFile> own = files.stream()
                    .map(InspectedFile::file)
                    .filter(file -> Objects.equals(file.lookup(), position))
                    .toList();
            Lookup lookup = lookups.get(i).lookup();
            lines.add(String.format(
                    Locale.ROOT,
                    "lookup      %s: %,d %s, %,d rows, %,d bytes; %s join on %s%s",
                    lookup,
                    own.size(),
                    own.size() == 1 ? "file" : "files",
                    own.stream().mapToLong(SourceFile::rows).sum(),
                    own.stream().mapToLong(SourceFile::bytes).sum(),
                    lookup.inner() ? "inner" : "left",
                    names(lookup.on(), " = ") + time(lookup),
                    lookup.columns().isEmpty() ? "" : ", adds " + names(lookup.columns(), " from ")));
        }
        return lines;
    }

    private static String time(Lookup lookup) {
        if (lookup.asOf().isEmpty()) {
            return "";
        }
        String tolerance = lookup.tolerance() == null ? "" : " for at most " + JobText.text(lookup.tolerance());
        return ", as of %s%s".formatted(names(lookup.asOf(), " from "), tolerance);
    }

    private static String names(Map<String, String> renames, String sign) {
        return renames.entrySet().stream()
                .map(entry -> entry.getKey().equals(entry.getValue())
                        ? entry.getKey()
                        : entry.getKey() + sign + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    // Pins.

    /// Those of each file's own kind. Attempts do not compare the files of lookups: who loads one does.
    @Override
    public PinComparison pins() {
        PinComparison own = alone.pins();
        Map<Integer, PinComparison> others = new ConcurrentHashMap<>();
        return new PinComparison() {
            private PinComparison of(SourceFile pinned) {
                Integer lookup = pinned.lookup();
                return lookup == null
                        ? own
                        : others.computeIfAbsent(
                                lookup, place -> lookups.get(place).reader().pins());
            }

            @Override
            public List<String> differences(SourceFile pinned) throws IOException {
                return of(pinned).differences(pinned);
            }

            @Override
            public List<String> quickDifferences(SourceFile pinned) throws IOException {
                return pinned.isLookup() ? List.of() : of(pinned).quickDifferences(pinned);
            }

            @Override
            public List<String> differencesAfterReading(SourceFile pinned) throws IOException {
                return pinned.isLookup() ? List.of() : of(pinned).differencesAfterReading(pinned);
            }

            @Override
            public boolean waitsForNetwork(SourceFile pinned) {
                return of(pinned).waitsForNetwork(pinned);
            }

            @Override
            public boolean isDoneByReaders() {
                return own.isDoneByReaders();
            }
        };
    }

    // Reading.

    @Override
    public void requireReadable(List<Slice> slices) {
        alone.requireReadable(own(slices));
        for (LookupSource lookup : lookups) {
            lookup.reader()
                    .requireReadable(lookup.files(slices).stream()
                            .map(file -> new Slice(file, 0, 0))
                            .toList());
        }
    }

    @Override
    public boolean isElsewhere(List<Slice> slices) {
        return alone.isElsewhere(own(slices));
    }

    @Override
    public void fetchAhead(List<Slice> slices, Job job, ModelDescription model) {
        alone.fetchAhead(own(slices), job, model);
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

    /// The lookups that are loaded for a thread, and what it holds of the source itself.
    private final class Held implements HeldSlices {
        private final List<LookupTables.Use> loaded = new ArrayList<>();
        private final SourceReader reader;
        private final HeldSlices slices;
        /// The rows of the source in the slices.
        private final long rows;

        Held(List<Slice> wanted, FetchControl control) {
            try {
                List<JoinedColumns.Joined> columns = new ArrayList<>();
                for (LookupSource lookup : lookups) {
                    LookupTables.Use use = tables.use(lookup, lookup.files(wanted), control);
                    loaded.add(use);
                    columns.add(new JoinedColumns.Joined(
                            lookup.lookup(), use.loaded().types()));
                }
                reader = main.apply(new JoinedColumns(columns));
                slices = reader.hold(own(wanted), control);
                rows = own(wanted).stream().mapToLong(Slice::rows).sum();
            } catch (RuntimeException e) {
                loaded.forEach(LookupTables.Use::close);
                throw e;
            }
        }

        SourceRelation joined(SourceRelation relation) {
            String from = relation.from();
            Set<String> required = new LinkedHashSet<>();
            for (int i = 0; i < loaded.size(); i++) {
                Lookup lookup = lookups.get(i).lookup();
                String found = "nightshift_found_" + i;
                if (lookup.inner()) {
                    required.add(found);
                }
                from = new LookupJoin(lookup, loaded.get(i).loaded(), rows).join(from, lookup.inner() ? found : null);
            }
            String range = String.join(" AND ", required);
            if (!range.isEmpty() && relation.record() != null) {
                range = "(%s IS NOT NULL OR (%s))".formatted(relation.record().fault(), range);
            }
            range = Stream.of(relation.range(), range)
                    .filter(condition -> !condition.isEmpty())
                    .collect(Collectors.joining(" AND "));
            return new SourceRelation(
                    from,
                    relation.file(),
                    relation.row(),
                    range,
                    relation.record(),
                    relation.leavesOut() || !required.isEmpty());
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
            slices.close();
            loaded.forEach(LookupTables.Use::close);
        }
    }

    @Override
    public List<BoundSlices> bind(Connection connection, List<Slice> slices, Job job, ModelDescription model)
            throws SQLException {
        Held now = held();
        return now.reader.bind(connection, own(slices), job, model).stream()
                .map(group -> new BoundSlices(group.job(), now.joined(group.relation())))
                .toList();
    }

    @Override
    public List<SourceRelation> relations(Connection connection, List<Slice> slices) throws SQLException {
        Held now = held();
        return now.reader.relations(connection, own(slices)).stream()
                .map(now::joined)
                .toList();
    }

    /// For messages only.
    @Override
    public String toString() {
        return source.input().toString();
    }
}
