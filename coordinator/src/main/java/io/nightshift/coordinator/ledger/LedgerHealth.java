package io.nightshift.coordinator.ledger;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Checks whether the journal can be used. It keeps the result for two seconds, so many callers cause few
/// queries. Safe for several threads; while one waits for the database, the others wait for its result.
public final class LedgerHealth implements Supplier<@Nullable String> {

    private static final long FRESH = Duration.ofSeconds(2).toNanos();

    private final Ledger ledger;
    private @Nullable String problem;
    private long checked;
    private boolean isKnown;

    public LedgerHealth(Ledger ledger) {
        this.ledger = ledger;
    }

    /// Why the journal can't be used, in one sentence; null if it can.
    @Override
    public synchronized @Nullable String get() {
        if (!isKnown || System.nanoTime() - checked > FRESH) {
            problem = ledger.problem();
            checked = System.nanoTime();
            isKnown = true;
        }
        return problem;
    }
}
