package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.Distribution;

/// The Jensen–Shannon divergence in bits: how much two distributions differ. 0 for equal ones, and at most 1.
/// The mean of the divergences of both from their average, over the same [groups][ComparedGroups] of values
/// as the [StabilityIndex].
///
/// Computed in one order, with functions whose results are the same on all processors.
public final class JensenShannonDivergence {

    private static final double NATS_PER_BIT = StrictMath.log(2);

    private JensenShannonDivergence() {}

    /// @param before of at least one row
    /// @param now of at least one row
    public static double of(Distribution before, Distribution now) {
        double nats = 0;
        for (ComparedGroups.Shares group : ComparedGroups.of(before, now)) {
            double average = (group.before() + group.now()) / 2;
            nats += group.before() * StrictMath.log(group.before() / average)
                    + group.now() * StrictMath.log(group.now() / average);
        }
        return Math.clamp(nats / 2 / NATS_PER_BIT, 0, 1);
    }
}
