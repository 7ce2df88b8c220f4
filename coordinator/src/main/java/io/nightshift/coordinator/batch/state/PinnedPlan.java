package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent.PlanExtended;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The pinned input and its division into partitions.
///
/// @param files the source files in the order of their rows
/// @param partitions the division as the ledger stores it
/// @param index the same division with random access
/// @param input digest of the identities of the files; null if the ledger does not say
/// @param submitted the digest that the submission named which led to this plan; null if the ledger does
///     not say, or the batch was retried
public record PinnedPlan(
        List<SourceFile> files,
        PartitionPlan partitions,
        PartitionPlan.Index index,
        @Nullable String input,
        @Nullable String submitted) {

    static PinnedPlan of(
            List<SourceFile> files,
            PartitionPlan partitions,
            @Nullable CutPlan cuts,
            @Nullable String input,
            @Nullable String submitted) {
        return new PinnedPlan(List.copyOf(files), partitions, partitions.index(files, cuts), input, submitted);
    }

    PinnedPlan extended(PlanExtended event, @Nullable String request) {
        List<SourceFile> all = new ArrayList<>(files.subList(0, event.keptFiles()));
        PartitionPlan kept = partitions.first(event.keptPartitions());
        if (kept.rows() > all.stream().mapToLong(SourceFile::rows).sum()) {
            throw new IllegalStateException("partitions stay whose files don't");
        }
        all.addAll(event.files());
        return of(all, kept.plus(event.partitions()), null, event.input(), request);
    }
}
