package io.nightshift.protocol.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The division of a batch's input into partitions: consecutive ranges over the rows of all files, in the
/// order of the files. Equal ranges are one run, so a million partitions of equal size take a few bytes.
///
/// @param runs the runs in the order of the input; together they cover it without gap or overlap
public record PartitionPlan(List<Run> runs) {

    /// Consecutive partitions of equal size.
    ///
    /// @param rows the number of rows of each partition; at least 1, or 0 for the only partition of an
    ///     input without rows. If that input gets rows later, the empty partition is the first
    /// @param count the number of partitions; at least 1
    public record Run(long rows, int count) {
        public Run {
            if (rows < 0 || count < 1 || (rows == 0 && count > 1)) {
                throw new IllegalArgumentException("a run of %d × %d rows".formatted(count, rows));
            }
        }
    }

    /// The rows of one partition.
    ///
    /// @param firstRow the position of the partition's first row in the batch's input, from 0
    /// @param rows the number of rows
    public record Range(long firstRow, long rows) {
        /// The position after the last row.
        public long endRow() {
            return firstRow + rows;
        }
    }

    public PartitionPlan {
        runs = List.copyOf(runs);
        if (runs.stream().skip(1).anyMatch(run -> run.rows() == 0)) {
            throw new IllegalArgumentException("an empty partition after others");
        }
    }

    /// The first partitions of this plan.
    ///
    /// @param partitions how many, at least 0 and not more than the plan has
    public PartitionPlan first(int partitions) {
        List<Run> kept = new ArrayList<>();
        int left = Objects.checkIndex(partitions, partitions() + 1);
        for (int i = 0; left > 0; i++) {
            Run run = runs.get(i);
            kept.add(new Run(run.rows(), Math.min(left, run.count())));
            left -= kept.getLast().count();
        }
        return new PartitionPlan(kept);
    }

    /// The partitions of this plan, followed by those of another one.
    ///
    /// @param more a plan whose input follows that of this one; may be without partitions
    public PartitionPlan plus(PartitionPlan more) {
        List<Run> all = new ArrayList<>(runs);
        for (Run run : more.runs()) {
            boolean isSame = !all.isEmpty() && all.getLast().rows() == run.rows();
            all.add(isSame ? new Run(run.rows(), Math.addExact(all.removeLast().count(), run.count())) : run);
        }
        return new PartitionPlan(all);
    }

