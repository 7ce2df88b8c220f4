package io.nightshift.smile.model;

import io.nightshift.scoring.format.MalformedModelException;
import smile.tensor.DenseMatrix;
import smile.tensor.ScalarType;
import smile.tensor.Vector;

/// Reads the numbers of Smile's matrices and vectors.
///
/// A serialised matrix is a Java array, a length, and an offset or leading dimension. Smile would allocate
/// native memory of the declared size when it reads one. Here only the arrays are read, whose length Java
/// checks, and the caller states the expected size.
final class SmileMatrix {

    private SmileMatrix() {}

    /// Row by row.
    static double[] byRows(DenseMatrix matrix, ScalarType type, int rows, int columns, SmileSizeLimit size)
            throws MalformedModelException {
        double[] numbers = numbers(matrix, type, rows, columns, size);
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                numbers[row * columns + column] = matrix.get(row, column);
            }
        }
        return numbers;
    }

    /// Column by column.
    static double[] byColumns(DenseMatrix matrix, ScalarType type, int rows, int columns, SmileSizeLimit size)
            throws MalformedModelException {
        double[] numbers = numbers(matrix, type, rows, columns, size);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                numbers[column * rows + row] = matrix.get(row, column);
            }
        }
        return numbers;
    }

    private static double[] numbers(DenseMatrix matrix, ScalarType type, int rows, int columns, SmileSizeLimit size)
            throws MalformedModelException {
        if (matrix instanceof Vector || matrix.scalarType() != type) {
            throw new MalformedModelException("it has a matrix of another type than " + type);
        }
        if (matrix.uplo() != null || matrix.diag() != null) {
            throw new MalformedModelException("it has a symmetric or triangular matrix where Smile fits a full one");
        }
        long held = type == ScalarType.Float32
                ? ((float[]) SmileReflection.of(matrix, "data")).length
                : ((double[]) SmileReflection.of(matrix, "data")).length;
        if (matrix.nrow() != rows
                || matrix.ncol() != columns
                || rows < 1
                || columns < 1
                || matrix.ld() < rows
                || (columns - 1L) * matrix.ld() + rows > held) {
            throw new MalformedModelException("it has a matrix of " + matrix.nrow() + " × " + matrix.ncol()
                    + " in an array of " + held + " numbers where it needs one of " + rows + " × " + columns);
        }
        size.take((long) rows * columns);
        return new double[rows * columns];
    }

    /// Adds a row of a matrix that is kept row by row, times a value, to the sums of its columns.
    static void add(double[] matrix, int row, double value, double[] sums, int columns) {
        int at = row * columns;
        for (int i = 0; i < columns; i++) {
            sums[i] += matrix[at + i] * value;
        }
    }

    /// The position of the number of the largest magnitude; the first one of a tie.
    static int largest(double[] numbers) {
        int largest = 0;
        for (int i = 1; i < numbers.length; i++) {
            if (Math.abs(numbers[i]) > Math.abs(numbers[largest])) {
                largest = i;
            }
        }
        return largest;
    }

    static double[] numbers(Vector vector, ScalarType type, int length, SmileSizeLimit size)
            throws MalformedModelException {
        if (vector.scalarType() != type || vector.size() != length) {
            throw new MalformedModelException("it has a vector of " + vector.size() + " numbers of the type "
                    + vector.scalarType() + " where it needs one of " + length + " of the type " + type);
        }
        size.take(length);
        double[] numbers = new double[length];
        for (int i = 0; i < length; i++) {
            numbers[i] = vector.get(i);
        }
        return numbers;
    }
}
