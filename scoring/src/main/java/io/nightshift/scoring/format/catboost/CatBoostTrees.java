package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.Arrays;

/// The trees of a CatBoost model.
///
/// A symmetric tree has one split for each level. Bit k of a leaf's number is the result of split k, so the
/// last split is the root's. A tree that is not symmetric is a list of nodes. A node has a split and, for each
/// of its two results, the distance to the next node; at the distance 0, the row has reached the node's own
/// leaf.
final class CatBoostTrees {

    private static final int SPLITS = 1;
    private static final int SIZES = 2;
    private static final int OFFSETS = 3;
    private static final int LEAVES = 8;
    private static final int WEIGHTS = 9;
    private static final int STEPS = 10;
    private static final int LEAF_OF_NODE = 11;
    private static final int STEP_MASK = 0xffff;

    private final CatBoostSplits splits;
    private final int dimensions;
    private final int[] split;
    private final int[] sizes;
    private final int[] offsets;
    private final double[] leaf;
    /// The training weight of each leaf; empty if the file has none.
    private final double[] weight;
    /// The distance to the left in the lower 16 bits, that to the right in the upper ones; empty for symmetric
    /// trees.
    private final int[] step;

    private final int[] leafOfNode;

    CatBoostTrees(FlatbufferTable trees, CatBoostSplits splits, int dimensions) throws MalformedModelException {
        this.splits = splits;
        this.dimensions = dimensions;
        this.split = trees.integers(SPLITS);
        this.sizes = trees.integers(SIZES);
        this.offsets = trees.integers(OFFSETS);
        this.leaf = trees.numbers(LEAVES);
        this.weight = trees.numbers(WEIGHTS);
        this.step = trees.integers(STEPS);
        this.leafOfNode = trees.integers(LEAF_OF_NODE);
        if (offsets.length != 0 && offsets.length != sizes.length) {
            throw new MalformedModelException(
                    "it has " + sizes.length + " trees, and says where " + offsets.length + " begin");
        }
        if (!isSymmetric() && (step.length != split.length || leafOfNode.length != split.length)) {
            throw new MalformedModelException("it has " + split.length + " nodes, the children of " + step.length
                    + ", and the leaves of " + leafOfNode.length);
        }
        if (weight.length != 0 && weight.length != leaf.length / dimensions) {
            throw new MalformedModelException(
                    "it has the weights of " + weight.length + " leaves, and " + leaf.length / dimensions + " leaves");
        }
        for (double value : leaf) {
            if (Double.isNaN(value)) {
                throw new MalformedModelException("a leaf has NaN");
            }
        }
    }

    boolean isSymmetric() {
        return step.length == 0 && leafOfNode.length == 0;
    }

    /// The number of trees.
    int count() {
        return sizes.length;
    }

    void addTo(ForestBuilder forest) throws MalformedModelException {
        long first = 0;
        long firstLeaf = 0;
        for (int tree = 0; tree < sizes.length; tree++) {
            int size = sizes[tree];
            if (size < 0 || first + size > split.length || (offsets.length > 0 && offsets[tree] != first)) {
                throw new MalformedModelException("tree " + tree + " lies outside of the list of splits");
            }
            if (isSymmetric()) {
                firstLeaf = addSymmetric(forest, tree, (int) first, (int) firstLeaf);
            } else {
                addNodes(forest, tree, (int) first);
            }
            first += size;
        }
    }

    /// @return the first leaf of the next tree
    private long addSymmetric(ForestBuilder forest, int tree, int first, int firstLeaf) throws MalformedModelException {
        int depth = sizes[tree];
        long end = depth < Integer.SIZE ? firstLeaf + (1L << depth) * dimensions : Long.MAX_VALUE;
        if (end > leaf.length) {
            throw new MalformedModelException("tree " + tree + " has " + depth + " levels, and not as many leaves");
        }
        forest.tree(0);
        for (int level = 0; level < depth; level++) {
            for (int node = 0; node < 1 << level; node++) {
                splits.addTo(forest, split[first + depth - 1 - level]);
            }
        }
        for (int at = firstLeaf; at < end; at += dimensions) {
            addLeaf(forest, at);
        }
        return end;
    }

    /// Adds the nodes level by level. The leaf of a node stands in the queue as the node's complement.
    private void addNodes(ForestBuilder forest, int tree, int first) throws MalformedModelException {
        int size = sizes[tree];
        if (size == 0) {
            throw new MalformedModelException("tree " + tree + " has no nodes");
        }
        forest.tree(0);
        int[] queue = new int[Math.addExact(Math.multiplyExact(2, size), 1)];
        queue[0] = step[first] == 0 ? ~first : first;
        int tail = 1;
        for (int head = 0; head < tail; head++) {
            int node = queue[head];
            if (node < 0) {
                int at = leafOfNode[~node];
                if (at < 0 || at > leaf.length - dimensions) {
                    throw new MalformedModelException("tree " + tree + " has the leaf " + at + " of " + leaf.length);
                }
                addLeaf(forest, at);
                continue;
            }
            if (tail + 2 > queue.length) {
                throw new MalformedModelException("tree " + tree + " has a node with two parents");
            }
            splits.addTo(forest, split[node]);
            queue[tail++] = child(tree, node, step[node] & STEP_MASK, first + size);
            queue[tail++] = child(tree, node, step[node] >>> Short.SIZE, first + size);
        }
    }

    private int child(int tree, int node, int distance, int end) throws MalformedModelException {
        if (distance >= end - node) {
            throw new MalformedModelException("tree " + tree + " has a node outside of the tree");
        }
        int child = node + distance;
        return distance == 0 ? ~node : step[child] == 0 ? ~child : child;
    }

    private void addLeaf(ForestBuilder forest, int at) {
        forest.leaf(0, Arrays.copyOfRange(leaf, at, at + dimensions));
        if (weight.length > 0) {
            forest.cover(weight[at / dimensions]);
        }
    }
}
