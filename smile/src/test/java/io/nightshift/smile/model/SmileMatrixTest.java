package io.nightshift.smile.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.format.MalformedModelException;
import org.junit.jupiter.api.Test;
import smile.linalg.UPLO;
import smile.tensor.DenseMatrix;
import smile.tensor.ScalarType;
import smile.tensor.Vector;

class SmileMatrixTest {

    private final SmileSizeLimit size = new SmileSizeLimit(1000);
    private final DenseMatrix matrix = DenseMatrix.of(new double[][] {{1, 2, 3}, {4, 5, 6}});

    @Test
    void numbersAreReadByRowsAndByColumns() throws MalformedModelException {
        assertThat(SmileMatrix.byRows(matrix, ScalarType.Float64, 2, 3, size)).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(SmileMatrix.byColumns(matrix, ScalarType.Float64, 2, 3, size))
                .containsExactly(1, 4, 2, 5, 3, 6);
    }

    /// Its columns are as far apart as those of the whole.
    @Test
    void aPartOfAMatrixIsReadWithinIt() throws MalformedModelException {
        DenseMatrix part = matrix.submatrix(0, 0, 1, 2);

        assertThat(SmileMatrix.byRows(part, ScalarType.Float64, 1, 2, size)).containsExactly(1, 2);
    }

    @Test
    void anotherShapeOrTypeIsRefused() {
        assertThatThrownBy(() -> SmileMatrix.byRows(matrix, ScalarType.Float64, 3, 2, size))
                .hasMessageContaining("a matrix of 2 × 3")
                .hasMessageContaining("needs one of 3 × 2");
        assertThatThrownBy(() -> SmileMatrix.byRows(matrix, ScalarType.Float64, 2, 2, size))
                .hasMessageContaining("needs one of 2 × 2");
        assertThatThrownBy(() -> SmileMatrix.byColumns(matrix, ScalarType.Float32, 2, 3, size))
                .hasMessageContaining("another type than Float32");
        assertThatThrownBy(() -> SmileMatrix.byRows(Vector.column(new double[] {1, 2}), ScalarType.Float64, 2, 1, size))
                .hasMessageContaining("another type");
        assertThatThrownBy(() -> SmileMatrix.numbers(Vector.column(new double[] {1, 2}), ScalarType.Float64, 3, size))
                .hasMessageContaining("a vector of 2 numbers");
        DenseMatrix lower = DenseMatrix.of(new double[][] {{1, 2}, {2, 1}}).withUplo(UPLO.LOWER);
        assertThatThrownBy(() -> SmileMatrix.byRows(lower, ScalarType.Float64, 2, 2, size))
                .hasMessageContaining("symmetric or triangular");
    }
}
