package io.nightshift.protocol.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Consecutive rows of one file, or those of them that belong to a cut.
///
/// @param file the file
/// @param firstRow the position of the first row in the file, from 0
/// @param rows the number of consecutive rows; at least 1, or 0 for the only slice of an input without rows and for
///     a file of a lookup, and not more than the file has from `firstRow` on
/// @param selected how many of these rows belong to the slice: all of them without a cut, at least 1 with one
/// @param cut the cut to which the rows belong; null if all rows do
public record Slice(
        SourceFile file,
        long firstRow,
        long rows,
        long selected,
        @Nullable Cut cut) {

    public Slice {
        if (cut == null) { // as an earlier version wrote it
            selected = rows;
        }
        if (firstRow < 0 || rows < 0 || firstRow + rows > file.rows()) {
            throw new IllegalArgumentException("rows %d to %d of %s".formatted(firstRow, firstRow + rows, file));
        }
        if (selected > rows || (cut != null && selected < 1)) {
            throw new IllegalArgumentException("%d of %d rows of %s".formatted(selected, rows, file));
        }
    }

    /// Consecutive rows, all of them.
    ///
    /// @param file the file
    /// @param firstRow the position of the first row in the file, from 0
    /// @param rows the number of rows
    public Slice(SourceFile file, long firstRow, long rows) {
        this(file, firstRow, rows, rows, null);
    }

    /// The position in the file after the last row.
    public long endRow() {
        return firstRow + rows;
    }

    /// The slices of each cut, in their order.
    ///
    /// @param slices of any partitions
    public static List<List<Slice>> byCut(List<Slice> slices) {
        Map<Optional<Cut>, List<Slice>> groups = new LinkedHashMap<>();
        for (Slice slice : slices) {
            groups.computeIfAbsent(Optional.ofNullable(slice.cut()), cut -> new ArrayList<>())
                    .add(slice);
        }
        return List.copyOf(groups.values());
    }

    /// The cut to which the rows of all slices belong; null if they belong to none.
    ///
    /// @param slices of one partition, or of partitions of one cut
    /// @throws IllegalArgumentException if they belong to several cuts
    public static @Nullable Cut cut(List<Slice> slices) {
        Cut cut = slices.isEmpty() ? null : slices.getFirst().cut();
        for (Slice slice : slices) {
            if (!Objects.equals(cut, slice.cut())) {
                throw new IllegalArgumentException("slices of several cuts: %s and %s".formatted(cut, slice.cut()));
            }
        }
        return cut;
    }
}
