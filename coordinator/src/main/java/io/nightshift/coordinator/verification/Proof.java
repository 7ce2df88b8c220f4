package io.nightshift.coordinator.verification;

import io.nightshift.destination.Finding;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The result of a verification.
///
/// @param batch the verified batch
/// @param phase the phase of the batch, as far as its ledger is valid; null if no entry is
/// @param rows the number of input rows; 0 before the batch is planned
/// @param entries the number of valid ledger entries, from the first
/// @param head the hash of the last of these entries; a copy that is kept elsewhere reveals any later change
/// @param findings the findings, in the order of the checks
public record Proof(
        BatchId batch, @Nullable Phase phase, long rows, long entries, String head, List<Finding> findings) {

    public Proof {
        findings = List.copyOf(findings);
    }

    /// Whether the batch is published and no check found a problem.
    public boolean holds() {
        return phase == Phase.PUBLISHED && count(Finding.Outcome.BROKEN) == 0;
    }

    /// The outcome in one sentence.
    public String sentence() {
        long broken = count(Finding.Outcome.BROKEN);
        if (broken > 0) {
            return "Not verified: the checks of %s found %s."
                    .formatted(batch, broken == 1 ? "1 problem" : broken + " problems");
        }
        if (phase != Phase.PUBLISHED) {
            return "Not verified: %s is %s, so it has no published output. The checks found no problem in what exists."
                    .formatted(batch, phase == null ? "not begun" : phase);
        }
        String rowsInWords = String.format(Locale.ROOT, "%,d input rows", rows);
        Set<String> open = findings.stream()
                .filter(finding -> finding.outcome() == Finding.Outcome.OPEN)
                .map(Finding::what)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (open.isEmpty()) {
            return "Verified: %s is complete. Each of its %s is in the output once, and nothing was changed since."
                    .formatted(batch, rowsInWords);
        }
        if (open.contains("output")) {
            return "Verified without the output: the ledger of %s is complete, and was not changed.".formatted(batch);
        }
        if (open.remove("input")) {
            return "Verified without the input: %s is complete, and nothing was changed since. Its %s could not be compared.%s"
                    .formatted(
                            batch,
                            rowsInWords,
                            open.isEmpty() ? "" : " Also open: %s.".formatted(String.join(", ", open)));
        }
        return "Verified, except for %s: %s is complete. Each of its %s is in the output once, and nothing was changed since."
                .formatted(String.join(" and ", open), batch, rowsInWords);
    }

    private long count(Finding.Outcome outcome) {
        return findings.stream().filter(finding -> finding.outcome() == outcome).count();
    }
}
