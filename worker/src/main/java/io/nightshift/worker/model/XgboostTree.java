package io.nightshift.worker.model;

import io.nightshift.worker.scoring.Forest.NodeKind;
import io.nightshift.worker.scoring.ForestBuilder;

/// One tree of an XGBoost document: parallel arrays over node numbers, 0 the root, child -1 for a leaf.
final class XgboostTree {

    private final DocumentReader tree;
    private final int features;
    private final int[] left;
    private final int[] right;
    private final int[] feature;
    private final double[] condition;
    private final int[] defaultLeft;

    XgboostTree(DocumentReader tree, int features) throws MalformedModelException {
        this.tree = tree;
        this.features = features;
        refuseUnsupported();
        this.left = tree.integers("left_children");
        this.right = tree.integers("right_children");
        this.feature = tree.integers("split_indices");
        this.condition = tree.numbers("split_conditions");
        this.defaultLeft = tree.integers("default_left");
        int nodes = left.length;
        if (nodes == 0
                || right.length != nodes
                || feature.length != nodes
                || condition.length != nodes
                || defaultLeft.length != nodes) {
            throw new MalformedModelException(tree.path() + " has arrays of different lengths, or none");
        }
    }

    /// Adds the nodes that can be reached, level by level, their leaves times `weight` in single precision.
    void addTo(ForestBuilder forest, float weight) throws MalformedModelException {
        int[] queue = new int[left.length];
        int tail = 1;
        for (int head = 0; head < tail; head++) {
            int node = queue[head];
            if (left[node] == -1) {
                forest.leaf(weight * (float) finite(node));
                continue;
            }
            if (feature[node] < 0 || feature[node] >= features) {
                throw new MalformedModelException(
                        tree.path() + " splits on feature " + feature[node] + " of " + features);
            }
            if (tail + 2 > queue.length) {
                throw new MalformedModelException(tree.path() + " has a node with two parents");
            }
            NodeKind kind = defaultLeft[node] != 0 ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT;
            forest.split(kind, feature[node], (float) finite(node));
            queue[tail++] = child(left[node]);
            queue[tail++] = child(right[node]);
        }
    }

    private void refuseUnsupported() throws MalformedModelException {
        if (tree.has("split_type")) {
            for (int type : tree.integers("split_type")) {
                if (type != 0) {
                    throw new MalformedModelException(tree.path()
                            + " has a categorical split; supported are numeric splits (encode categories as numbers"
                            + " before training)");
                }
            }
        }
        DocumentReader parameters = tree.member("tree_param");
        int width = parameters.has("size_leaf_vector") ? parameters.count("size_leaf_vector") : 1;
        if (width > 1) {
            throw new MalformedModelException(tree.path() + " has leaves of " + width
                    + " values (multi_strategy multi_output_tree); supported are leaves of one value");
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
