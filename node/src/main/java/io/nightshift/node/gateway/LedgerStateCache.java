package io.nightshift.node.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.coordinator.batch.BatchState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.ledger.EntryJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// BatchQueries as this node has read them from the ledger. Blocking; safe for several threads.
final class LedgerStateCache {

    /// States are kept of so many batches: a million partitions take some 30 MB.
    private static final int STATES = 8;

    private final Ledger ledger;
    private final Map<BatchId, Followed> followed = new Recent<>(STATES);

    LedgerStateCache(Ledger ledger) {
        this.ledger = ledger;
    }

    /// A map that forgets what was used least recently.
    private static final class Recent<K, V> extends LinkedHashMap<K, V> {
        private static final long serialVersionUID = 1L;

        private final int most;

        Recent(int most) {
            super(16, 0.75f, true);
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
            return size() > most;
        }
    }

    private static final class Followed {
        private BatchState state;

        Followed(BatchId batch) {
            state = BatchState.initial(batch);
        }

        synchronized BatchState advance(Ledger ledger) {
            ledger.forEach(
                    state.batch(), state.entries(), Integer.MAX_VALUE, (number, entry) -> state = state.apply(entry));
            return state;
        }
    }

    /// What the entries of a batch add up to now.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if the journal can't be read
    /// @throws IllegalStateException if the ledger is damaged
    BatchState state(BatchId batch) {
        Followed batchs;
        synchronized (followed) {
            batchs = followed.computeIfAbsent(batch, Followed::new);
        }
        return batchs.advance(ledger);
    }

    /// Entries of a batch, at most so many.
    ///
    /// @param after the number of the entry before them, or 0
    List<JsonNode> entries(BatchId batch, long after, int limit) {
        List<JsonNode> entries = new ArrayList<>();
        ledger.forEach(batch, after, limit, (number, entry) -> entries.add(EntryJson.of(number, entry)));
        return entries;
    }
}
