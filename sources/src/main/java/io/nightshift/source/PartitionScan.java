package io.nightshift.source;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.CutPlan.Piece;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.storage.duckdb.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Counts the rows of each cut of a source, and finds out where they are, by reading the partition key once,
/// except in row groups whose statistics prove that all rows are of one cut. It reads about a million rows at
/// a time, and remembers a piece of a file for each cut; a piece ends where a whole row group has no row of
/// the cut, so that nobody reads that, and after [#granularity] rows of the cut, so that a planner can divide
/// them. For one thread.
public final class PartitionScan {

    private static final long ROWS = 1 << 20;
    private static final int FILES = 500;
    /// Statistics of a smaller file are not worth their reading.
    private static final long LEAST_KNOWN = 4_096;
    /// So many take about 200 MB.
    private static final int MOST_PIECES = 2_000_000;
    private static final int PIECE_BYTES = 100;
    /// The memory for each row that is read: the key, the position, and the groups.
    private static final int ROW_BYTES = 48;
    /// A partition consists of at least so many pieces, if there are enough rows, so that none is much larger than
    /// others.
    private static final int PIECES_OF_PARTITION = 8;
    /// The fewest and the most rows in which one place of a cut is remembered.
    private static final long LEAST_BUCKET = 2_048;
    private static final long MOST_BUCKET = 1 << 16;

    private record Place(int file, @Nullable Long ordinal) {}

    private static final class Open {
        private final int file;
        private final long first;
        private long end;
        private long selected;

        Open(int file, long first, long end, long selected) {
            this.file = file;
            this.first = first;
            this.end = end;
            this.selected = selected;
        }
    }

    private final SourceReader reader;
    private final List<InspectedFile> files;
    private final KeyDivision division;
    private final long granularity;
    private final long bucket;
    private final Map<String, Integer> positions = new HashMap<>();
    private final Map<Long, List<Open>> cuts = new TreeMap<>();
    private final List<Open> withoutKey = new ArrayList<>();
    private final Map<Place, Open> open = new HashMap<>();
    private int pieces;

    /// A count of a source's rows.
    ///
    /// @param reader of the job's source, which reads at least the key
    /// @param job with a partition key
    public PartitionScan(SourceReader reader, List<InspectedFile> files, KeyDivision division, Job job) {
        this.reader = reader;
        this.files = files;
        this.division = division;
        boolean isFurtherDivided =
                job.partitions().key() != null && job.partitions().key().rows();
        this.granularity =
                isFurtherDivided ? Math.max(1, job.partitions().rows() / PIECES_OF_PARTITION) : Long.MAX_VALUE;
        this.bucket = Math.min(granularity, bucket(files));
        for (int i = 0; i < files.size(); i++) {
            positions.put(files.get(i).file().path(), i);
        }
    }

    /// The memory of a count: for the pieces, and for the rows that are read at a time.
    ///
    /// @param counted what the count has found
    /// @return an estimate in bytes
    public static long memory(CutPlan counted) {
        long rows = counted.pieces().stream().mapToLong(Piece::selected).sum();
        return (long) PIECE_BYTES * counted.pieces().size() + ROW_BYTES * Math.min(rows, ROWS);
    }

    /// Not more rows than a row group has, so that the scan sees which row groups have no row of a cut.
    private static long bucket(List<InspectedFile> files) {
        long least = files.stream()
                .flatMap(file -> file.rowGroups().stream())
                .filter(rows -> rows > 0)
                .mapToLong(Long::longValue)
                .min()
                .orElse(MOST_BUCKET);
        return Math.clamp(least, LEAST_BUCKET, MOST_BUCKET);
    }

    /// Counts all rows.
    ///
    /// @throws FailureException if there are too many different values, or the source can't be read
    /// @throws SQLException DuckDB's
    public CutPlan count(Connection connection) throws SQLException {
        List<Slice> slices = new ArrayList<>();
        long rows = 0;
        for (int i = 0; i < files.size(); i++) {
            InspectedFile file = files.get(i);
            Map<Long, Long> known = known(connection, file);
            long first = 0;
            for (long group : file.rowGroups()) {
                Long ordinal = known.get(first);
                if (ordinal != null) {
                    addAll(new Place(i, ordinal), first, first + group);
                    first += group;
                    continue;
                }
                if (rows > 0 && (rows + group > ROWS || slices.size() >= FILES)) {
                    count(connection, slices);
                    slices.clear();
                    rows = 0;
                }
                add(slices, file, first, group);
                first += group;
                rows += group;
            }
        }
        if (rows > 0) {
            count(connection, slices);
        }
        return plan();
    }

    /// The row groups, by their first rows, of which the statistics prove that all rows are of one cut.
    private Map<Long, Long> known(Connection connection, InspectedFile file) throws SQLException {
        String column = division.orderedColumn();
        if (column == null || file.file().rows() < LEAST_KNOWN) {
            return Map.of();
        }
        List<Slice> whole = List.of(new Slice(file.file(), 0, file.file().rows()));
        try (HeldSlices _ = reader.hold(whole)) {
            String statistics = reader.statistics(whole.getFirst(), column);
            return statistics == null ? Map.of() : known(connection, column, statistics);
        }
    }

