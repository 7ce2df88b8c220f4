package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import smile.anomaly.IsolationForest;
import smile.anomaly.IsolationTree;

/// Smile's isolation forest. A row's score is from 0 to 1, is computed from the mean depth at which the trees
/// isolate the row, and is high for an anomaly. A node compares a weighted sum of features with a bias; in a
/// plain forest it has one feature.
///
/// Smile multiplies all features, most of them by zero. Only the other weights are stored here. Because zero
/// times infinity is NaN, a row with an infinite feature of weight zero goes right, as in Smile.
///
/// The part's rows: the number of features; the divisor of depths; then for all nodes, tree by tree and in
/// pre-order: the position of the right child, or 0 for a leaf; the bias, or the depth of a leaf; the number
/// of weights; then the features of all weights, and the weights. The last row holds the positions of the
/// roots.
public final class SmileIsolationForest implements SmileModel {

    static final String KIND = "IsolationForest";

    /// The most levels of a tree; no forest of Smile's has more.
    public static final int MAX_LEVELS = 400;

    /// The largest number of features, more than a job has columns. Nothing else in the part bounds it.
    private static final int MAX_FEATURES = 1_000_000;

    private final ModelPart part;
    private final int features;
    private final double scale;
    private final int[] right;
    private final double[] bias;
    private final int[] firstWeight;
    private final int[] feature;
    private final double[] weight;
    private final int[] roots;

    SmileIsolationForest(ModelPart part) {
        this.part = part;
        this.features = part.count(0, 1, MAX_FEATURES);
        this.scale = part.numbers(1, 1)[0];
        int nodes = part.numbers(2).length;
        this.right = integers(part.numbers(2), 0, nodes);
        this.bias = part.numbers(3, nodes);
        this.weight = part.numbers(6);
        this.feature = integers(part.numbers(5, weight.length), 0, features);
        this.firstWeight = new int[nodes + 1];
        int[] weights = integers(part.numbers(4, nodes), 0, weight.length + 1);
        for (int node = 0; node < nodes; node++) {
            firstWeight[node + 1] = Math.addExact(firstWeight[node], weights[node]);
        }
        this.roots = integers(part.numbers(7), 0, nodes);
        if (roots.length == 0 || firstWeight[nodes] != weight.length) {
            throw new IllegalArgumentException("it has no trees, or not the weights that its nodes need");
        }
        requireTrees();
    }

    /// Checks that each node belongs to one tree and has one parent, and that no tree is deeper than
    /// [#MAX_LEVELS]. So a row never costs more than reading all nodes and weights once, whatever the file
    /// holds. Parents come before their children.
    private void requireTrees() {
        int[] depth = new int[right.length];
        for (int root : roots) {
            place(root, 1, depth);
        }
        for (int node = 0; node < depth.length; node++) {
            if (depth[node] == 0) {
                throw new IllegalArgumentException("its node " + node + " belongs to no tree");
            }
            if (right[node] != 0) {
                if (right[node] < node + 2) {
                    throw new IllegalArgumentException("its node " + node + " has the child " + right[node]);
                }
                place(node + 1, depth[node] + 1, depth);
                place(right[node], depth[node] + 1, depth);
            }
        }
    }

    private static void place(int node, int level, int[] depth) {
        if (depth[node] != 0) {
            throw new IllegalArgumentException("its node " + node + " stands in two places");
        }
        if (level > MAX_LEVELS) {
            throw new IllegalArgumentException(
                    "it has a tree of more than " + MAX_LEVELS + " levels, which no forest of Smile's has");
        }
        depth[node] = level;
    }

    private static int[] integers(double[] numbers, int lowest, int end) {
        int[] integers = new int[numbers.length];
        for (int i = 0; i < integers.length; i++) {
            integers[i] = (int) numbers[i];
            if (integers[i] != numbers[i] || integers[i] < lowest || integers[i] >= end) {
                throw new IllegalArgumentException("it has a position " + numbers[i] + " of " + end);
            }
        }
        return integers;
    }

