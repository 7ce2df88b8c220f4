package io.nightshift.scoring.format.lightgbm;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.Arrays;

/// One tree of a LightGBM file: parallel arrays over its inner nodes, of which 0 is the root. A negative
/// child is the complement of a leaf's number.
///
/// LightGBM treats every value whose magnitude is at most 1e-35 as zero before it compares. So a threshold
/// within that range is moved to the end of the range that sends the whole range in the direction of zero. If
/// NaN is not the missing value, LightGBM treats it as zero too.
final class LightGbmTree {

    private static final int CATEGORICAL = 1;
    private static final int DEFAULT_LEFT = 2;
    private static final int MISSING_SHIFT = 2;
    private static final int MISSING_NONE = 0;
    private static final int MISSING_ZERO = 1;
    private static final int MISSING_NAN = 2;
    private static final int MAX_DECISION = (MISSING_NAN << MISSING_SHIFT) | DEFAULT_LEFT | CATEGORICAL;

    private final String name;
    private final int features;
    private final int[] feature;
    private final double[] threshold;
    private final int[] decision;
    private final int[] left;
    private final int[] right;
    private final double[] leaf;
    /// The numbers of training rows in the leaves and at the splits; empty if the file has none.
    private final int[] leafCount;

    private final int[] splitCount;
    private final int[] boundaries;
    private final int[] bits;

    LightGbmTree(LightGbmText.Section tree, int features) throws MalformedModelException {
        this.name = tree.name();
        this.features = features;
        if (tree.has("is_linear") && !tree.text("is_linear").equals("0")) {
            throw new MalformedModelException(name
                    + " has linear models in its leaves (linear_tree); supported are leaves with a constant value");
        }
        int leaves = tree.count("num_leaves");
        int inner = leaves - 1;
        if (inner < 0) {
            throw new MalformedModelException(name + " has no leaves");
        }
        this.leaf = tree.numbers("leaf_value", leaves);
        boolean hasCounts = tree.has("leaf_count") && (inner == 0 || tree.has("internal_count"));
        this.leafCount = hasCounts ? tree.integers("leaf_count", leaves) : new int[0];
        this.splitCount = hasCounts && inner > 0 ? tree.integers("internal_count", inner) : new int[0];
        this.feature = inner == 0 ? new int[0] : tree.integers("split_feature", inner);
        this.threshold = inner == 0 ? new double[0] : tree.numbers("threshold", inner);
        this.decision = inner == 0 ? new int[0] : tree.integers("decision_type", inner);
        this.left = inner == 0 ? new int[0] : tree.integers("left_child", inner);
        this.right = inner == 0 ? new int[0] : tree.integers("right_child", inner);
        int sets = tree.has("num_cat") ? tree.count("num_cat") : 0;
        this.boundaries = sets == 0 ? new int[1] : tree.integers("cat_boundaries", Math.addExact(sets, 1));
        for (int set = 0; set < sets; set++) {
            if (boundaries[set] < 0 || boundaries[set + 1] < boundaries[set]) {
                throw new MalformedModelException(name + ", cat_boundaries does not ascend");
            }
        }
        this.bits = sets == 0 ? new int[0] : tree.words("cat_threshold", boundaries[sets]);
    }

    /// Adds the nodes level by level.
    void addTo(ForestBuilder forest, int group) throws MalformedModelException {
        forest.tree(group);
        int[] queue = new int[2 * feature.length + 1];
        queue[0] = feature.length == 0 ? ~0 : 0;
        int tail = 1;
        for (int head = 0; head < tail; head++) {
            int node = queue[head];
            if (node < 0) {
                forest.leaf(leaf[~node]);
                if (leafCount.length > 0) {
                    forest.cover(leafCount[~node]);
                }
                continue;
            }
            if (tail + 2 > queue.length) {
                throw new MalformedModelException(name + " has a node with two parents");
            }
            split(node, forest);
            if (splitCount.length > 0) {
                forest.cover(splitCount[node]);
            }
            queue[tail++] = child(left[node]);
            queue[tail++] = child(right[node]);
        }
    }

    private void split(int node, ForestBuilder forest) throws MalformedModelException {
        if (feature[node] < 0 || feature[node] >= features) {
            throw new MalformedModelException(name + " splits on feature " + feature[node] + " of " + features);
        }
        if (decision[node] < 0 || decision[node] > MAX_DECISION) {
            throw new MalformedModelException(name + " has the unknown decision type " + decision[node]);
        }
        if ((decision[node] & CATEGORICAL) != 0) {
            forest.split(NodeKind.SET_MISSING_RIGHT, feature[node], forest.set(categories(threshold[node])));
            return;
        }
        double bound = threshold[node];
        if (Math.abs(bound) < Forest.ZERO || bound == -Forest.ZERO) {
            bound = bound >= 0 ? Forest.ZERO : Math.nextDown(-Forest.ZERO);
        }
        forest.split(kind(decision[node], bound), feature[node], bound);
    }

    private static NodeKind kind(int decision, double bound) {
        boolean zeroLeft = bound >= 0;
        boolean defaultLeft = (decision & DEFAULT_LEFT) != 0;
        return switch (decision >> MISSING_SHIFT) {
            case MISSING_NONE -> zeroLeft ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT;
            case MISSING_ZERO ->
                defaultLeft
                        ? zeroLeft ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.ZERO_MISSING_LEFT
                        : zeroLeft ? NodeKind.ZERO_MISSING_RIGHT : NodeKind.NUMERIC_MISSING_RIGHT;
            default -> defaultLeft ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT;
        };
    }

    private int[] categories(double number) throws MalformedModelException {
        int set = (int) number;
        if (set != number || set < 0 || set >= boundaries.length - 1) {
            throw new MalformedModelException(
                    name + " tests for the set of categories " + number + " of " + (boundaries.length - 1));
        }
        int first = boundaries[set];
        int count = 0;
        for (int word = first; word < boundaries[set + 1]; word++) {
            count += Integer.bitCount(bits[word]);
        }
        int[] categories = new int[count];
        int next = 0;
        for (int word = first; word < boundaries[set + 1]; word++) {
            for (int rest = bits[word]; rest != 0; rest &= rest - 1) {
                long category = (word - first) * 32L + Integer.numberOfTrailingZeros(rest);
                categories[next++] = (int) Math.min(category, Integer.MAX_VALUE);
            }
        }
        return Arrays.copyOf(categories, next);
    }

    private int child(int node) throws MalformedModelException {
        if (node == 0 || node >= feature.length || ~node >= leaf.length) {
            throw new MalformedModelException(name + " points to node " + node + ", and has " + feature.length
                    + " splits and " + leaf.length + " leaves");
        }
        return node;
    }
}
