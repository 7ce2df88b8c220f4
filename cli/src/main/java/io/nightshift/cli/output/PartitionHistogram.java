package io.nightshift.cli.output;

import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.PartitionPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The sizes of a plan's partitions as bars, for people: a line for each partition, or for some consecutive
/// ones with their mean.
public final class PartitionHistogram {

    private static final int LINES = 12;
    private static final int BAR = 24;

    /// @param count of partitions
    /// @param rows of one partition, on average
    private record Line(String label, int count, long rows) {
        String size() {
            return count == 1
                    ? String.format(Locale.ROOT, "%,d rows", rows)
                    : String.format(Locale.ROOT, "%,d × %,d rows", count, rows);
        }
    }

    private PartitionHistogram() {}

    /// The lines; none if all partitions have the same size and no partition value.
    ///
    /// @param isKeyed whether the input is divided by a partition key
    public static List<String> lines(PartitionPlan.Index plan, boolean isKeyed, Symbols symbols) {
        int partitions = plan.partitions();
        long most = IntStream.range(0, partitions)
                .mapToLong(i -> plan.range(i).rows())
                .max()
                .orElse(0);
        boolean isEven =
                IntStream.range(0, partitions).allMatch(i -> plan.range(i).rows() == most);
        if (most == 0 || (isEven && !isKeyed)) {
            return List.of();
        }
        List<Line> lines = new ArrayList<>();
        int shown = Math.min(partitions, LINES);
        for (int i = 0; i < shown; i++) {
            int from = Math.toIntExact((long) i * partitions / shown);
            int to = Math.toIntExact((i + 1L) * partitions / shown);
            long rows = plan.range(to - 1).endRow() - plan.range(from).firstRow();
            lines.add(new Line(label(plan, from, to - 1, isKeyed), to - from, Math.round((double) rows / (to - from))));
        }
        int labels =
                lines.stream().mapToInt(line -> line.label().length()).max().orElse(0);
        int sizes = lines.stream().mapToInt(line -> line.size().length()).max().orElse(0);
        return lines.stream()
                .map(line -> ("%-" + labels + "s  %" + sizes + "s  %s")
                        .formatted(line.label(), line.size(), bar(line.rows(), most, symbols)))
                .toList();
    }

    private static String bar(long rows, long most, Symbols symbols) {
        int length = (int) Math.max(1, Math.round((double) rows / most * BAR));
        return (symbols.plain() ? "#" : "█").repeat(length);
    }

    private static String label(PartitionPlan.Index plan, int first, int last, boolean isKeyed) {
        String from = isKeyed ? value(plan.cut(first)) : String.valueOf(first);
        String to = isKeyed ? value(plan.cut(last)) : String.valueOf(last);
        return from.equals(to) ? from : from + " to " + to;
    }

    private static String value(@Nullable Cut cut) {
        return cut == null || cut.value() == null ? "NULL" : cut.value();
    }
}