    static ModelPart part(IsolationForest forest, SmileSizeLimit size) throws MalformedModelException {
        int features = (int) SmileReflection.number(forest, "p");
        Nodes nodes = new Nodes(features, size);
        Numbers roots = new Numbers();
        for (IsolationTree tree : forest.trees()) {
            roots.add(nodes.right.count);
            nodes.add(SmileReflection.of(tree, "root"));
        }
        return new ModelPart(
                KIND,
                List.of(
                        new double[] {features},
                        new double[] {SmileReflection.number(forest, "c")},
                        nodes.right.toArray(),
                        nodes.bias.toArray(),
                        nodes.weights.toArray(),
                        nodes.feature.toArray(),
                        nodes.weight.toArray(),
                        roots.toArray()),
                List.of());
    }

    private static final class Numbers {

        private double[] values = new double[64];
        private int count;

        private void add(double value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        private double[] toArray() {
            return Arrays.copyOf(values, count);
        }
    }

    /// Collects Smile's nodes one after the other. A node with two parents is refused, because repeated
    /// sharing would double the number of nodes on each level.
    private static final class Nodes {

        private final int features;
        private final SmileSizeLimit size;
        private final Numbers right = new Numbers();
        private final Numbers bias = new Numbers();
        private final Numbers weights = new Numbers();
        private final Numbers feature = new Numbers();
        private final Numbers weight = new Numbers();
        private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());

        private Nodes(int features, SmileSizeLimit size) {
            this.features = features;
            this.size = size;
        }

        private void add(Object node) throws MalformedModelException {
            if (!seen.add(node)) {
                throw new MalformedModelException("it has a node with two parents");
            }
            Object left = SmileReflection.ofNullable(node, "left");
            Object other = SmileReflection.ofNullable(node, "right");
            int at = right.count;
            boolean isLeaf = left == null || other == null;
            right.add(0);
            bias.add(SmileReflection.number(node, isLeaf ? "depth" : "bias"));
            weights.add(0);
            if (left != null && other != null) {
                weights.values[at] = addWeights((double[]) SmileReflection.of(node, "slope"));
                add(left);
                right.values[at] = right.count;
                add(other);
            }
        }

        private int addWeights(double[] slope) throws MalformedModelException {
            if (slope.length != features) {
                throw new MalformedModelException(
                        "it has a node of " + slope.length + " features, and takes " + features);
            }
            size.take(slope.length);
            int before = weight.count;
            for (int i = 0; i < slope.length; i++) {
                if (slope[i] != 0) {
                    feature.add(i);
                    weight.add(slope[i]);
                }
            }
            return weight.count - before;
        }
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return features;
    }

    @Override
    public int classes() {
        return 0;
    }

    @Override
    public RowScorer scorer() {
        return (row, outputs) -> {
            int infinite = 0;
            for (double value : row) {
                infinite += Double.isFinite(value) ? 0 : 1;
            }
            double length = 0;
            for (int root : roots) {
                length += infinite == 0 ? depth(root, row) : depth(root, row, infinite);
            }
            length /= roots.length;
            outputs[0] = Math.pow(2.0, -length / scale);
        };
    }

    private double depth(int root, double[] row) {
        int node = root;
        while (right[node] != 0) {
            double sum = 0;
            for (int i = firstWeight[node]; i < firstWeight[node + 1]; i++) {
                sum += row[feature[i]] * weight[i];
            }
            node = sum < bias[node] ? node + 1 : right[node];
        }
        return bias[node];
    }

    /// The same for a row with infinite features.
    private double depth(int root, double[] row, int infinite) {
        int node = root;
        while (right[node] != 0) {
            double sum = 0;
            int seen = 0;
            for (int i = firstWeight[node]; i < firstWeight[node + 1]; i++) {
                double value = row[feature[i]];
                sum += value * weight[i];
                seen += Double.isFinite(value) ? 0 : 1;
            }
            node = sum < bias[node] && seen == infinite ? node + 1 : right[node];
        }
        return bias[node];
    }

    @Override
    public String kernel() {
        return "isolation trees, a row at a time";
    }

    @Override
    public long heapBytes() {
        return part.heapBytes() + 8L * right.length + 4L * (feature.length + roots.length);
    }
}
