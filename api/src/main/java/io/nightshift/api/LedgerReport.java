package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The result of a check of the whole ledger.
///
/// @param entries that were read
/// @param batches that have entries
/// @param findings empty if the ledger is complete
public record LedgerReport(long entries, int batches, List<Finding> findings) {

    /// Keeps an unmodifiable copy of the list.
    public LedgerReport {
        findings = List.copyOf(findings);
    }

    /// Damage of the ledger.
    ///
    /// @param batch null if it is about the batch register, or the alerts
    /// @param problem for people, in one sentence
    public record Finding(@Nullable String batch, String problem) {}
}
