package io.nightshift.protocol.plan;

/// Consecutive rows of one file.
///
/// @param file the file
/// @param firstRow the position of the first row in the file, from 0
/// @param rows the number of rows; at least 1, or 0 for the only slice of an input without rows, and not more
///     than the file has from `firstRow` on
public record Slice(SourceFile file, long firstRow, long rows) {

    public Slice {
        if (firstRow < 0 || rows < 0 || firstRow + rows > file.rows()) {
            throw new IllegalArgumentException("rows %d to %d of %s".formatted(firstRow, firstRow + rows, file));
        }
    }

    /// The position in the file after the last row.
    public long endRow() {
        return firstRow + rows;
    }
}
