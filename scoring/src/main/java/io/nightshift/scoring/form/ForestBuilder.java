package io.nightshift.scoring.form;

import io.nightshift.scoring.form.Forest.NodeKind;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Collects the nodes of a [Forest], tree by tree, each tree level by level.
///
/// [#tree] opens a tree with one open node, the root. Each split or leaf fills the node that has been open
/// longest; a split then opens two nodes, the left child and the right child. A tree is complete when it has
/// no open node. This is the order of a breadth-first traversal.
public final class ForestBuilder {

    /// More categories in all sets together are refused: a few bytes of a file can stand for many of them.
    private static final long MAX_SET_CATEGORIES = 1L << 27;

    private final ForestShape shape;
    private int trees;
    private int nodes;
    private int leaves;
    private int due;
    private int[] root = new int[16];
    private int[] group = new int[16];
    private byte[] kind = new byte[256];
    private int[] feature = new int[256];
    private double[] threshold = new double[256];
    private int[] child = new int[256];
    private double[] leaf = new double[256];
    private int[] vote = new int[256];
    private final List<int[]> setList = new ArrayList<>();
    private long setCategories;
    private final Map<IntBuffer, Integer> setNumbers = new HashMap<>();
    /// The cover of each node, NaN where none was given; empty before the first cover.
    private double[] cover = new double[0];

    private @Nullable String whyUnusable;

    /// @param shape the common properties of the trees
    public ForestBuilder(ForestShape shape) {
        this.shape = shape;
    }

    /// Begins a tree whose leaves of width 1 are added to the sum `treeGroup`.
    ///
    /// @param treeGroup the index of the sum to which the tree is added, from 0
    public void tree(int treeGroup) {
        if (due != 0) {
            throw new IllegalStateException("the previous tree is not complete");
        }
        if (trees + 1 == root.length) {
            root = Arrays.copyOf(root, 2 * trees + 2);
            group = Arrays.copyOf(group, 2 * trees + 2);
        }
        root[trees] = nodes;
        group[trees] = treeGroup;
        trees++;
        due = 1;
    }

    /// Fills the next node with a test.
    ///
    /// @param splitKind the kind of the split
    /// @param splitFeature the index of its feature, from 0
    /// @param value the threshold, the position of the level, or the number of the set
    public void split(NodeKind splitKind, int splitFeature, double value) {
        if (splitKind == NodeKind.LEAF) {
            throw new IllegalArgumentException("a leaf is not a test");
        }
        int node = settle();
        kind[node] = splitKind.code();
        feature[node] = splitFeature;
        threshold[node] = value;
        child[node] = node + due + 1;
        due += 2;
    }

    /// The number of a set of categories, for [#split].
    ///
    /// @param categories ascending; the caller must not change the array afterwards
    /// @throws IllegalArgumentException if the sets of the forest have too many categories together
    public int set(int... categories) {
        Integer known = setNumbers.putIfAbsent(IntBuffer.wrap(categories), setList.size());
        if (known != null) {
            return known;
        }
        setCategories += categories.length;
        if (setCategories > MAX_SET_CATEGORIES) {
            throw new IllegalArgumentException("its sets have more than %,d categories".formatted(MAX_SET_CATEGORIES));
        }
        setList.add(categories);
        return setList.size() - 1;
    }

    /// The number of distinct sets so far.
    public int sets() {
        return setList.size();
    }

    /// Fills the next node with a leaf of width 1.
    ///
    /// @param value the value that the leaf adds
    public void leaf(double value) {
        leaf(0, value);
    }

    /// Fills the next node with a leaf.
    ///
    /// @param leafVote the class it votes for, 0 where the link has no votes
    /// @param values the leaf's numbers; their count is the shape's width
    public void leaf(int leafVote, double... values) {
        if (values.length != shape.width()) {
            throw new IllegalArgumentException("a leaf holds " + shape.width() + " numbers, not " + values.length);
        }
        int node = settle();
        kind[node] = Forest.LEAF;
        child[node] = leaves;
        int at = leaves * values.length;
        if (at + values.length > leaf.length) {
            leaf = Arrays.copyOf(leaf, Math.max(2 * leaf.length, at + values.length));
        }
        if (leaves == vote.length) {
            vote = Arrays.copyOf(vote, 2 * leaves);
        }
        System.arraycopy(values, 0, leaf, at, values.length);
        vote[leaves] = leafVote;
        leaves++;
    }

