package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.Task;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import smile.anomaly.IsolationForest;
import smile.anomaly.SVM;
import smile.math.MathEx;
import smile.math.kernel.GaussianKernel;

/// Smile's models that say how unusual a row is, to the bit.
class SmileAnomalyTest {

    private static final int ROWS = 5000;

    private static double[][] columns;
    private static double[][] rows;
    private static double[][] seen;

    @TempDir
    Path folder;

    /// Weekday, hour, minute and distance, with an infinity or a large number now and then.
    @BeforeAll
    static void load() throws SQLException {
        FlightsTable flights = FlightsTable.of(ROWS);
        columns = new double[4][];
        for (int column = 0; column < columns.length; column++) {
            columns[column] = flights.columns()[2 + column].clone();
        }
        seen = new double[300][];
        double[][] all = SmileModels.transposed(columns);
        for (int i = 0; i < seen.length; i++) {
            seen[i] = all[i * 16];
        }
        double[] hostile = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1e308, -1e308};
        for (int row = 3; row < ROWS; row += 50) {
            columns[row % 4][row] = hostile[row / 50 % 4];
            columns[(row + row / 200 % 2) % 4][row] = hostile[row / 100 % 4];
        }
        rows = SmileModels.transposed(columns);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void scoresOfAnIsolationForestAreSmilesOwn(int extension) {
        MathEx.setSeed(1);
        IsolationForest smile = IsolationForest.fit(seen, new IsolationForest.Options(40, 0, 0.5, extension));

        Model model = SmileModels.imported(smile, folder);
        double[] scores = SmileModels.scores(model, columns)[0];

        for (int row = 0; row < ROWS; row++) {
            assertThat(scores[row]).isEqualTo(smile.score(rows[row]));
        }
        assertThat(model.description().algorithm()).isEqualTo("IsolationForest");
        assertThat(model.description().task()).isEqualTo(Task.REGRESSION);
        assertThat(model.description().margins()).isZero();
        assertThat(model.kernel()).isEqualTo("isolation trees, a row at a time");
    }

    @Test
    void scoresOfAMachineOfOneClassAreSmilesOwn() {
        SVM<double[]> smile = SVM.fit(seen, new GaussianKernel(200), new SVM.Options(0.2, 1e-3));

        Model model = SmileModels.imported(smile, folder);
        double[][] scores = SmileModels.scores(model, columns);

        for (int row = 0; row < ROWS; row++) {
            assertThat(scores[0][row]).isEqualTo(Double.valueOf(smile.score(rows[row])));
        }
        assertThat(scores[1]).isEqualTo(scores[0]);
        assertThat(model.description().algorithm()).isEqualTo("SVM");
        assertThat(model.description().task()).isEqualTo(Task.REGRESSION);
    }
}
