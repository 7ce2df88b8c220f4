package io.nightshift.coordinator.plan;

import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.SourceInspector.InspectedFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Fits a plan to a source that has changed. Files and partitions of the plan stay as long as nothing before them
/// has changed, so that every committed partition keeps its number and its rows. What is new follows.
///
/// A file that has changed or vanished is dropped, together with all partitions from its first row on. That is
/// possible only if none of these partitions is committed. They are cut anew.
///
/// Pure: it looks at no file.
public sealed interface PlanExtension {

    /// The new end of the plan.
    ///
    /// @param keptFiles how many files of the plan stay, the first ones
    /// @param keptPartitions how many partitions of the plan stay, the first ones
    /// @param files the files that follow
    /// @param partitions the partitions that follow
    /// @param dropped the first file that is dropped, and why, in words; null if the plan only grows
    record Extended(
            int keptFiles,
            int keptPartitions,
            List<SourceFile> files,
            PartitionPlan partitions,
            @Nullable String dropped)
            implements PlanExtension {
        public Extended {
            files = List.copyOf(files);
        }
    }

    /// The plan can't be fitted.
    ///
    /// @param reason why, in one sentence, for people
    record Refused(String reason) implements PlanExtension {}

    /// Fits a plan to what is in the source now.
    ///
    /// @param pinned the files of the plan
    /// @param plan the division of these files
    /// @param isCommitted whether a partition is committed
    /// @param found the files in the source
    /// @param target rows per partition, at least 1
    static PlanExtension of(
            List<SourceFile> pinned,
            PartitionPlan plan,
            IntPredicate isCommitted,
            List<InspectedFile> found,
            int target) {
        PartitionPlan.Index index = plan.index(pinned);
        Map<String, InspectedFile> byPath = new HashMap<>();
        found.forEach(file -> byPath.put(file.file().path(), file));
        int keptFiles = 0;
        long keptFileRows = 0;
        while (keptFiles < pinned.size() && isUnchanged(pinned.get(keptFiles), byPath)) {
            keptFileRows += pinned.get(keptFiles).rows();
            keptFiles++;
        }
        String dropped = keptFiles == pinned.size() ? null : change(pinned.get(keptFiles), byPath);
        // An empty partition is a slice of the first file.
        int keptWithFiles = keptFiles == 0 ? 0 : partitionsUntil(index, keptFileRows);
        int keptPartitions = dropped == null ? index.partitions() : keptWithFiles;
        for (int partition = keptPartitions; partition < index.partitions(); partition++) {
            if (isCommitted.test(partition)) {
                return new Refused("%s, and partition %d, which has rows of this file or of one after it, is committed"
                        .formatted(dropped, partition));
            }
        }
        long keptRows =
                keptPartitions == 0 ? 0 : index.range(keptPartitions - 1).endRow();
        List<SourceFile> kept = pinned.subList(0, keptFiles);
        List<SourceFile> files = new ArrayList<>();
        List<InspectedFile> toCut = remainders(kept, keptRows, byPath);
        Set<SourceFile> keptSet = new HashSet<>(kept);
        for (InspectedFile file : found) {
            if (!keptSet.contains(file.file())) {
                files.add(file.file());
                toCut.add(file);
            }
        }
        boolean hasRows =
                toCut.stream().flatMap(file -> file.rowGroups().stream()).anyMatch(rows -> rows > 0);
        PartitionPlan more = hasRows || keptPartitions == 0 ? Planner.cut(toCut, target) : new PartitionPlan(List.of());
        return new Extended(keptFiles, keptPartitions, files, more, dropped);
    }

    private static boolean isUnchanged(SourceFile file, Map<String, InspectedFile> found) {
        InspectedFile now = found.get(file.path());
        return now != null && now.file().equals(file);
    }

    private static String change(SourceFile file, Map<String, InspectedFile> found) {
        InspectedFile now = found.get(file.path());
        return InputDifference.change(file, now == null ? null : now.file());
    }

    /// How many of the first partitions end before a row.
    private static int partitionsUntil(PartitionPlan.Index index, long row) {
        int low = 0;
        int high = index.partitions();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (index.range(middle).endRow() <= row) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// The rows of kept files that no kept partition has: of each file, the row groups that are left.
    private static List<InspectedFile> remainders(
            List<SourceFile> kept, long keptRows, Map<String, InspectedFile> found) {
        List<InspectedFile> remainders = new ArrayList<>();
        long start = 0;
        for (SourceFile file : kept) {
            InspectedFile now = Objects.requireNonNull(found.get(file.path()));
            remainders.add(new InspectedFile(file, after(now, Math.max(0, keptRows - start))));
            start += file.rows();
        }
        return remainders;
    }

    private static List<Long> after(InspectedFile file, long skipped) {
        List<Long> groups = new ArrayList<>();
        long start = 0;
        for (long rows : file.rowGroups()) {
            start += rows;
            groups.add(Math.clamp(start - skipped, 0L, rows));
        }
        return groups;
    }
}
