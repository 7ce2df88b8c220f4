package io.nightshift.protocol.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// How a batch's input is cut: consecutive ranges over its rows, all files taken one after another.
/// Equal ranges are kept as one run, so a million regular partitions cost a few bytes.
///
/// @param runs in the order of the input; together they cover it without gap or overlap
public record PartitionPlan(List<Run> runs) {

    /// `count` partitions of `rows` rows each.
    public record Run(long rows, int count) {
        public Run {
            if (rows < 1 || count < 1) {
                throw new IllegalArgumentException("a run of %d × %d rows".formatted(count, rows));
            }
        }
    }

    /// One partition's range.
    ///
    /// @param firstRow position of its first row in the batch's input
    public record Range(long firstRow, long rows) {
        public long endRow() {
            return firstRow + rows;
        }
    }

    public PartitionPlan {
        runs = List.copyOf(runs);
    }

    /// @param rows the size of each partition, in order
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

    public int partitions() {
        return runs.stream().mapToInt(Run::count).reduce(0, Math::addExact);
    }

    public long rows() {
        return runs.stream().mapToLong(run -> run.rows() * run.count()).reduce(0, Math::addExact);
    }

    /// Answers questions about single partitions in logarithmic time.
    public Index index(List<SourceFile> files) {
        return new Index(this, files);
    }

    /// The plan with its running sums.
    public static final class Index {
        private final List<Run> runs;
        private final int[] firstPartition;
        private final long[] firstRow;
        private final List<SourceFile> files;
        private final long[] fileStart;

        private Index(PartitionPlan plan, List<SourceFile> files) {
            this.runs = plan.runs();
            this.files = List.copyOf(files);
            firstPartition = new int[runs.size() + 1];
            firstRow = new long[runs.size() + 1];
            for (int i = 0; i < runs.size(); i++) {
                firstPartition[i + 1] = firstPartition[i] + runs.get(i).count();
                firstRow[i + 1] = firstRow[i] + runs.get(i).rows() * runs.get(i).count();
            }
            fileStart = new long[files.size() + 1];
            for (int i = 0; i < files.size(); i++) {
                fileStart[i + 1] = fileStart[i] + files.get(i).rows();
            }
            if (fileStart[files.size()] != firstRow[runs.size()]) {
                throw new IllegalArgumentException("the plan covers %d rows, the files hold %d"
                        .formatted(firstRow[runs.size()], fileStart[files.size()]));
            }
        }

        public int partitions() {
            return firstPartition[runs.size()];
        }

        /// Rows of the whole input.
        public long rows() {
            return firstRow[runs.size()];
        }

        public Range range(int partition) {
            Objects.checkIndex(partition, partitions());
            int found = Arrays.binarySearch(firstPartition, partition);
            int run = found >= 0 ? found : -found - 2;
            long rows = runs.get(run).rows();
            return new Range(firstRow[run] + (partition - firstPartition[run]) * rows, rows);
        }

        /// The file rows behind a partition, in order; at least one slice.
        public List<Slice> slices(int partition) {
            Range range = range(partition);
            List<Slice> slices = new ArrayList<>();
            int found = Arrays.binarySearch(fileStart, range.firstRow());
            for (int i = found >= 0 ? found : -found - 2; fileStart[i] < range.endRow(); i++) {
                long from = Math.max(range.firstRow(), fileStart[i]);
                long to = Math.min(range.endRow(), fileStart[i + 1]);
                if (from < to) {
                    slices.add(new Slice(files.get(i), from - fileStart[i], to - from));
                }
                if (i + 1 == files.size()) {
                    break;
                }
            }
            return slices;
        }
    }
}
