package io.nightshift.api;

import java.util.List;

/// The result of an export of the ledger.
///
/// @param entries that were exported
/// @param damaged the IDs of the batches whose hash chain is broken, as it was in the ledger before
public record LedgerExport(long entries, List<String> damaged) {

    /// Keeps an unmodifiable copy of the list.
    public LedgerExport {
        damaged = List.copyOf(damaged);
    }
}
