package io.nightshift.coordinator.incremental;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Sets of rows in memory. For one thread.
final class ScoredRowsInMemory implements PlannedRows {

    /// The process ends.
    static final class Crash extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private int removals;
    private final Map<Member, Stored> sets = new LinkedHashMap<>();
    private final Map<Member, Map<Long, Long>> entries = new LinkedHashMap<>();

    @Override
    public List<Stored> find(String source) {
        return new ArrayList<>(sets.values());
    }

    @Override
    public RowSet add(String source, BatchId batch, List<RowSet> compared, Consumer<EntryVisitor> rows) {
        return add(batch, compared, false, rows);
    }

    @Override
    public RowSet merge(String source, List<RowSet> merged, Consumer<EntryVisitor> rows) {
        return add(merged.getLast().batch(), merged, true, rows);
    }

    private RowSet add(BatchId batch, List<RowSet> compared, boolean isMerged, Consumer<EntryVisitor> rows) {
        Map<Long, Long> found = new TreeMap<>();
        rows.accept(found::put);
        List<Member> members = compared.stream().map(Member::of).toList();
        String digest = Integer.toHexString((members + " " + found).hashCode()) + isMerged;
        RowSet set = new RowSet(batch, digest, found.size(), isMerged || members.isEmpty());
        sets.putIfAbsent(Member.of(set), new Stored(set, members, isMerged));
        entries.put(Member.of(set), found);
        return set;
    }

    /// The fingerprints of a set, by key.
    Map<Long, Long> entries(RowSet set) {
        return entries.getOrDefault(Member.of(set), Map.of());
    }

    @Override
    public void publish(RowSet set) {
        sets.computeIfPresent(Member.of(set), (name, stored) -> new Stored(set, stored.compared(), true));
    }

    /// Makes the process crash at a later removal.
    void crashAtRemoval(int number) {
        removals = number;
    }

    @Override
    public void remove(RowSet set) {
        if (removals > 0 && --removals == 0) {
            throw new Crash();
        }
        sets.remove(Member.of(set));
        entries.remove(Member.of(set));
    }
}
