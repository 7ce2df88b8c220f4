package io.nightshift.protocol.batch;

import java.util.Locale;

/// One try to score one partition. Logs, files and messages write it as `batch.partition.epoch`.
///
/// @param batch the partition's batch
/// @param partition the partition's position in the plan, from 0
/// @param epoch of the lease that the attempt holds or held
public record Attempt(BatchId batch, int partition, Epoch epoch) {

    public Attempt {
        if (partition < 0) {
            throw new IllegalArgumentException("a partition is 0 or more, not " + partition);
        }
    }

    /// The name of the staged file with this attempt's predictions.
    public String stagedPart() {
        return "%s.%s.staged".formatted(partName(partition), epoch);
    }

    /// The name of the staged file with this attempt's quarantined rows; it exists only if there are any.
    public String stagedQuarantine() {
        return "%s.%s.staged".formatted(quarantineName(partition), epoch);
    }

    /// The name of the published file with a partition's predictions.
    public static String partName(int partition) {
        return String.format(Locale.ROOT, "part-%06d.parquet", partition);
    }

    /// The name of the published file with a partition's quarantined rows.
    public static String quarantineName(int partition) {
        return String.format(Locale.ROOT, "_quarantine-%06d.parquet", partition);
    }

    @Override
    public String toString() {
        return batch + "." + partition + "." + epoch;
    }
}
