package io.nightshift.scoring.format.xgboost;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/// One tree of an XGBoost document: parallel arrays over its nodes, of which 0 is the root. The children of a
/// leaf are -1.
///
/// A categorical split sends the categories that it lists right. In a [Forest] a set goes left, so the
/// children of such a node are swapped.
final class XgboostTree {

    /// XGBoost treats higher numbers as unknown categories.
    private static final int MAX_CATEGORY = (1 << 24) - 1;

    /// The largest difference of a cover and the sum of those of its children, as a share. XGBoost's own are below
    /// 2e-7.
    private static final double COVER_ROUNDING = 1e-4;

    private static final String COVERS = "sum_hessian";

    private final DocumentReader tree;
    private final int features;
    private final int[] left;
    private final int[] right;
    private final int[] feature;
    private final double[] condition;
    private final int[] defaultLeft;
    /// The sum of the hessians of each node; empty if the file has none.
    private final double[] cover;
    /// The categories of each node that has a categorical split.
    private final Map<Integer, int[]> categories = new HashMap<>();

    XgboostTree(DocumentReader tree, int features) throws MalformedModelException {
        this.tree = tree;
        this.features = features;
        refuseUnsupported();
        this.left = tree.integers("left_children");
        this.right = tree.integers("right_children");
        this.feature = tree.integers("split_indices");
        this.condition = tree.numbers("split_conditions");
        this.defaultLeft = tree.integers("default_left");
        this.cover = tree.has(COVERS) ? tree.numbers(COVERS) : new double[0];
        int nodes = left.length;
        if (nodes == 0
                || right.length != nodes
                || feature.length != nodes
                || condition.length != nodes
                || defaultLeft.length != nodes
                || (tree.has(COVERS) && cover.length != nodes)) {
            throw new MalformedModelException(tree.path() + " has arrays of different lengths, or none");
        }
        if (tree.has("split_type")) {
            readCategories(tree.integers("split_type"));
        }
    }

    /// Adds the reachable nodes, level by level. Leaves are multiplied by `weight` in single precision.
    void addTo(ForestBuilder forest, float weight) throws MalformedModelException {
        int[] queue = new int[left.length];
        int tail = 1;
        for (int head = 0; head < tail; head++) {
            int node = queue[head];
            if (left[node] == -1) {
                forest.leaf(weight * (float) finite(node));
                addCover(forest, node);
                continue;
            }
            if (feature[node] < 0 || feature[node] >= features) {
                throw new MalformedModelException(
                        tree.path() + " splits on feature " + feature[node] + " of " + features);
            }
            if (tail + 2 > queue.length) {
                throw new MalformedModelException(tree.path() + " has a node with two parents");
            }
            int[] set = categories.get(node);
            if (set != null) {
                NodeKind kind = defaultLeft[node] != 0 ? NodeKind.SET_MISSING_RIGHT : NodeKind.SET_MISSING_LEFT;
                forest.split(kind, feature[node], forest.set(set));
                addCover(forest, node);
                queue[tail++] = child(right[node]);
                queue[tail++] = child(left[node]);
                continue;
            }
            NodeKind kind = defaultLeft[node] != 0 ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT;
            forest.split(kind, feature[node], (float) finite(node));
            addCover(forest, node);
            queue[tail++] = child(left[node]);
            queue[tail++] = child(right[node]);
        }
    }

    /// A sum that rounding has moved below 0 counts as 0.
    private void addCover(ForestBuilder forest, int node) throws MalformedModelException {
        if (cover.length == 0) {
            return;
        }
        double rounding = COVER_ROUNDING * cover[0];
        double own = cover[node] < 0 && cover[node] >= -rounding ? 0 : cover[node];
        if (!(own >= 0 && own < Double.POSITIVE_INFINITY)) {
            throw new MalformedModelException(tree.path() + " has the sum_hessian " + own + " at node " + node);
        }
        forest.cover(own);
        if (left[node] != -1) {
            double children = cover[child(left[node])] + cover[child(right[node])];
            // A broken sum of a child is refused when the child is added.
            if (Math.abs(children - own) > COVER_ROUNDING * own + Float.MIN_VALUE) {
                forest.dropCovers("%s has the sum_hessian %s at node %d, and its children have %s together"
                        .formatted(tree.path(), own, node, children));
            }
        }
    }

    private void refuseUnsupported() throws MalformedModelException {
        DocumentReader parameters = tree.member("tree_param");
        int width = parameters.has("size_leaf_vector") ? parameters.count("size_leaf_vector") : 1;
        if (width > 1) {
            throw new MalformedModelException(tree.path() + " has leaves of " + width
                    + " values (multi_strategy multi_output_tree); supported are leaves of one value");
        }
    }

    private void readCategories(int[] splitType) throws MalformedModelException {
        if (splitType.length != left.length) {
            throw new MalformedModelException(tree.path() + " has arrays of different lengths, or none");
        }
        if (Arrays.equals(splitType, new int[splitType.length])) {
            return;
        }
        int[] nodes = tree.integers("categories_nodes");
        int[] segments = tree.integers("categories_segments");
        int[] sizes = tree.integers("categories_sizes");
        int[] values = tree.integers("categories");
        if (segments.length != nodes.length || sizes.length != nodes.length) {
            throw new MalformedModelException(tree.path() + " has arrays of categories of different lengths");
        }
        for (int i = 0; i < nodes.length; i++) {
            long end = (long) segments[i] + sizes[i];
            if (segments[i] < 0 || sizes[i] < 0 || end > values.length) {
                throw new MalformedModelException(
                        tree.path() + " has a split of " + sizes[i] + " categories that are not there");
            }
            int[] set = Arrays.stream(values, segments[i], (int) end)
                    .sorted()
                    .distinct()
                    .toArray();
            if (set.length > 0 && (set[0] < 0 || set[set.length - 1] > MAX_CATEGORY)) {
                throw new MalformedModelException(
                        tree.path() + " has a category that is not between 0 and " + MAX_CATEGORY);
            }
            categories.put(nodes[i], set);
        }
        for (int node = 0; node < splitType.length; node++) {
            if (splitType[node] != 0 && splitType[node] != 1) {
                throw new MalformedModelException(tree.path() + " has a split of the unknown type " + splitType[node]);
            }
            if (left[node] != -1 && (splitType[node] == 1) != categories.containsKey(node)) {
                throw new MalformedModelException(
                        tree.path() + " has a categorical split without categories, or the other way round");
            }
        }
    }

    private int child(int node) throws MalformedModelException {
        if (node < 1 || node >= left.length) {
            throw new MalformedModelException(
                    tree.path() + " points to node " + node + ", and has " + left.length + " nodes");
        }
        return node;
    }

    private double finite(int node) throws MalformedModelException {
        if (Double.isNaN(condition[node])) {
            throw new MalformedModelException(tree.path() + " has NaN at node " + node);
        }
        return condition[node];
    }
}
