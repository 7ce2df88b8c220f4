package io.nightshift.protocol.plan;

/// Consecutive rows of one file.
///
/// @param firstRow position of the first row in the file, from 0
/// @param rows at least 1
public record Slice(SourceFile file, long firstRow, long rows) {

    public Slice {
        if (firstRow < 0 || rows < 1 || firstRow + rows > file.rows()) {
            throw new IllegalArgumentException("rows %d to %d of %s".formatted(firstRow, firstRow + rows, file));
        }
    }

    public long endRow() {
        return firstRow + rows;
    }
}
