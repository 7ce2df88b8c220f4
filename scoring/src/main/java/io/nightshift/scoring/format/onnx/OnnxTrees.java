package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The trees of an ONNX ensemble: parallel arrays over the nodes of all trees, and over the weights of their
/// leaves.
///
/// A tree's root is the node without a parent. A row goes to the «true» node if the test holds. `>` and `>=`
/// are `<=` and `<` with the children swapped.
final class OnnxTrees {

    private static final Set<String> STRICT = Set.of("BRANCH_LT", "BRANCH_GTE");
    private static final Set<String> OTHERS = Set.of("BRANCH_LEQ", "BRANCH_GT");
    /// A tree whose leaves have a weight for each class becomes one tree per class.
    private static final long MAX_NODES = 1L << 26;

    private final List<String> modes;
    private final int[] feature;
    private final float[] value;
    private final int[] yes;
    private final int[] no;
    private final int[] missingYes;
    private final int[] target;
    private final float[] weight;
    /// For each node, where its weights begin among those in the nodes' order; one more for the end.
    private final int[] firstWeight;
    private final int[] weightOrder;
    private final List<Integer> roots = new ArrayList<>();
    private final boolean strict;

    /// @param leaves `target` or `class`, the prefix of the names of the leaves' attributes
    OnnxTrees(OnnxNode ensemble, String leaves, int targets) throws MalformedModelException {
        this.modes = ensemble.texts("nodes_modes");
        int nodes = modes.size();
        int[] trees = sized(ensemble.integers("nodes_treeids"), nodes);
        int[] ids = sized(ensemble.integers("nodes_nodeids"), nodes);
        this.feature = sized(ensemble.integers("nodes_featureids"), nodes);
        this.value = ensemble.numbers("nodes_values");
        int[] missing = ensemble.integers("nodes_missing_value_tracks_true");
        this.missingYes = missing.length == 0 ? new int[nodes] : sized(missing, nodes);
        if (value.length != nodes) {
            throw new MalformedModelException("its nodes' arrays have different lengths");
        }
        this.strict = isStrict(modes);
        Map<Long, Integer> positions = new HashMap<>();
        for (int node = 0; node < nodes; node++) {
            if (positions.put(key(trees[node], ids[node]), node) != null) {
                throw new MalformedModelException("tree " + trees[node] + " has node " + ids[node] + " twice");
            }
        }
        this.yes = children(sized(ensemble.integers("nodes_truenodeids"), nodes), trees, positions);
        this.no = children(sized(ensemble.integers("nodes_falsenodeids"), nodes), trees, positions);
        findRoots();
        this.target = ensemble.integers(leaves + "_ids");
        this.weight = ensemble.numbers(leaves + "_weights");
        int[] weightTrees = sized(ensemble.integers(leaves + "_treeids"), target.length);
        int[] weightNodes = sized(ensemble.integers(leaves + "_nodeids"), target.length);
        if (weight.length != target.length || weight.length == 0) {
            throw new MalformedModelException("its leaves' arrays have different lengths, or none");
        }
        this.firstWeight = new int[nodes + 1];
        int[] owner = new int[target.length];
        for (int i = 0; i < target.length; i++) {
            Integer node = positions.get(key(weightTrees[i], weightNodes[i]));
            if (node == null || !modes.get(node).equals("LEAF") || target[i] < 0 || target[i] >= targets) {
                throw new MalformedModelException("weight " + i + " is not one of a leaf for one of " + targets);
            }
            owner[i] = node;
            firstWeight[node + 1]++;
        }
        for (int node = 0; node < nodes; node++) {
            firstWeight[node + 1] += firstWeight[node];
        }
        this.weightOrder = new int[target.length];
        int[] next = firstWeight.clone();
        for (int i = 0; i < target.length; i++) {
            weightOrder[next[owner[i]]++] = i;
        }
    }

    /// Whether tests are `<` or `>=`.
    boolean isStrict() {
        return strict;
    }

    /// One more than the highest feature that is tested.
    int leastFeatures() {
        int highest = 0;
        for (int node = 0; node < feature.length; node++) {
            highest = modes.get(node).equals("LEAF") ? highest : Math.max(highest, feature[node]);
        }
        return highest + 1;
    }

    boolean hasOneTarget() {
        return Arrays.stream(target).distinct().count() == 1;
    }

