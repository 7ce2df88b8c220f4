package io.nightshift.coordinator.verification;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.storage.destination.Finding;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a verification found.
///
/// @param phase of the batch as far as its ledger could be followed; null if nothing could
/// @param rows of its input; 0 before it is planned
/// @param entries of the ledger that follow one from the other
/// @param head the hash of the last of them. Kept elsewhere, it shows any later change of history
/// @param findings in the order in which they were made
public record Proof(
        BatchId batch, @Nullable Phase phase, long rows, long entries, String head, List<Finding> findings) {

    public Proof {
        findings = List.copyOf(findings);
    }

    /// Whether the batch is published and nothing speaks against it.
    public boolean holds() {
        return phase == Phase.PUBLISHED && count(Finding.Outcome.BROKEN) == 0;
    }

    /// The outcome in one sentence.
    public String sentence() {
        long broken = count(Finding.Outcome.BROKEN);
        if (broken > 0) {
            return "Not proved: %s against %s."
                    .formatted(broken == 1 ? "1 finding speaks" : broken + " findings speak", batch);
        }
        if (phase != Phase.PUBLISHED) {
            return "Not proved: %s is %s, so there is no published output; nothing speaks against what there is."
                    .formatted(batch, phase == null ? "not begun" : phase);
        }
        String rowsInWords = String.format(Locale.ROOT, "%,d input rows", rows);
        return count(Finding.Outcome.OPEN) == 0
                ? "Proved: %s is whole, each of its %s once, and nothing was changed since."
                        .formatted(batch, rowsInWords)
                : "Proved by ledger and files: %s is whole, and nothing was changed since; its %s could not be compared again."
                        .formatted(batch, rowsInWords);
    }

    private long count(Finding.Outcome outcome) {
        return findings.stream().filter(finding -> finding.outcome() == outcome).count();
    }
}
