package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.Distribution;

/// The population stability index: how much two distributions differ. 0 for equal ones; there is no largest value.
/// The sum of (q - p) ln(q / p) over [groups][ComparedGroups] of values, where p and q are the shares of a
/// group in both.
///
/// Computed in one order, with functions whose results are the same on all processors.
public final class StabilityIndex {

    private StabilityIndex() {}

    /// @param before of at least one row
    /// @param now of at least one row
    public static double of(Distribution before, Distribution now) {
        double index = 0;
        for (ComparedGroups.Shares group : ComparedGroups.of(before, now)) {
            index += (group.now() - group.before()) * StrictMath.log(group.now() / group.before());
        }
        return index;
    }
}