    boolean hasPositiveWeightsOnly() {
        for (float each : weight) {
            if (each < 0) {
                return false;
            }
        }
        return true;
    }

    /// Adds each tree, once per sum if there are several.
    void addTo(ForestBuilder forest, int sums, int features) throws MalformedModelException {
        if ((long) sums * feature.length > MAX_NODES) {
            throw new MalformedModelException("it has " + feature.length + " nodes for " + sums
                    + " classes; supported are " + MAX_NODES + " of both together");
        }
        for (int root : roots) {
            for (int sum = 0; sum < sums; sum++) {
                forest.tree(sum);
                add(root, sums == 1 ? target[0] : sum, features, forest);
            }
        }
    }

    private void add(int root, int wanted, int features, ForestBuilder forest) throws MalformedModelException {
        List<Integer> queue = new ArrayList<>();
        queue.add(root);
        for (int head = 0; head < queue.size(); head++) {
            int node = queue.get(head);
            if (modes.get(node).equals("LEAF")) {
                forest.leaf(weight(node, wanted));
                continue;
            }
            if (queue.size() + 2 > feature.length + 1 || feature[node] < 0 || feature[node] >= features) {
                throw new MalformedModelException(
                        "a tree has a node with two parents, or tests feature " + feature[node] + " of " + features);
            }
            if (Float.isNaN(value[node])) {
                throw new MalformedModelException("a node tests against NaN");
            }
            String mode = modes.get(node);
            boolean yesLeft = mode.equals("BRANCH_LT") || mode.equals("BRANCH_LEQ");
            boolean missingLeft = yesLeft == (missingYes[node] != 0);
            forest.split(
                    missingLeft ? NodeKind.NUMERIC_MISSING_LEFT : NodeKind.NUMERIC_MISSING_RIGHT,
                    feature[node],
                    value[node]);
            queue.add(yesLeft ? yes[node] : no[node]);
            queue.add(yesLeft ? no[node] : yes[node]);
        }
    }

    private double weight(int node, int wanted) throws MalformedModelException {
        double found = 0;
        int count = 0;
        for (int i = firstWeight[node]; i < firstWeight[node + 1]; i++) {
            if (target[weightOrder[i]] == wanted) {
                found = weight[weightOrder[i]];
                count++;
            }
        }
        if (count > 1 || Double.isNaN(found)) {
            throw new MalformedModelException("a leaf has several weights for one score, or NaN");
        }
        return found;
    }

    private void findRoots() throws MalformedModelException {
        boolean[] child = new boolean[feature.length];
        for (int node = 0; node < feature.length; node++) {
            if (!modes.get(node).equals("LEAF")) {
                child[yes[node]] = true;
                child[no[node]] = true;
            }
        }
        for (int node = 0; node < feature.length; node++) {
            if (!child[node]) {
                roots.add(node);
            }
        }
        if (roots.isEmpty()) {
            throw new MalformedModelException("it has no tree with a root");
        }
    }

    private int[] children(int[] ids, int[] trees, Map<Long, Integer> positions) throws MalformedModelException {
        int[] children = new int[ids.length];
        for (int node = 0; node < ids.length; node++) {
            if (modes.get(node).equals("LEAF")) {
                continue;
            }
            Integer position = positions.get(key(trees[node], ids[node]));
            if (position == null) {
                throw new MalformedModelException(
                        "tree " + trees[node] + " points to node " + ids[node] + ", which is not there");
            }
            children[node] = position;
        }
        return children;
    }

    private static boolean isStrict(List<String> modes) throws MalformedModelException {
        boolean strict = modes.stream().anyMatch(STRICT::contains);
        for (String mode : modes) {
            if (!mode.equals("LEAF") && !(strict ? STRICT : OTHERS).contains(mode)) {
                throw new MalformedModelException("its trees have nodes of the mode " + mode
                        + "; supported are BRANCH_LEQ and BRANCH_GT, or BRANCH_LT and BRANCH_GTE");
            }
        }
        return strict;
    }

    private static int[] sized(int[] values, int size) throws MalformedModelException {
        if (values.length != size) {
            throw new MalformedModelException("its nodes' or leaves' arrays have different lengths");
        }
        return values;
    }

    private static long key(int tree, int node) {
        return ((long) tree << 32) | (node & 0xffffffffL);
    }
}
