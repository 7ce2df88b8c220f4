package io.nightshift.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The result of a verification of a batch.
///
/// @param batch the batch's full ID
/// @param state the batch's state, as far as its ledger is valid; null if no entry is
/// @param proved whether the batch is published, and no check found a problem
/// @param summary the result in one sentence
/// @param ledger the valid part of the batch's ledger
/// @param findings the results of the checks, in their order
public record BatchProof(
        String batch,
        @Nullable String state,
        boolean proved,
        String summary,
        Ledger ledger,
        List<VerificationFinding> findings) {

    /// Keeps an unmodifiable copy of the list.
    public BatchProof {
        findings = List.copyOf(findings);
    }

    /// The valid entries of a batch's ledger, from the first.
    ///
    /// @param entries their number
    /// @param head the hash of the last one
    public record Ledger(long entries, String head) {}
}
