package io.nightshift.coordinator.ledger;

import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Checks whether the journal can be used, and whether it keeps what it acknowledges. It keeps the result for two
/// seconds, so many callers cause few
/// queries. Safe for several threads; while one waits for the database, the others wait for its result.
public final class LedgerHealth implements Supplier<@Nullable String> {

    private static final long FRESH = Duration.ofSeconds(2).toNanos();

    private final Ledger ledger;
    private @Nullable String problem;
    private @Nullable String risk;
    private long checked;
    private boolean isKnown;

    public LedgerHealth(Ledger ledger) {
        this.ledger = ledger;
    }

    /// Why the journal can't be used, in one sentence; null if it can.
    @Override
    public synchronized @Nullable String get() {
        refresh();
        return problem;
    }

    /// The settings with which a crash of the journal's database can lose acknowledged commits; null if there
    /// are none, or the journal can't be used.
    public synchronized @Nullable String risk() {
        refresh();
        return risk;
    }

    private void refresh() {
        if (isKnown && System.nanoTime() - checked <= FRESH) {
            return;
        }
        problem = ledger.problem();
        risk = null;
        if (problem == null) {
            try {
                risk = ledger.durabilityRisk();
            } catch (FailureException e) {
                problem = e.getMessage();
            }
        }
        checked = System.nanoTime();
        isKnown = true;
    }
}
