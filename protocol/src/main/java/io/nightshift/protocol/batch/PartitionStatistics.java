package io.nightshift.protocol.batch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The counts of an attempt for the checks of its job. The sum over partitions is the same in any order.
///
/// @param counts for each check of the job, in its order, the rows with a prediction that are NULL or outside
///     the range; 0 for a check that counts no rows
/// @param distributions the distributions of the columns that the job's checks compare, each once, those of
///     predictions first; may be empty
public record PartitionStatistics(List<Long> counts, List<Distribution> distributions) {

    /// The statistics of no row.
    public static final PartitionStatistics NONE = new PartitionStatistics(List.of());

    public PartitionStatistics {
        counts = List.copyOf(counts);
        distributions = List.copyOf(distributions);
    }

    /// Statistics without distributions.
    public PartitionStatistics(List<Long> counts) {
        this(counts, List.of());
    }

    /// The statistics of the rows of both.
    ///
    /// @param other of the same job
    public PartitionStatistics plus(PartitionStatistics other) {
        List<Long> sums = new ArrayList<>(Collections.nCopies(Math.max(counts.size(), other.counts.size()), 0L));
        for (int i = 0; i < sums.size(); i++) {
            sums.set(i, count(i) + other.count(i));
        }
        List<Distribution> both = new ArrayList<>();
        for (Distribution own : distributions.isEmpty() ? other.distributions : distributions) {
            both.add(
                    distributions.isEmpty()
                            ? own
                            : find(other.distributions, own.column())
                                    .map(own::plus)
                                    .orElse(own));
        }
        return new PartitionStatistics(sums, both);
    }

    /// The number of a check; 0 if there is none.
    ///
    /// @param check its position in the job's list, from 0
    public long count(int check) {
        return check < counts.size() ? counts.get(check) : 0;
    }

    /// The distribution of a column.
    ///
    /// @param distributions among which it is
    /// @param column the column or feature; null for the predictions
    public static Optional<Distribution> find(List<Distribution> distributions, @Nullable String column) {
        return distributions.stream()
                .filter(distribution -> Objects.equals(distribution.column(), column))
                .findFirst();
    }
}
