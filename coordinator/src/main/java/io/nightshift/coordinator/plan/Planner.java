package io.nightshift.coordinator.plan;

import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.wire.WireLimits;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import java.util.List;
import java.util.stream.LongStream;

/// Cuts an input into partitions of about the wanted size. Row groups are kept whole unless they
/// are larger than that; then they are cut into equal pieces. Small ones are taken together, across
/// files too. An input without rows is one empty partition, so that its batch has an output with the
/// columns of every other.
public final class Planner {

    private Planner() {}

    /// @param target rows per partition, at least 1
    public static PartitionPlan cut(List<InspectedFile> files, int target) {
        LongStream.Builder partitions = LongStream.builder();
        long open = 0;
        int openBytes = 0;
        int lastFile = -1;
        for (int i = 0; i < files.size(); i++) {
            InspectedFile file = files.get(i);
            int fileBytes = WireLimits.sliceBytes(file.file());
            for (long group : file.rowGroups()) {
                if (group == 0) {
                    continue;
                }
                int bytes = openBytes + (i == lastFile ? 0 : fileBytes);
                if (open > 0 && (open + group > target || bytes > WireLimits.SLICES)) {
                    partitions.add(open);
                    open = 0;
                    bytes = fileBytes;
                }
                if (group <= target) {
                    open += group;
                    openBytes = bytes;
                    lastFile = i;
                } else {
                    openBytes = 0;
                    lastFile = -1;
                    long pieces = Math.max(1, Math.round((double) group / target));
                    for (long piece = 0; piece < pieces; piece++) {
                        partitions.add(group / pieces + (piece < group % pieces ? 1 : 0));
                    }
                }
            }
        }
        if (open > 0) {
            partitions.add(open);
        }
        long[] rows = partitions.build().toArray();
        return rows.length == 0 ? PartitionPlan.of(0) : PartitionPlan.of(rows);
    }
}
