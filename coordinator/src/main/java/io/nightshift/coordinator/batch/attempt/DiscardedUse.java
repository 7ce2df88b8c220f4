package io.nightshift.coordinator.batch.attempt;

import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Use;
import java.util.LinkedHashMap;
import java.util.Map;

/// Sums what attempts have used that were thrown away without a failure of their own in the ledger, until the
/// next commits record the sum. Each attempt is counted once, although its worker may report it several
/// times, and may report it after its lease expired.
///
/// The sum is lost with this object. Then the ledger says a little less than was used.
///
/// Deterministic, like [BatchDecisions].
public class DiscardedUse {

    /// The attempts that are remembered. Those of a batch whose workers all lose their leases at once are
    /// fewer.
    private static final int REMEMBERED = 10_000;

    /// More than any attempt uses.
    private static final Use ALL = new Use(
            Long.MAX_VALUE / 2,
            Long.MAX_VALUE / 2,
            Long.MAX_VALUE / 2,
            Long.MAX_VALUE / 2,
            Long.MAX_VALUE / 2,
            Long.MAX_VALUE / 2);

    /// The use of a number of attempts.
    record Sum(Use use, int attempts) {}

    /// The use that was counted already, by the epoch of the attempt.
    private final Map<Epoch, Use> counted = new LinkedHashMap<>();

    private Use use = Use.NONE;
    private int attempts;

    /// The part of an attempt's use that was not counted yet. It counts from now on.
    public Use uncounted(Epoch epoch, Use reported) {
        Use before = counted.remove(epoch);
        if (before == null) {
            counted.put(epoch, reported);
            if (counted.size() > REMEMBERED) {
                counted.remove(counted.keySet().iterator().next());
            }
            return reported;
        }
        Use more = reported.minus(before);
        counted.put(epoch, before.plus(more));
        return more;
    }

    /// Takes note of an attempt that is counted elsewhere.
    void ignore(Epoch epoch) {
        uncounted(epoch, ALL);
    }

    /// Adds an attempt.
    public void add(Epoch epoch, Use reported) {
        boolean isKnown = counted.containsKey(epoch);
        Use more = uncounted(epoch, reported);
        use = use.plus(more);
        attempts += isKnown ? 0 : 1;
    }

    /// Returns the sum and begins a new one.
    Sum take() {
        Sum sum = new Sum(use, attempts);
        use = Use.NONE;
        attempts = 0;
        return sum;
    }
}
