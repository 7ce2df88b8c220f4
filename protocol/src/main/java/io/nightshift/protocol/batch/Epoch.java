package io.nightshift.protocol.batch;

import java.util.Comparator;

/// Identifies a lease of a partition, and fences the leases before it: of all leases of a partition, only the
/// one with the highest epoch can be committed. Epochs grow across restarts of the coordinator without a
/// journal write for each lease, because every takeover persists a new incarnation before it grants a lease.
///
/// @param incarnation the incarnation of the coordinator that granted the lease, from 1
/// @param lease the lease's number within the incarnation, from 1; 0 for a part that another batch has scored
///     and this incarnation has reused, which no lease of it can precede
public record Epoch(int incarnation, int lease) implements Comparable<Epoch> {

    private static final Comparator<Epoch> ORDER =
            Comparator.comparingInt(Epoch::incarnation).thenComparingInt(Epoch::lease);

    public Epoch {
        if (incarnation < 1 || lease < 0) {
            throw new IllegalArgumentException("not an epoch: " + incarnation + "-" + lease);
        }
    }

    /// The epoch of parts that an incarnation reuses: below that of all its leases.
    ///
    /// @param incarnation the incarnation of the coordinator, from 1
    public static Epoch ofReuse(int incarnation) {
        return new Epoch(incarnation, 0);
    }

    /// Whether another batch has scored the partition.
    public boolean isReuse() {
        return lease == 0;
    }

    @Override
    public int compareTo(Epoch other) {
        return ORDER.compare(this, other);
    }

    /// `incarnation-lease`, as file names and logs show it.
    @Override
    public String toString() {
        return incarnation + "-" + lease;
    }
}