    /// A plan with partitions of the given sizes.
    ///
    /// @param rows the number of rows of each partition, in order
    public static PartitionPlan of(long... rows) {
        List<Run> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= rows.length; i++) {
            if (i == rows.length || rows[i] != rows[start]) {
                runs.add(new Run(rows[start], i - start));
                start = i;
            }
        }
        return new PartitionPlan(runs);
    }

    /// The number of partitions.
    ///
    /// @throws ArithmeticException if it is more than an `int` can hold
    public int partitions() {
        return runs.stream().mapToInt(Run::count).reduce(0, Math::addExact);
    }

    /// The number of rows of the whole input.
    public long rows() {
        return runs.stream().mapToLong(run -> run.rows() * run.count()).reduce(0, Math::addExact);
    }

    /// An index that finds single partitions in logarithmic time.
    ///
    /// @param files the source files in the order of their rows, and the files of lookups
    /// @throws IllegalArgumentException if the source files have another number of rows than the plan
    public Index index(List<SourceFile> files) {
        return index(files, null);
    }

    /// An index of a plan that may divide its input by a partition key.
    ///
    /// @param files the source files in the order of their rows
    /// @param cuts the division by the key; null if there is none
    /// @throws IllegalArgumentException if the files or the pieces have another number of rows than the plan, or a
    ///     partition does not consist of whole pieces of one cut
    public Index index(List<SourceFile> files, @Nullable CutPlan cuts) {
        return new Index(this, files, cuts);
    }

    /// A plan with the sums that are needed to find a partition. Immutable.
    public static final class Index {
        private final List<Run> runs;
        private final int[] firstPartition;
        private final long[] firstRow;
        private final List<SourceFile> files;
        private final List<Slice> lookups;
        /// All rows in the order of the partitions: whole files, or pieces of cuts.
        private final List<Slice> extents;
        private final long[] extentStart;

        private Index(PartitionPlan plan, List<SourceFile> files, @Nullable CutPlan cuts) {
            this.runs = plan.runs();
            this.files = files.stream().filter(file -> !file.isLookup()).toList();
            this.lookups = files.stream()
                    .filter(SourceFile::isLookup)
                    .map(file -> new Slice(file, 0, 0))
                    .toList();
            firstPartition = new int[runs.size() + 1];
            firstRow = new long[runs.size() + 1];
            for (int i = 0; i < runs.size(); i++) {
                firstPartition[i + 1] = firstPartition[i] + runs.get(i).count();
                firstRow[i + 1] = firstRow[i] + runs.get(i).rows() * runs.get(i).count();
            }
            extents = cuts == null
                    ? this.files.stream()
                            .map(file -> new Slice(file, 0, file.rows()))
                            .toList()
                    : cuts.pieces().stream()
                            .map(piece -> new Slice(
                                    this.files.get(piece.file()),
                                    piece.firstRow(),
                                    piece.rows(),
                                    piece.selected(),
                                    cuts.cuts().get(piece.cut())))
                            .toList();
            extentStart = new long[extents.size() + 1];
            for (int i = 0; i < extents.size(); i++) {
                extentStart[i + 1] = extentStart[i] + extents.get(i).selected();
            }
            if (extentStart[extents.size()] != firstRow[runs.size()]) {
                throw new IllegalArgumentException("the plan covers %d rows, the files hold %d"
                        .formatted(firstRow[runs.size()], extentStart[extents.size()]));
            }
            if (cuts != null) {
                long held = this.files.stream().mapToLong(SourceFile::rows).sum();
                if (held != rows()) {
                    throw new IllegalArgumentException(
                            "the cuts cover %d rows, the files hold %d".formatted(rows(), held));
                }
                requireWholePieces(cuts);
            }
        }

        private void requireWholePieces(CutPlan cuts) {
            int piece = 0;
            for (int partition = 0; partition < partitions() && rows() > 0; partition++) {
                Range range = range(partition);
                int cut = cuts.pieces().get(piece).cut();
                while (piece < extents.size() && extentStart[piece + 1] <= range.endRow()) {
                    if (cuts.pieces().get(piece).cut() != cut) {
                        throw new IllegalArgumentException(
                                "partition %d has rows of several cuts".formatted(partition));
                    }
                    piece++;
                }
                if (extentStart[piece] != range.endRow()) {
                    throw new IllegalArgumentException("partition %d ends inside a piece".formatted(partition));
                }
            }
        }

        /// The number of partitions.
        public int partitions() {
            return firstPartition[runs.size()];
        }

        /// The number of rows of the whole input.
        public long rows() {
            return firstRow[runs.size()];
        }

        /// The rows of a partition.
        ///
        /// @param partition the position of the partition in the plan, from 0
        /// @throws IndexOutOfBoundsException if the plan has no such partition
        public Range range(int partition) {
            Objects.checkIndex(partition, partitions());
            int found = Arrays.binarySearch(firstPartition, partition);
            int run = found >= 0 ? found : -found - 2;
            long rows = runs.get(run).rows();
            return new Range(firstRow[run] + (partition - firstPartition[run]) * rows, rows);
        }

        /// The cut to which a partition belongs; null if the input is not divided by a key, or has no rows.
        ///
        /// @param partition the position of the partition in the plan, from 0
        /// @throws IndexOutOfBoundsException if the plan has no such partition
        public @Nullable Cut cut(int partition) {
            Range range = range(partition);
            return range.rows() == 0
                    ? null
                    : extents.get(extentOf(range.firstRow())).cut();
        }

        private int extentOf(long row) {
            int found = Arrays.binarySearch(extentStart, row);
            return found >= 0 ? found : -found - 2;
        }

        /// The slices of a partition, in order; at least one. The partition of an input without rows is
        /// an empty slice of the first file, whose columns the output has. After these, an empty slice of each
        /// file of a lookup names that file.
        ///
        /// @param partition the position of the partition in the plan, from 0
        /// @throws IndexOutOfBoundsException if the plan has no such partition
        public List<Slice> slices(int partition) {
            Range range = range(partition);
            List<Slice> slices = new ArrayList<>();
            if (range.rows() == 0) {
                slices.add(new Slice(files.getFirst(), 0, 0));
                slices.addAll(lookups);
                return slices;
            }
            for (int i = extentOf(range.firstRow()); extentStart[i] < range.endRow(); i++) {
                Slice extent = extents.get(i);
                long from = Math.max(range.firstRow(), extentStart[i]);
                long to = Math.min(range.endRow(), extentStart[i + 1]);
                if (from < to) {
                    slices.add(
                            extent.cut() == null ? new Slice(extent.file(), from - extentStart[i], to - from) : extent);
                }
                if (i + 1 == extents.size()) {
                    break;
                }
            }
            slices.addAll(lookups);
            return slices;
        }
    }
}
