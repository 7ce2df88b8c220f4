package io.nightshift.scoring.pipeline;

import java.util.Arrays;

/// The rows of a block as they are where nearly all numbers are 0: for each row the columns that have a value, and
/// the values. A column of a pipeline can have such rows, instead of a number for each row.
///
/// The order of a row's columns is that of the library, which adds in this order. Zeros may be among the values.
final class SparseRows {

    private int[] ends = new int[64];
    private int rows;

    /// The columns of all rows, one row after the other; those behind the last row have no meaning.
    int[] columns = new int[1024];

    /// The values of all rows.
    double[] values = new double[1024];

    private int size;

    void clear() {
        rows = 0;
        size = 0;
    }

    /// Adds a value to the row that ends next.
    void add(int column, double value) {
        if (size == columns.length) {
            columns = Arrays.copyOf(columns, 2 * size);
            values = Arrays.copyOf(values, 2 * size);
        }
        columns[size] = column;
        values[size++] = value;
    }

    void endRow() {
        if (rows == ends.length) {
            ends = Arrays.copyOf(ends, 2 * rows);
        }
        ends[rows++] = size;
    }

    /// The position of a row's first value.
    int start(int row) {
        return row == 0 ? 0 : ends[row - 1];
    }

    /// The position behind a row's last value.
    int end(int row) {
        return ends[row];
    }
}
