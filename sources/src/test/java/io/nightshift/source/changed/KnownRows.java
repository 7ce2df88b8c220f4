package io.nightshift.source.changed;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Sets of rows in memory.
public final class KnownRows implements RowSets {

    private final Map<RowSet, Map<Long, Long>> sets = new HashMap<>();

    /// Adds a set.
    ///
    /// @param batch whose rows they are
    /// @param entries visits the entries
    public RowSet add(String batch, Consumer<EntryVisitor> entries) {
        Map<Long, Long> found = new TreeMap<>();
        entries.accept(found::put);
        RowSet set = new RowSet(new BatchId(batch), "%032d".formatted(sets.size()), found.size(), false);
        sets.put(set, found);
        return set;
    }

    @Override
    public void read(RowSet set, BlockVisitor visitor) throws SQLException {
        Map<Long, Long> found = sets.get(set);
        if (found == null) {
            throw RowSets.missing(set);
        }
        for (Map.Entry<Long, Long> entry : found.entrySet()) {
            visitor.block(ByteBuffer.allocate(RowSet.ENTRY_BYTES)
                    .putLong(entry.getKey())
                    .putLong(entry.getValue())
                    .array());
        }
    }
}
