package io.nightshift.scoring.forest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.SyntheticForests;
import io.nightshift.scoring.kernel.BitSlicedForest;
import io.nightshift.scoring.kernel.ForestLayout;
import io.nightshift.scoring.kernel.KernelSelector;
import io.nightshift.scoring.kernel.NodeMaskForest;
import io.nightshift.scoring.kernel.RankedForest;
import io.nightshift.scoring.kernel.ReferenceKernel;
import io.nightshift.scoring.kernel.SplitConditions;
import io.nightshift.scoring.kernel.SplitThresholds;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.Scorer;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForestKernelTest {

    @ParameterizedTest
    @CsvSource({
        "LESS,          false, IDENTITY,      1, 1",
        "LESS,          false, LOGISTIC,      1, 1",
        "LESS,          false, SOFTMAX,       4, 1",
        "LESS,          true,  EXPONENTIAL,   1, 1",
        "LESS_OR_EQUAL, false, HALF_LOGISTIC, 1, 1",
        "LESS_OR_EQUAL, true,  MEAN,          1, 1",
        "LESS_OR_EQUAL, false, LOGISTIC_FROM_ZERO, 1, 1",
        "LESS_OR_EQUAL, true,  SOFTMAX,       3, 1",
        "LESS_OR_EQUAL, true,  VOTED_SHARES,  3, 3",
        "LESS_OR_EQUAL, true,  SHARES,        2, 2",
        "LESS_OR_EQUAL, false, PROBABILITIES, 5, 5"
    })
    void everyKernelAndBlockSizeGivesTheBitsOfTheDefinition(
            Comparison comparison, boolean nominal, Link link, int sums, int width) {
        Random random = new Random(42);
        for (int i = 0; i < 60; i++) {
            int features = i % 10 == 0 ? 1 + random.nextInt(1000) : 1 + random.nextInt(6);
            int deepest = random.nextInt(i % 5 == 0 ? 21 : 11);
            Forest forest = SyntheticForests.forest(random, features, deepest, comparison, nominal, link, sums, width);
            double[][] rows = SyntheticForests.rows(random, forest, 1 + random.nextInt(300));
            holdAllKernelsAgainst(score(forest, new ReferenceKernel.Layout(forest), 256, rows), forest, rows, i);
        }
    }

    @Test
    void treesOfEveryShapeGiveTheBitsOfTheDefinition() {
        Random random = new Random(5);
        List<Forest> forests = List.of(
                SyntheticForests.full(random, 3, 2, 12),
                SyntheticForests.full(random, 20, 700, 9),
                SyntheticForests.full(random, 2000, 30, 2),
                SyntheticForests.symmetric(random, 60, 4, 8),
                SyntheticForests.symmetric(random, 60, 30, 8),
                SyntheticForests.symmetric(random, 30, 5, 12),
                SyntheticForests.uneven(random, 30, 10, 255),
                SyntheticForests.uneven(random, 5, 4, 2000),
                SyntheticForests.uneven(random, 500, 1, 3),
                chain(200),
                chain(20));
        for (int i = 0; i < forests.size(); i++) {
            Forest forest = forests.get(i);
            double[][] rows = SyntheticForests.rows(random, forest, 700);
            holdAllKernelsAgainst(score(forest, new ReferenceKernel.Layout(forest), 256, rows), forest, rows, i);
        }
    }

    private static void holdAllKernelsAgainst(double[][] expected, Forest forest, double[][] rows, int number) {
        SplitThresholds thresholds = SplitThresholds.of(forest);
        SplitConditions tests = SplitConditions.of(thresholds);
        List<ForestLayout> layouts = new ArrayList<>();
        layouts.add(new BitSlicedForest(thresholds, tests));
        layouts.add(Objects.requireNonNull(NodeMaskForest.of(thresholds, tests)));
        RankedForest ranked = RankedForest.of(thresholds);
        if (ranked != null) {
            layouts.add(ranked);
        }
        for (ForestLayout layout : layouts) {
            for (int times : new int[] {1, 2, 3, 8}) {
                assertThat(score(forest, layout, times * layout.rows(), rows))
                        .as("forest %d, %s, block of %d", number, layout.getClass(), times * layout.rows())
                        .isDeepEqualTo(expected);
            }
        }
        assertThat(score(ForestScorers.of(forest), rows))
                .as("forest %d", number)
                .isDeepEqualTo(expected);
    }

    @Test
    void scoresDoNotDependOnHowRowsAreCut() {
        Random random = new Random(7);
        Forest forest = SyntheticForests.forest(random, Comparison.LESS, false, Link.LOGISTIC, 1, 1);
        double[][] rows = SyntheticForests.rows(random, forest, 1000);
        double[][] whole = score(ForestScorers.of(forest), rows);
        Scorer scorer = ForestScorers.of(forest).scorer();

        for (int from = 0; from < 1000; ) {
            int count = Math.min(1000 - from, 1 + random.nextInt(300));
            double[][] part = new double[rows.length][];
            for (int feature = 0; feature < rows.length; feature++) {
                part[feature] = java.util.Arrays.copyOfRange(rows[feature], from, from + count);
            }
            double[][] outputs = new double[2][count];
            scorer.score(part, count, outputs);
            for (int row = 0; row < count; row++) {
                assertThat(outputs[1][row]).isEqualTo(whole[1][from + row]);
            }
            from += count;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "6,  LESS_OR_EQUAL, VOTED_SHARES, 3",
        "9,  LESS_OR_EQUAL, VOTED_SHARES, 3",
        "12, LESS_OR_EQUAL, HALF_LOGISTIC, 1",
        "6,  LESS,          LOGISTIC,     1",
        "12, LESS,          SOFTMAX,      3"
    })
    void noBlockAllocates(int depth, Comparison comparison, Link link, int sums) {
        Random random = new Random(9);
        int width = comparison == Comparison.LESS ? 1 : sums;
        noBlockAllocates(SyntheticForests.forest(random, 5, depth, comparison, true, link, sums, width));
    }

    @Test
    void noBlockAllocatesOverUnevenTrees() {
        noBlockAllocates(SyntheticForests.uneven(new Random(9), 20, 5, 255));
    }

    private static void noBlockAllocates(Forest forest) {
        Random random = new Random(9);
        double[][] rows = SyntheticForests.rows(random, forest, 1000);
        double[][] outputs = new double[forest.outputs()][1000];
        Scorer scorer = ForestScorers.of(forest).scorer();
        scorer.score(rows, 1000, outputs);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 100; i++) {
            scorer.score(rows, 1000, outputs);
        }

        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }

    @Test
    void theKernelIsTheOneThatTheTreesShapesAskFor() {
        assertThat(kernel(chain(6))).isEqualTo("bit-sliced, 64 rows at a time: no tree is deeper than 8 levels");
        assertThat(kernel(SyntheticForests.full(new Random(1), 40, 5, 11)))
                .isEqualTo("bit-sliced, 64 rows at a time: below 8 levels, of up to 11, a row at a time");
        assertThat(kernel(chain(40)))
                .startsWith("bit-sliced by nodes, 256 rows at a time: trees are up to 40 levels deep, and uneven");
    }

    @Test
    void aForestOfTooManyTestsIsRanked() {
        ForestBuilder builder = new ForestBuilder(shape(1));
        for (int tree = 0; tree < KernelSelector.MAX_TESTS; tree++) {
            stump(builder, 0, tree);
        }

        assertThat(kernel(builder.build()))
                .isEqualTo(
                        "ranked, a row at a time: tests take 131074 positions, and the bit-sliced kernel has 131072");
    }

    @Test
    void aForestOfManyTestsAndFewTreesIsRanked() {
        Random random = new Random(4);

        assertThat(kernel(SyntheticForests.full(random, 1, 20, 14)))
                .startsWith("ranked, a row at a time: to put each row to all of ");
    }

    private static String kernel(Forest forest) {
        return ForestScorers.of(forest).kernel();
    }

    @Test
    void aTreeOfVeryManyLeavesIsNotSlicedByNodes() {
        Forest forest = SyntheticForests.uneven(new Random(2), 1, 3, 40_000);

        SplitThresholds thresholds = SplitThresholds.of(forest);

        assertThat(NodeMaskForest.of(thresholds, SplitConditions.of(thresholds)))
                .isNull();
    }

    @Test
    void aForestTooWideForTheRanksIsScoredByTheDefinition() {
        int features = RankedForest.MAX_SLOTS + 1;
        ForestBuilder builder = new ForestBuilder(shape(features));
        for (int test = 0; test < KernelSelector.MAX_TESTS; test++) {
            stump(builder, test % features, test + 1);
        }
        Forest forest = builder.build();

        assertThat(RankedForest.of(SplitThresholds.of(forest))).isNull();
        assertThat(kernel(forest)).startsWith("reference, a node at a time");
        assertThat(score(ForestScorers.of(forest), new double[features][3])[0]).containsOnly(KernelSelector.MAX_TESTS);
    }

    @Test
    void aForestOfManyMoreSetsThanARowMeetsIsScoredByTheDefinition() {
        ForestBuilder builder = new ForestBuilder(shape(1));
        builder.tree(0);
        for (int node = 0; node < 1023; node++) {
            builder.split(NodeKind.SET_MISSING_RIGHT, 0, builder.set(node, node + 1));
        }
        for (int leaf = 0; leaf < 1024; leaf++) {
            builder.leaf(leaf);
        }

        assertThat(kernel(builder.build()))
                .isEqualTo("reference, a node at a time: to put each row to all of 1023 sets would take longer");
    }

    @Test
    void aNodeThatCannotBeIsRefused() {
        ForestShape shape = new ForestShape(
                List.of(Precision.FLOAT64), Precision.FLOAT64, Comparison.LESS, 1, List.of(0.0), Link.IDENTITY);

        assertThatThrownBy(() -> stump(shape, NodeKind.NUMERIC_MISSING_LEFT, 1, 0))
                .hasMessageContaining("feature");
        assertThatThrownBy(() -> stump(shape, NodeKind.NUMERIC_MISSING_LEFT, 0, Double.NaN))
                .hasMessageContaining("number");
        assertThatThrownBy(() -> stump(shape, NodeKind.NOMINAL, 0, 1.5)).hasMessageContaining("level");
        assertThatThrownBy(() -> new ForestBuilder(shape).build()).hasMessageContaining("trees");
    }

    private static Forest stump(ForestShape shape, NodeKind kind, int feature, double threshold) {
        ForestBuilder builder = new ForestBuilder(shape);
        builder.tree(0);
        builder.split(kind, feature, threshold);
        builder.leaf(1);
        builder.leaf(2);
        return builder.build();
    }

    private static ForestShape shape(int features) {
        return new ForestShape(
                Collections.nCopies(features, Precision.FLOAT32),
                Precision.FLOAT32,
                Comparison.LESS,
                1,
                List.of(0.0),
                Link.IDENTITY);
    }

    private static void stump(ForestBuilder builder, int feature, double threshold) {
        builder.tree(0);
        builder.split(NodeKind.NUMERIC_MISSING_LEFT, feature, threshold);
        builder.leaf(1);
        builder.leaf(2);
    }

    private static Forest chain(int depth) {
        ForestBuilder builder = new ForestBuilder(shape(1));
        chain(builder, depth);
        return builder.build();
    }

    /// A tree that goes on to the left only, where 0 goes all the way down and gets its depth.
    private static void chain(ForestBuilder builder, int depth) {
        builder.tree(0);
        for (int level = 1; level <= depth; level++) {
            builder.split(NodeKind.NUMERIC_MISSING_LEFT, 0, level);
            if (level > 1) {
                builder.leaf(0);
            }
        }
        builder.leaf(depth);
        builder.leaf(0);
    }

    private static double[][] score(Forest forest, ForestLayout layout, int blockSize, double[][] rows) {
        return score(new ForestScorers(forest, layout, blockSize, "as the test says"), rows);
    }

    private static double[][] score(ForestScorers scorers, double[][] rows) {
        double[][] outputs = new double[scorers.forest.outputs()][rows[0].length];
        scorers.scorer().score(rows, rows[0].length, outputs);
        return outputs;
    }
}
