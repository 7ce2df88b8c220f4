package io.nightshift.worker.scoring;

import io.nightshift.worker.scoring.Forest.NodeKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The distinct tests of a forest's nodes, numbered. They are many fewer than the nodes.
///
/// Position 0 is the test that leads all rows left. The others follow feature by feature, in slots.
final class DistinctTests {

    private static final int ALL_LEFT = 0;

    private static final NodeKind[] TESTS = {
        NodeKind.NUMERIC_MISSING_LEFT, NodeKind.NUMERIC_MISSING_RIGHT, NodeKind.NOMINAL
    };

    final Binning[] binnings;
    /// The slots that are in use, feature by feature.
    final Slot[] slots;
    /// The number of positions.
    final int count;
    /// For each feature, the levels that nodes test for, ascending.
    final int[][] levels;
    private final Slot[][] byFeature;

    /// The tests of a feature that treat missing values alike.
    ///
    /// @param first the position of the first. Of numeric tests that is «the rank is 0 or more», and those for
    ///     the thresholds follow, upwards; of nominal ones, it is that for the first of the levels
    /// @param size the number of positions
    record Slot(NodeKind kind, int feature, int first, int size) {}

    private DistinctTests(Forest forest) {
        this.binnings = Binning.of(forest);
        this.byFeature = new Slot[forest.features()][TESTS.length + 1];
        boolean[][] used = new boolean[forest.features()][TESTS.length + 1];
        for (int node = 0; node < forest.nodes(); node++) {
            used[forest.feature(node)][forest.kind(node).code()] = true;
        }
        this.levels = levels(forest);
        List<Slot> all = new ArrayList<>();
        int next = ALL_LEFT + 1;
        for (int feature = 0; feature < used.length; feature++) {
            for (NodeKind kind : TESTS) {
                if (used[feature][kind.code()]) {
                    int size = kind == NodeKind.NOMINAL ? levels[feature].length : binnings[feature].size() + 1;
                    Slot slot = new Slot(kind, feature, next, size);
                    byFeature[feature][kind.code()] = slot;
                    all.add(slot);
                    next += slot.size;
                }
            }
        }
        this.slots = all.toArray(Slot[]::new);
        this.count = next;
    }

    static DistinctTests of(Forest forest) {
        return new DistinctTests(forest);
    }

    /// The position of an inner node's test.
    int position(Forest forest, int node) {
        int feature = forest.feature(node);
        Slot slot = byFeature[feature][forest.kind(node).code()];
        double threshold = forest.threshold(node);
        return slot.first
                + (slot.kind == NodeKind.NOMINAL
                        ? Arrays.binarySearch(levels[feature], (int) threshold)
                        : binnings[feature].position(threshold) + 1);
    }

    long heapBytes() {
        long bytes = 0;
        for (Binning binning : binnings) {
            bytes += binning.heapBytes();
        }
        for (int[] ofFeature : levels) {
            bytes += 64 + 4L * ofFeature.length;
        }
        return bytes;
    }

    private static int[][] levels(Forest forest) {
        long[] pairs = IntStream.range(0, forest.nodes())
                .filter(node -> forest.kind(node) == NodeKind.NOMINAL)
                .mapToLong(node -> ((long) forest.feature(node) << 32) | (int) forest.threshold(node))
                .sorted()
                .distinct()
                .toArray();
        int[][] levels = new int[forest.features()][];
        int from = 0;
        for (int feature = 0; feature < levels.length; feature++) {
            int to = from;
            while (to < pairs.length && pairs[to] >>> 32 == feature) {
                to++;
            }
            levels[feature] =
                    Arrays.stream(pairs, from, to).mapToInt(pair -> (int) pair).toArray();
            from = to;
        }
        return levels;
    }
}
