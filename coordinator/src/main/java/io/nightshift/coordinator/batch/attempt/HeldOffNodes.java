package io.nightshift.coordinator.batch.attempt;

import java.util.HashMap;
import java.util.Map;

/// The nodes that get no partition of a batch for a while, because a resource of theirs failed. Each gets another
/// partition after a backoff, and so tries itself again.
///
/// Deterministic: the caller passes the time, in nanoseconds of a monotonic clock. Used by one thread.
final class HeldOffNodes {

    /// @param failures without a success in between
    private record HoldOff(int failures, long until) {}

    private final Map<String, HoldOff> nodes = new HashMap<>();

    int failures(String node) {
        HoldOff holdOff = nodes.get(node);
        return holdOff == null ? 0 : holdOff.failures();
    }

    void failed(String node, long until) {
        nodes.merge(node, new HoldOff(1, until), (before, now) -> new HoldOff(before.failures() + 1, until));
    }

    void succeeded(String node) {
        nodes.remove(node);
    }

    /// The time until a node gets a partition again, in nanoseconds; 0 if it gets one now.
    long left(String node, long now) {
        HoldOff holdOff = nodes.get(node);
        return holdOff == null ? 0 : Math.max(0, holdOff.until() - now);
    }
}
