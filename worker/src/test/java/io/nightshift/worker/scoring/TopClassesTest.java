package io.nightshift.worker.scoring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopClassesTest {

    /// The classes and then the scores of one row.
    private static List<Double> of(int wanted, boolean binary, double... probabilities) {
        double[][] outputs = new double[1 + probabilities.length][1];
        for (int i = 0; i < probabilities.length; i++) {
            outputs[1 + i][0] = probabilities[i];
        }
        TopClasses top = new TopClasses(wanted, binary ? 2 : probabilities.length, binary);
        double[][] to = new double[3 + top.columns()][1];
        top.select(outputs, 1, to, 3);
        List<Double> found = new ArrayList<>();
        for (int i = 3; i < to.length; i++) {
            found.add(to[i][0]);
        }
        return found;
    }

    @Test
    void equallyProbableClassesAreInTheModelsOrder() {
        assertThat(of(3, false, 0.25, 0.5, 0.25)).containsExactly(1.0, 0.0, 2.0, 0.5, 0.25, 0.25);
        assertThat(of(1, false, 0.2, 0.4, 0.4)).containsExactly(1.0, 0.4);
        assertThat(of(2, true, 0.5)).containsExactly(0.0, 1.0, 0.5, 0.5);
    }

    @Test
    void aModelOfTwoClassesHasBoth() {
        assertThat(of(2, true, 0.75)).containsExactly(1.0, 0.0, 0.75, 0.25);
        assertThat(of(1, true, 0.25)).containsExactly(0.0, 0.75);
    }

    @Test
    void aScoreThatIsNoNumberComesLast() {
        assertThat(of(3, false, Double.NaN, 0.1, 0.9)).containsExactly(2.0, 1.0, 0.0, 0.9, 0.1, Double.NaN);
    }

    @ParameterizedTest
    @CsvSource({"1,3", "2,3", "3,3", "5,20", "20,20"})
    void theMostProbableAreThoseOfAStableSort(int wanted, int classes) {
        Random random = new Random(7);
        int rows = 500;
        double[][] outputs = new double[1 + classes][rows];
        for (int i = 1; i <= classes; i++) {
            for (int row = 0; row < rows; row++) {
                outputs[i][row] = random.nextInt(5) / 4.0;
            }
        }
        TopClasses top = new TopClasses(wanted, classes, false);
        double[][] to = new double[top.columns()][rows];

        top.select(outputs, rows, to, 0);

        for (int row = 0; row < rows; row++) {
            int at = row;
            List<Integer> expected = IntStream.range(0, classes)
                    .boxed()
                    .sorted(Comparator.comparingDouble(each -> -outputs[1 + each][at]))
                    .limit(wanted)
                    .toList();
            for (int k = 0; k < wanted; k++) {
                assertThat(to[k][row]).isEqualTo(expected.get(k).doubleValue());
                assertThat(to[wanted + k][row]).isEqualTo(outputs[1 + expected.get(k)][row]);
            }
        }
    }
}
