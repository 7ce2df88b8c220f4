package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.NodeKind;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A [Forest] of symmetric trees in the layout of the [VectorSymmetricKernel], shared by the kernels of all
/// threads.
///
/// A tree is symmetric if it is full and all nodes of a level have the same test, as CatBoost grows them. The
/// outcomes of the tests are then the bits of the leaf's number. Each feature becomes a column of bytes: the
/// ranks of its values among its thresholds. A test is a comparison of a byte with a byte, for as many rows at a
/// time as a vector has bytes. A feature with more than 255 thresholds has several columns.
public final class SymmetricForest {

    /// The deepest tree: its leaves have numbers of 16 bits.
    static final int MAX_LEVELS = 16;

    /// The highest rank in a column.
    private static final int MAX_RANK = 255;

    /// More columns of a block do not fit into the second-level cache.
    private static final int MAX_COLUMNS = 1 << 12;

    final Binning[] binnings;
    /// For each feature, its thresholds in single precision; empty if it is not used, or not in single precision.
    final float[][] singles;
    /// For each column, its feature.
    final int[] feature;
    /// For each column, whether NaN has the highest rank; otherwise it has the lowest.
    final boolean[] isMissingRight;
    /// For each column, the rank that is 0 in it.
    final int[] lowest;
    /// For each tree, its first level; then the number of levels.
    final int[] firstLevel;
    /// For each level, bit by bit of the leaf's number, the column of its test.
    final int[] column;
    /// For each level, the rank, less 128, above which its test leads right.
    final byte[] threshold;

    private final Forest forest;

    /// Ranks of a feature's values: so many from a lowest one on.
    private record Key(int feature, boolean isMissingRight, int chunk) {}

    private SymmetricForest(
            Forest forest, Binning[] binnings, List<Key> keys, int[] firstLevel, Key[] tested, int[] rank) {
        this.forest = forest;
        this.binnings = binnings;
        this.feature = keys.stream().mapToInt(Key::feature).toArray();
        this.singles = new float[binnings.length][0];
        for (Key key : keys) {
            singles[key.feature] = binnings[key.feature].singles();
        }
        this.lowest = keys.stream().mapToInt(key -> key.chunk * MAX_RANK).toArray();
        this.isMissingRight = new boolean[keys.size()];
        Map<Key, Integer> numbers = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            isMissingRight[i] = keys.get(i).isMissingRight;
            numbers.put(keys.get(i), i);
        }
        this.firstLevel = firstLevel;
        this.column = Arrays.stream(tested).mapToInt(numbers::get).toArray();
        this.threshold = new byte[rank.length];
        for (int level = 0; level < rank.length; level++) {
            threshold[level] = (byte) (rank[level] % MAX_RANK + Byte.MIN_VALUE);
        }
    }

    /// Lays a forest out.
    ///
    /// @param thresholds the thresholds of the forest
    /// @return null if one of its trees is not symmetric or too deep, or tests anything but numbers
    public static @Nullable SymmetricForest of(SplitThresholds thresholds) {
        Forest forest = thresholds.forest;
        int levels = 0;
        int[] firstLevel = new int[forest.trees() + 1];
        for (int tree = 0; tree < forest.trees(); tree++) {
            if (forest.depth(tree) > MAX_LEVELS || !BitSlicedForest.isSymmetric(forest, tree)) {
                return null;
            }
            levels += forest.depth(tree);
            firstLevel[tree + 1] = levels;
        }
        Key[] tested = new Key[levels];
        int[] rank = new int[levels];
        for (int tree = 0; tree < forest.trees(); tree++) {
            int depth = forest.depth(tree);
            for (int level = 0; level < depth; level++) {
                int node = forest.root(tree) + (1 << level) - 1;
                NodeKind kind = forest.kind(node);
                if (kind != NodeKind.NUMERIC_MISSING_LEFT && kind != NodeKind.NUMERIC_MISSING_RIGHT) {
                    return null;
                }
                int feature = forest.feature(node);
                // The root's outcome is the highest bit of the leaf's number.
                int at = firstLevel[tree] + depth - 1 - level;
                rank[at] = thresholds.position(node);
                tested[at] = new Key(feature, kind == NodeKind.NUMERIC_MISSING_RIGHT, rank[at] / MAX_RANK);
            }
        }
        List<Key> keys = Arrays.stream(tested)
                .distinct()
                .sorted(Comparator.comparingInt(Key::feature)
                        .thenComparing(Key::isMissingRight)
                        .thenComparingInt(Key::chunk))
                .toList();
        return keys.size() > MAX_COLUMNS
                ? null
                : new SymmetricForest(forest, thresholds.binnings, keys, firstLevel, tested, rank);
    }

    /// The number of columns.
    int columns() {
        return feature.length;
    }

    /// The number of a tree's levels.
    int levels(int tree) {
        return firstLevel[tree + 1] - firstLevel[tree];
    }

    int leaves(int tree) {
        return 1 << levels(tree);
    }

    /// The number of a leaf in its tree.
    int leaf(int tree, int node) {
        return node - forest.root(tree) - (leaves(tree) - 1);
    }

    long heapBytes() {
        long bytes = 13L * feature.length + 5L * column.length + 4L * firstLevel.length;
        for (Binning binning : binnings) {
            bytes += binning.heapBytes();
        }
        return bytes;
    }
}
