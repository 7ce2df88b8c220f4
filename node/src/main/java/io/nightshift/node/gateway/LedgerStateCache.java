package io.nightshift.node.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.EntryJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Batches' states as this node has read them from their ledgers. Its methods wait for the database. Safe for
/// several threads.
final class LedgerStateCache {

    /// The number of batches whose states are kept. The state of a million partitions takes some 30 MB.
    private static final int STATES = 8;

    private final Ledger ledger;
    private final Map<BatchId, CachedState> states = new LruMap<>(STATES);

    LedgerStateCache(Ledger ledger) {
        this.ledger = ledger;
    }

    /// A map that drops the entry that was used least recently.
    private static final class LruMap<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        private final int most;

        LruMap(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
        }
    }

    private static final class CachedState {
        private BatchState state;

        CachedState(BatchId batch) {
            state = BatchState.initial(batch);
        }

        synchronized BatchState readNewEntries(Ledger ledger) {
            ledger.forEach(
                    state.batch(), state.entries(), Integer.MAX_VALUE, (number, entry) -> state = state.apply(entry));
            return state;
        }
    }

    /// A batch's state after all its entries so far.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if the journal can't be read
    /// @throws IllegalStateException if the ledger is damaged
    BatchState state(BatchId batch) {
        CachedState cached;
        synchronized (states) {
            cached = states.computeIfAbsent(batch, CachedState::new);
        }
        return cached.readNewEntries(ledger);
    }

    /// Some entries of a batch, without values of rows.
    ///
    /// @param after the number of the entry before them, or 0
    List<JsonNode> entries(BatchId batch, long after, int limit) {
        List<JsonNode> entries = new ArrayList<>();
        ledger.forEach(
                batch,
                after,
                limit,
                (number, entry) -> entries.add(EntryJson.withoutValues(EntryJson.of(number, entry))));
        return entries;
    }
}