    /// Gives the cover of the node that was filled last: the training weight that reached it. The forest has
    /// covers if all leaves have one; the leaf of a tree without splits needs none. A split without a cover has
    /// the sum of those of its children.
    ///
    /// @param weight the cover, 0 or more
    /// @throws IllegalArgumentException if the weight is negative or not a number
    public void cover(double weight) {
        if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("tree %d has a node with the cover %s; a cover is a number of 0 or more"
                    .formatted(trees - 1, weight));
        }
        int node = nodes - 1;
        if (node >= cover.length) {
            int known = cover.length;
            cover = Arrays.copyOf(cover, kind.length);
            Arrays.fill(cover, known, cover.length, Double.NaN);
        }
        cover[node] = weight;
    }

    /// Leaves the covers out of the forest.
    ///
    /// @param why the reason, the end of a sentence
    public void dropCovers(String why) {
        whyUnusable = whyUnusable == null ? why : whyUnusable;
    }

    /// The number of open nodes of the current tree.
    public int due() {
        return due;
    }

    /// The forest.
    ///
    /// @throws IllegalArgumentException if a tree is incomplete or a node breaks a rule of [Forest]
    public Forest build() {
        if (due != 0) {
            throw new IllegalArgumentException("the last tree is not complete");
        }
        return new Forest(shape, this);
    }

    private int settle() {
        if (due == 0) {
            throw new IllegalArgumentException("the tree is complete");
        }
        due--;
        if (nodes == kind.length) {
            kind = Arrays.copyOf(kind, 2 * nodes);
            feature = Arrays.copyOf(feature, 2 * nodes);
            threshold = Arrays.copyOf(threshold, 2 * nodes);
            child = Arrays.copyOf(child, 2 * nodes);
        }
        return nodes++;
    }

    int[] roots() {
        int[] roots = Arrays.copyOf(root, trees + 1);
        roots[trees] = nodes;
        return roots;
    }

    int[] groups() {
        return Arrays.copyOf(group, trees);
    }

    byte[] kinds() {
        return Arrays.copyOf(kind, nodes);
    }

    int[] features() {
        return Arrays.copyOf(feature, nodes);
    }

    double[] thresholds() {
        return Arrays.copyOf(threshold, nodes);
    }

    int[] children() {
        return Arrays.copyOf(child, nodes);
    }

    double[] leaves() {
        return Arrays.copyOf(leaf, leaves * shape.width());
    }

    int[] votes() {
        return Arrays.copyOf(vote, leaves);
    }

    ForestCovers covers() {
        if (whyUnusable != null || cover.length == 0) {
            return ForestCovers.none(whyUnusable);
        }
        double[] covers = Arrays.copyOf(cover, nodes);
        Arrays.fill(covers, Math.min(cover.length, nodes), nodes, Double.NaN);
        for (int tree = 0; tree < trees; tree++) {
            if (kind[root[tree]] == Forest.LEAF && Double.isNaN(covers[root[tree]])) {
                covers[root[tree]] = 0;
            }
        }
        for (int node = nodes - 1; node >= 0; node--) {
            if (Double.isNaN(covers[node])) {
                if (kind[node] == Forest.LEAF) {
                    return ForestCovers.none(null);
                }
                covers[node] = covers[child[node]] + covers[child[node] + 1];
            }
        }
        for (int tree = 0; tree < trees; tree++) {
            if (covers[root[tree]] == 0 && kind[root[tree]] != Forest.LEAF) {
                return ForestCovers.none("no training weight reached tree " + tree);
            }
        }
        return ForestCovers.of(covers);
    }

    int[][] setArrays() {
        return setList.toArray(int[][]::new);
    }
}
