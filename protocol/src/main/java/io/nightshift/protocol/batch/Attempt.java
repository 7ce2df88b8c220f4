package io.nightshift.protocol.batch;

import java.util.Locale;

/// One try to score one partition, named `batch.partition.epoch` everywhere.
///
/// @param partition the partition's position in the plan, from 0
public record Attempt(BatchId batch, int partition, Epoch epoch) {

    public Attempt {
        if (partition < 0) {
            throw new IllegalArgumentException("partition " + partition);
        }
    }

    /// The name of the part file that this attempt stages.
    public String stagedPart() {
        return "%s.%s.staged".formatted(partName(partition), epoch);
    }

    /// The name of the quarantine file that this attempt stages, where it has bad rows.
    public String stagedQuarantine() {
        return "%s.%s.staged".formatted(quarantineName(partition), epoch);
    }

    /// The published name of a partition's predictions.
    public static String partName(int partition) {
        return String.format(Locale.ROOT, "part-%06d.parquet", partition);
    }

    /// The published name of a partition's bad rows.
    public static String quarantineName(int partition) {
        return String.format(Locale.ROOT, "_quarantine-%06d.parquet", partition);
    }

    @Override
    public String toString() {
        return batch + "." + partition + "." + epoch;
    }
}
