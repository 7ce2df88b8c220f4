package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.NodeKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The distinct tests of a forest's nodes, numbered. There are far fewer of them than nodes.
///
/// Position 0 is the test that leads all rows left. The other tests follow feature by feature, in slots.
public final class SplitConditions {

    private static final int ALL_LEFT = 0;

    private static final NodeKind[] TESTS = {
        NodeKind.NUMERIC_MISSING_LEFT,
        NodeKind.NUMERIC_MISSING_RIGHT,
        NodeKind.NOMINAL,
        NodeKind.ZERO_MISSING_LEFT,
        NodeKind.ZERO_MISSING_RIGHT,
        NodeKind.SET_MISSING_LEFT,
        NodeKind.SET_MISSING_RIGHT
    };

    final Binning[] binnings;
    /// The used slots, feature by feature.
    final Slot[] slots;
    /// The number of positions.
    final int count;
    /// For each feature, the levels that nominal nodes test for, ascending.
    final int[][] levels;
    /// For each feature and direction of missing values, the numbers of the sets that set nodes test for,
    /// ascending.
    private final int[][] setsMissingLeft;
    private final int[][] setsMissingRight;
    /// For each numeric slot and rank, the number of the slot's thresholds below it; empty for the others.
    final int[][] below;
    /// The set of each position, or null.
    final @Nullable CategorySet[] sets;
    private final Slot[][] byFeature;

    /// The tests of a feature that treat missing values in the same way.
    ///
    /// @param number its index among the slots
    /// @param first the position of the first. Of numeric tests that is «the rank is 0 or more», and those
    ///     for the thresholds follow, upwards, as far as nodes of the kind have them; of nominal ones, it is
    ///     that for the first of the levels, of sets that for the first of the sets
    /// @param size the number of positions
    record Slot(int number, NodeKind kind, int feature, int first, int size) {}

    private SplitConditions(SplitThresholds of) {
        Forest forest = of.forest;
        this.binnings = of.binnings;
        this.byFeature = new Slot[forest.features()][TESTS.length + 1];
        boolean[][][] thresholds = thresholds(of);
        List<int[]> counts = new ArrayList<>();
        boolean[][] used = new boolean[forest.features()][TESTS.length + 1];
        for (int node = 0; node < forest.nodes(); node++) {
            used[forest.feature(node)][forest.kind(node).code()] = true;
        }
        this.levels = keys(forest, NodeKind.NOMINAL, used);
        this.setsMissingLeft = keys(forest, NodeKind.SET_MISSING_LEFT, used);
        this.setsMissingRight = keys(forest, NodeKind.SET_MISSING_RIGHT, used);
        List<Slot> all = new ArrayList<>();
        int next = ALL_LEFT + 1;
        for (int feature = 0; feature < used.length; feature++) {
            for (NodeKind kind : TESTS) {
                if (used[feature][kind.code()]) {
                    int[] below = kind.isNumeric() ? countBelow(thresholds[feature][kind.code()]) : new int[0];
                    int size = kind.isNumeric() ? below[below.length - 1] + 1 : keys(kind)[feature].length;
                    Slot slot = new Slot(all.size(), kind, feature, next, size);
                    counts.add(below);
                    byFeature[feature][kind.code()] = slot;
                    all.add(slot);
                    next += slot.size;
                }
            }
        }
        this.slots = all.toArray(Slot[]::new);
        this.below = counts.toArray(int[][]::new);
        this.count = next;
        this.sets = new CategorySet[count];
        for (Slot slot : slots) {
            if (slot.kind.isSet()) {
                int[] numbers = keys(slot.kind)[slot.feature];
                for (int i = 0; i < numbers.length; i++) {
                    sets[slot.first + i] = CategorySet.of(forest, slot.feature, numbers[i]);
                }
            }
        }
    }

    /// For each feature and numeric kind, which of the feature's thresholds its nodes have.
    private static boolean[][][] thresholds(SplitThresholds of) {
        Forest forest = of.forest;
        boolean[][][] thresholds = new boolean[forest.features()][TESTS.length + 1][0];
        for (int node = 0; node < forest.nodes(); node++) {
            if (forest.isNumeric(node)) {
                int feature = forest.feature(node);
                int kind = forest.kind(node).code();
                if (thresholds[feature][kind].length == 0) {
                    thresholds[feature][kind] = new boolean[of.binnings[feature].size()];
                }
                thresholds[feature][kind][of.position(node)] = true;
            }
        }
        return thresholds;
    }

    private static int[] countBelow(boolean[] thresholds) {
        int[] below = new int[thresholds.length + 1];
        for (int i = 0; i < thresholds.length; i++) {
            below[i + 1] = below[i] + (thresholds[i] ? 1 : 0);
        }
        return below;
    }

    private int[][] keys(NodeKind kind) {
        return switch (kind) {
            case NOMINAL -> levels;
            case SET_MISSING_LEFT -> setsMissingLeft;
            case SET_MISSING_RIGHT -> setsMissingRight;
            case LEAF, NUMERIC_MISSING_LEFT, NUMERIC_MISSING_RIGHT, ZERO_MISSING_LEFT, ZERO_MISSING_RIGHT ->
                throw new IllegalArgumentException(kind + " tests for a threshold");
        };
    }

    /// The distinct tests of a forest.
    ///
    /// @param thresholds the thresholds of the forest
    public static SplitConditions of(SplitThresholds thresholds) {
        return new SplitConditions(thresholds);
    }

    /// The position of an inner node's test.
    ///
    /// @param of the thresholds of the same forest
    int position(SplitThresholds of, int node) {
        int feature = of.forest.feature(node);
        Slot slot = byFeature[feature][of.forest.kind(node).code()];
        return slot.first
                + (slot.kind.isNumeric()
                        ? below[slot.number][of.position(node)] + 1
                        : Arrays.binarySearch(keys(slot.kind)[feature], (int) of.forest.threshold(node)));
    }

    long heapBytes() {
        long bytes = 0;
        for (Binning binning : binnings) {
            bytes += binning.heapBytes();
        }
        for (int[] ofFeature : levels) {
            bytes += 64 + 4L * ofFeature.length;
        }
        for (int[] ofSlot : below) {
            bytes += 16 + 4L * ofSlot.length;
        }
        for (CategorySet set : sets) {
            bytes += 4 + (set == null ? 0 : set.heapBytes());
        }
        return bytes;
    }

    /// For each feature, what the nodes of a kind test for, ascending and distinct.
    private static int[][] keys(Forest forest, NodeKind kind, boolean[][] used) {
        if (Arrays.stream(used).noneMatch(ofFeature -> ofFeature[kind.code()])) {
            return new int[forest.features()][0];
        }
        long[] pairs = IntStream.range(0, forest.nodes())
                .filter(node -> forest.kind(node) == kind)
                .mapToLong(node -> ((long) forest.feature(node) << 32) | (int) forest.threshold(node))
                .sorted()
                .distinct()
                .toArray();
        int[][] keys = new int[forest.features()][];
        int from = 0;
        for (int feature = 0; feature < keys.length; feature++) {
            int to = from;
            while (to < pairs.length && pairs[to] >>> 32 == feature) {
                to++;
            }
            keys[feature] =
                    Arrays.stream(pairs, from, to).mapToInt(pair -> (int) pair).toArray();
            from = to;
        }
        return keys;
    }
}
