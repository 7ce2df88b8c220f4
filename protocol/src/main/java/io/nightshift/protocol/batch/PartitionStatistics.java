package io.nightshift.protocol.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// What an attempt has counted for the checks of its job. The sum over partitions is the same in any order.
///
/// @param counts for each check of the job, in its order, the rows with a prediction that are NULL or outside
///     the range; 0 for a check that counts no rows
public record PartitionStatistics(List<Long> counts) {

    /// Of no row.
    public static final PartitionStatistics NONE = new PartitionStatistics(List.of());

    public PartitionStatistics {
        counts = List.copyOf(counts);
    }

    /// The statistics of the rows of both.
    ///
    /// @param other of the same job
    public PartitionStatistics plus(PartitionStatistics other) {
        List<Long> sums = new ArrayList<>(Collections.nCopies(Math.max(counts.size(), other.counts.size()), 0L));
        for (int i = 0; i < sums.size(); i++) {
            sums.set(i, count(i) + other.count(i));
        }
        return new PartitionStatistics(sums);
    }

    /// The number of a check; 0 if there is none.
    ///
    /// @param check its position in the job's list, from 0
    public long count(int check) {
        return check < counts.size() ? counts.get(check) : 0;
    }
}