    private Map<Long, Long> known(Connection connection, String column, String statistics) throws SQLException {
        String query = """
                SELECT nightshift_first, nightshift_least, %1$s FROM (
                SELECT nightshift_first, nightshift_least, nightshift_greatest AS %2$s FROM (
                SELECT nightshift_first, nightshift_greatest, %1$s AS nightshift_least FROM (
                SELECT nightshift_first, TRY_CAST(nightshift_min AS %3$s) AS %2$s,
                TRY_CAST(nightshift_max AS %3$s) AS nightshift_greatest FROM %4$s)))
                """.formatted(division.code(), Sql.name(column), division.type(), statistics);
        Map<Long, Long> groups = new HashMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                long least = rows.getLong(2);
                boolean isKnown = !rows.wasNull();
                long most = rows.getLong(3);
                if (isKnown && !rows.wasNull() && division.ordinal(least) == division.ordinal(most)) {
                    groups.put(rows.getLong(1), division.ordinal(least));
                }
            }
        }
        return groups;
    }

    /// Consecutive rows that are all of one cut.
    private void addAll(Place place, long first, long end) {
        for (long row = first; row < end; row += bucket) {
            long to = Math.min(end, row + bucket);
            add(place, row, to, to - row);
        }
    }

    private static void add(List<Slice> slices, InspectedFile file, long first, long rows) {
        Slice last = slices.isEmpty() ? null : slices.getLast();
        if (rows == 0) {
            return;
        }
        if (last != null && last.file().equals(file.file()) && last.endRow() == first) {
            slices.set(slices.size() - 1, new Slice(file.file(), last.firstRow(), last.rows() + rows));
        } else {
            slices.add(new Slice(file.file(), first, rows));
        }
    }

    private void count(Connection connection, List<Slice> slices) throws SQLException {
        try (HeldSlices held = reader.hold(List.copyOf(slices))) {
            for (SourceRelation relation : reader.relations(connection, List.copyOf(slices))) {
                String query = """
                        SELECT file, code, count(*), min(row), max(row) FROM (
                        SELECT %s AS file, %s AS row, %s AS code FROM %s WHERE %s)
                        GROUP BY file, code, row // %d ORDER BY min(row)
                        """.formatted(
                                relation.file(),
                                relation.row(),
                                division.code(),
                                relation.from(),
                                relation.range().isEmpty() ? "TRUE" : relation.range(),
                                bucket);
                try (Statement statement = connection.createStatement();
                        ResultSet counts = statement.executeQuery(query)) {
                    while (counts.next()) {
                        long code = counts.getLong(2);
                        Long ordinal = counts.wasNull() ? null : Long.valueOf(division.ordinal(code));
                        int file = Objects.requireNonNull(positions.get(counts.getString(1)));
                        add(new Place(file, ordinal), counts.getLong(4), counts.getLong(5) + 1, counts.getLong(3));
                    }
                } catch (SQLException e) {
                    FailureException cause = held.failure();
                    if (cause != null) {
                        throw cause;
                    }
                    throw e;
                }
            }
        }
    }

    private void add(Place place, long first, long end, long selected) {
        Open last = open.get(place);
        if (last != null
                && last.end <= first
                && last.selected + selected <= granularity
                && !files.get(place.file()).holdsRowGroup(last.end, first)) {
            last.end = Math.max(last.end, end);
            last.selected += selected;
            return;
        }
        if (++pieces > MOST_PIECES) {
            throw FailureException.permanent(
                    "partitions.by: the key has too many different values in too many places: more than %,d pieces. Divide it more coarsely, or sort the source by it"
                            .formatted(MOST_PIECES));
        }
        Open piece = new Open(place.file(), first, end, selected);
        open.put(place, piece);
        List<Open> cut =
                place.ordinal() == null ? withoutKey : cuts.computeIfAbsent(place.ordinal(), any -> new ArrayList<>());
        cut.add(piece);
    }

    private CutPlan plan() {
        List<Cut> found = new ArrayList<>();
        List<Piece> all = new ArrayList<>(pieces);
        cuts.forEach((ordinal, cut) -> {
            addAll(all, found.size(), cut);
            found.add(division.cut(ordinal));
        });
        if (!withoutKey.isEmpty()) {
            addAll(all, found.size(), withoutKey);
            found.add(division.withoutKey());
        }
        return new CutPlan(found, all);
    }

    private static void addAll(List<Piece> all, int cut, List<Open> pieces) {
        pieces.stream()
                .sorted(Comparator.comparingInt((Open piece) -> piece.file).thenComparingLong(piece -> piece.first))
                .forEach(piece ->
                        all.add(new Piece(cut, piece.file, piece.first, piece.end - piece.first, piece.selected)));
    }
}
