package io.nightshift.scoring.forest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.kernel.ReferenceKernel;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Examples of the meaning of nodes and links.
class ForestTest {

    @ParameterizedTest
    @CsvSource({
        "NUMERIC_MISSING_LEFT,  0,   L L R L",
        "NUMERIC_MISSING_RIGHT, 0,   L L R R",
        "ZERO_MISSING_LEFT,     -1,  L L R L",
        "ZERO_MISSING_RIGHT,    -1,  L R R R",
        "ZERO_MISSING_RIGHT,    5,   L R L R"
    })
    void numericNodesSendMissingValuesTheirWay(NodeKind kind, double threshold, String ways) {
        assertThat(ways(stump(kind, threshold, CategoryRule.FROM_ZERO), -2, 0, 3, Double.NaN))
                .isEqualTo(ways);
    }

    @Test
    void zeroAsMissingTakesWhatLightGbmTakesForZero() {
        Forest forest = stump(NodeKind.ZERO_MISSING_LEFT, -1, CategoryRule.FROM_ZERO);

        assertThat(ways(forest, 1e-35f, -1e-35f, Double.MIN_VALUE, -0.0, Math.nextUp((double) 1e-35f)))
                .isEqualTo("L L L L R");
    }

    @ParameterizedTest
    @CsvSource({
        "SET_MISSING_LEFT,  FROM_ZERO,       R R L L R L L R R R L",
        "SET_MISSING_RIGHT, FROM_ZERO,       R R L L R L L R R R R",
        "SET_MISSING_RIGHT, ABOVE_MINUS_ONE, R L L L R L L R R R R",
        "SET_MISSING_RIGHT, WHOLE,           R R L R R L R R R R R"
    })
    void setsContainTheCategoryOfANumber(NodeKind kind, CategoryRule rule, String ways) {
        double[] values = {-1, -0.5, -0.0, 0.9, 1, 7, 7.99, 8, 1e300, Double.POSITIVE_INFINITY, Double.NaN};

        assertThat(ways(stump(kind, 0, rule), values)).isEqualTo(ways);
    }

    @Test
    void aSetLooksAtTheRoundedValue() {
        assertThat(ways(stump(NodeKind.SET_MISSING_LEFT, 0, CategoryRule.FROM_ZERO, Precision.FLOAT32), 7.99999999999))
                .isEqualTo("R");
    }

    @Test
    void aSetThatDoesNotAscendIsRefused() {
        for (int[] set : new int[][] {{3, 1}, {1, 1}, {-1}, {Integer.MAX_VALUE}}) {
            ForestBuilder builder = new ForestBuilder(shape(Link.IDENTITY, 1, 1, 1));
            builder.tree(0);
            builder.split(NodeKind.SET_MISSING_LEFT, 0, builder.set(set));
            builder.leaf(0);
            builder.leaf(1);
            assertThatThrownBy(builder::build).hasMessageContaining("ascend");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EXPONENTIAL,   1, 1, 7.38905609893065",
        "SIGNED_SQUARE, 1, 1, 4",
        "SIGNED_SQUARE, 1, -1, -4",
        "SOFTPLUS,      1, 1, 2.1269280110429727",
        "SIGMOID,       1, 1, 0.8807970779778823",
        "IDENTITY,      4, 1, 0.5",
        "IDENTITY,      4, -1, -0.5"
    })
    void aLinkIsAppliedToTheScaledSum(Link link, double divisor, double sign, double expected) {
        ForestBuilder builder = new ForestBuilder(shape(link, 1, divisor, 1));
        builder.tree(0);
        builder.leaf(2 * sign);
        double[][] outputs = new double[2][1];
        ForestScorers.of(builder.build()).scorer().score(new double[1][1], 1, outputs);

        assertThat(outputs[0][0]).isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-12));
        assertThat(outputs[1][0]).as("the margin").isEqualTo(2 * sign);
    }

    @Test
    void oneVersusAllGivesEachClassItsOwnProbability() {
        ForestBuilder builder = new ForestBuilder(shape(Link.ONE_VS_ALL, 3, 1, 2));
        for (int group = 0; group < 3; group++) {
            builder.tree(group);
            builder.leaf(group == 1 ? 1 : -1);
        }
        double[][] outputs = new double[7][1];
        Forest forest = builder.build();
        ForestScorers.of(forest).scorer().score(new double[1][1], 1, outputs);

        assertThat(forest.margins()).isEqualTo(3);
        assertThat(outputs[0][0]).isEqualTo(1);
        assertThat(outputs[1][0]).isEqualTo(1 / (1 + Math.exp(2)));
        assertThat(outputs[2][0]).isEqualTo(1 / (1 + Math.exp(-2)));
        assertThat(outputs[4][0]).as("the first margin").isEqualTo(-1);
        assertThat(outputs[5][0]).as("the second").isEqualTo(1);
    }

    private static String ways(Forest forest, double... values) {
        double[][] outputs = new double[1][values.length];
        new ForestScorers(forest, new ReferenceKernel.Layout(forest), 64, "")
                .scorer()
                .score(new double[][] {values}, values.length, outputs);
        StringBuilder ways = new StringBuilder();
        for (double output : outputs[0]) {
            ways.append(ways.isEmpty() ? "" : " ").append(output == 0 ? 'L' : 'R');
        }
        return ways.toString();
    }

    private static Forest stump(NodeKind kind, double threshold, CategoryRule rule) {
        return stump(kind, threshold, rule, Precision.FLOAT64);
    }

    private static Forest stump(NodeKind kind, double threshold, CategoryRule rule, Precision precision) {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                List.of(precision),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                1,
                List.of(0.0),
                Link.IDENTITY,
                1,
                1,
                rule));
        builder.set(0, 7);
        builder.tree(0);
        builder.split(kind, 0, threshold);
        builder.leaf(0);
        builder.leaf(1);
        return builder.build();
    }

    private static ForestShape shape(Link link, int sums, double divisor, double slope) {
        return new ForestShape(
                List.of(Precision.FLOAT64),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                1,
                java.util.Collections.nCopies(sums, 0.0),
                link,
                divisor,
                slope,
                CategoryRule.FROM_ZERO);
    }
}
