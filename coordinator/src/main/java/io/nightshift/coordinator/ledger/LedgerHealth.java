package io.nightshift.coordinator.ledger;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Whether the journal can be used, asked at most once in a while however many want to know. Safe
/// for several threads, which wait for the database together.
public final class LedgerHealth implements Supplier<@Nullable String> {

    private static final long FRESH = Duration.ofSeconds(2).toNanos();

    private final Ledger ledger;
    private @Nullable String trouble;
    private long asked;
    private boolean known;

    public LedgerHealth(Ledger ledger) {
        this.ledger = ledger;
    }

    /// Why the journal can't be used, or null if it can.
    @Override
    public synchronized @Nullable String get() {
        if (!known || System.nanoTime() - asked > FRESH) {
            trouble = ledger.problem();
            asked = System.nanoTime();
            known = true;
        }
        return trouble;
    }
}
