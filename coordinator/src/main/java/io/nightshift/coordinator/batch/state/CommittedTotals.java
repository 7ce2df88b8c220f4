package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.batch.Use;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/// Sums over committed partitions. Each number is 0 or more.
///
/// @param rows rows of the input
/// @param read rows of them that the job's `where` selects; `predictions + quarantined`
/// @param predictions rows with a prediction
/// @param quarantined rows in the quarantine
/// @param bytes the size of the staged files
/// @param unseenCategories rows with a category that the model does not know, by feature; only features
///     that have such rows
/// @param use what their attempts used, rounded for each as [Use#rounded()] says
public record CommittedTotals(
        long rows,
        long read,
        long predictions,
        long quarantined,
        long bytes,
        Map<String, Long> unseenCategories,
        Use use) {

    public static final CommittedTotals ZERO = new CommittedTotals(0, 0, 0, 0, 0);

    public CommittedTotals {
        unseenCategories =
                unseenCategories.isEmpty() ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(unseenCategories));
    }

    /// CommittedTotals without unseen categories, of attempts whose use is not known.
    public CommittedTotals(long rows, long read, long predictions, long quarantined, long bytes) {
        this(rows, read, predictions, quarantined, bytes, Map.of(), Use.NONE);
    }

    private Map<String, Long> sum(Map<String, Long> more, int sign) {
        if (more.isEmpty()) {
            return unseenCategories;
        }
        Map<String, Long> sum = new TreeMap<>(unseenCategories);
        more.forEach((feature, rows) -> sum.merge(feature, sign * rows, Long::sum));
        sum.values().removeIf(rows -> rows == 0);
        return sum;
    }

    CommittedTotals minus(CommittedTotals other) {
        return new CommittedTotals(
                rows - other.rows,
                read - other.read,
                predictions - other.predictions,
                quarantined - other.quarantined,
                bytes - other.bytes,
                sum(other.unseenCategories, -1),
                use.minus(other.use));
    }

    /// The sums after rows of the quarantine have got a prediction.
    public CommittedTotals plus(Supplement supplement) {
        PartitionCommit commit = supplement.commit();
        return new CommittedTotals(
                rows,
                read,
                predictions + commit.predictions(),
                commit.quarantined(),
                bytes + commit.bytes(),
                unseenCategories,
                use);
    }

    public CommittedTotals plus(PartitionCommit commit) {
        return new CommittedTotals(
                rows + commit.rows(),
                read + commit.read(),
                predictions + commit.predictions(),
                quarantined + commit.quarantined(),
                bytes + commit.bytes(),
                sum(commit.unseenCategories(), 1),
                commit.use() == null ? use : use.plus(commit.use().rounded()));
    }
}
