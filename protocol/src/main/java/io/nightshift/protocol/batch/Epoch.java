package io.nightshift.protocol.batch;

import java.util.Comparator;

/// Fences a lease: of two leases of one partition, only the one with the greater epoch can be
/// committed. Epochs grow across restarts of the coordinator without a journal write per lease,
/// because each restart persists a new incarnation before it leases anything.
///
/// @param incarnation which start of the batch's coordinator gave the lease, from 1
/// @param lease the lease's number within the incarnation, from 1
public record Epoch(int incarnation, int lease) implements Comparable<Epoch> {

    private static final Comparator<Epoch> ORDER =
            Comparator.comparingInt(Epoch::incarnation).thenComparingInt(Epoch::lease);

    public Epoch {
        if (incarnation < 1 || lease < 1) {
            throw new IllegalArgumentException("not an epoch: " + incarnation + "-" + lease);
        }
    }

    @Override
    public int compareTo(Epoch other) {
        return ORDER.compare(this, other);
    }

    /// `incarnation-lease`, as file names and logs have it.
    @Override
    public String toString() {
        return incarnation + "-" + lease;
    }
}
