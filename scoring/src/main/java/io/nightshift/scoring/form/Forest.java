package io.nightshift.scoring.form;

import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.Arrays;

/// An ensemble of decision trees, in one form for every library that grew it.
///
/// The trees' nodes lie in flat arrays, one tree after the other, each tree's root first and every parent
/// before its two children, which are neighbours: the right one follows the left. A row goes left where the
/// node's test holds:
///
/// - a numeric node tests `x < threshold` or `x <= threshold`, by the forest's [Comparison]; NaN is missing;
/// - a numeric node with zero as missing does the same, but NaN and all values whose magnitude, before
///   rounding, is at most [#ZERO] are missing;
/// - a set node tests whether a set of categories contains the category of x, by the forest's [CategoryRule];
///   NaN is missing. A number without a category, or with one outside the set, goes right;
/// - a nominal node tests `x == level`, the position of one level; NaN goes right.
///
/// A missing value goes in the direction of the node's [NodeKind]. Numeric nodes and set nodes round x to its
/// feature's precision first.
///
/// A leaf holds `width` numbers. With a width of 1 they are added to the sum of the tree's group; with more,
/// each to the sum of its class. Sums start at the base and grow tree by tree, in the forest's order, in the
/// forest's arithmetic: the order is part of the model, since floating-point addition is not associative. The
/// [io.nightshift.scoring.link.Link] makes predictions of sums.
///
/// A node may have a cover: the training weight that reached it, in the words of its library (a sum of hessians,
/// of weights, or a count). Scores do not need covers, and no kernel reads them.
///
/// A forest is immutable and validated when it is constructed, so a kernel may follow any index without a
/// check.
public final class Forest implements ModelForm {

    /// The test of a numeric node.
    public enum Comparison {
        /// `x < threshold` goes left (XGBoost).
        LESS,
        /// `x <= threshold` goes left (Smile, LightGBM, scikit-learn).
        LESS_OR_EQUAL
    }

    /// The kind of a node, with the direction of a missing value.
    public enum NodeKind {
        /// A leaf.
        LEAF(0),
        /// Compares a number with a threshold; a missing value goes left.
        NUMERIC_MISSING_LEFT(1),
        /// Compares a number with a threshold; a missing value goes right.
        NUMERIC_MISSING_RIGHT(2),
        /// Tests for one level; a missing value goes right.
        NOMINAL(3),
        /// A numeric node that treats zero as missing (LightGBM's `zero_as_missing`).
        ZERO_MISSING_LEFT(4),
        /// The same; a missing value and zero go right.
        ZERO_MISSING_RIGHT(5),
        /// Tests for a set of categories; a missing value goes left.
        SET_MISSING_LEFT(6),
        /// Tests for a set of categories; a missing value goes right.
        SET_MISSING_RIGHT(7);

        private static final NodeKind[] KINDS = values();
        private static final boolean[] NUMERIC = new boolean[KINDS.length];

        static {
            for (NodeKind kind : KINDS) {
                NUMERIC[kind.code] = kind.isNumeric();
            }
        }

        private final byte code;

        NodeKind(int code) {
            this.code = (byte) code;
        }

        /// The number of this kind in model files.
        public byte code() {
            return code;
        }

        /// Whether a node of this kind compares a value with a threshold.
        public boolean isNumeric() {
            return switch (this) {
                case NUMERIC_MISSING_LEFT, NUMERIC_MISSING_RIGHT, ZERO_MISSING_LEFT, ZERO_MISSING_RIGHT -> true;
                case LEAF, NOMINAL, SET_MISSING_LEFT, SET_MISSING_RIGHT -> false;
            };
        }

        /// Whether a node of this kind tests for a set of categories.
        public boolean isSet() {
            return this == SET_MISSING_LEFT || this == SET_MISSING_RIGHT;
        }

        /// Whether a node of this kind treats zero as missing.
        public boolean takesZeroForMissing() {
            return this == ZERO_MISSING_LEFT || this == ZERO_MISSING_RIGHT;
        }

        /// The kind with this number, from 0 to 7.
        ///
        /// @param code the code in a model file
        public static NodeKind ofCode(int code) {
            if (code < 0 || code >= KINDS.length) {
                throw new IllegalArgumentException("no kind of node has the number " + code);
            }
            return KINDS[code];
        }
    }

    /// The rule that turns a number, rounded to its feature's precision, into a category.
    public enum CategoryRule {
        /// Its whole part, if the number is 0 or more (XGBoost).
        FROM_ZERO,
        /// Its whole part, if the number is above -1 (LightGBM). So the category of -0.5 is 0.
        ABOVE_MINUS_ONE,
        /// The number itself, if it is whole and 0 or more (scikit-learn).
        WHOLE;

        /// The result for a number without a category.
        public static final int NONE = -1;

        /// The category, or [#NONE]. Infinity and numbers above [#MAX_CATEGORY] give a category that no set
        /// has.
        ///
        /// @param value the value of the feature; may be NaN
        public int category(double value) {
            boolean stands = switch (this) {
                case FROM_ZERO -> value >= 0;
                case ABOVE_MINUS_ONE -> value > -1;
                case WHOLE -> value >= 0 && value == Math.rint(value);
            };
            return stands ? (int) value : NONE;
        }
    }

    /// The largest magnitude that nodes with zero as missing treat as zero.
    public static final double ZERO = 1e-35f;

    /// The highest category a set may have.
    public static final int MAX_CATEGORY = Integer.MAX_VALUE - 1;

    static final byte LEAF = NodeKind.LEAF.code();
    static final byte NOMINAL = NodeKind.NOMINAL.code();

    private final ForestShape shape;
    final int[] root;
    final int[] group;
    final byte[] kind;
    final int[] feature;
    final double[] threshold;
    final int[] child;
    final double[] leaf;
    final int[] vote;
    private final int[][] sets;
    private final int[] depth;
    private final ForestCovers covers;

    Forest(ForestShape shape, ForestBuilder nodes) {
        this.shape = shape;
        this.root = nodes.roots();
        this.group = nodes.groups();
        this.kind = nodes.kinds();
        this.feature = nodes.features();
        this.threshold = nodes.thresholds();
        this.child = nodes.children();
        this.leaf = nodes.leaves();
        this.vote = nodes.votes();
        this.sets = nodes.setArrays();
        this.depth = new int[trees()];
        check();
        this.covers = nodes.covers();
    }

    /// The properties that all trees have in common.
    public ForestShape shape() {
        return shape;
    }

    @Override
    public int features() {
        return shape.features();
    }

    @Override
    public int outputs() {
        return shape.link().outputs(shape.sums());
    }

    /// The number of trees.
    public int trees() {
        return group.length;
    }

    /// The number of nodes of all trees.
    public int nodes() {
        return kind.length;
    }

    /// The number of leaves of all trees.
    public int leaves() {
        return leaf.length / shape.width();
    }

    /// The first node of a tree; of the tree after the last one, the number of nodes.
    ///
    /// @param tree the index of the tree, from 0
    public int root(int tree) {
        return root[tree];
    }

    /// The sum to which a tree's leaves of width 1 are added.
    ///
    /// @param tree the index of the tree, from 0
    public int group(int tree) {
        return group[tree];
    }

    /// The number of splits on the longest path from a tree's root to a leaf.
    ///
    /// @param tree the index of the tree, from 0
    public int depth(int tree) {
        return depth[tree];
    }

    /// The depth of the deepest tree.
    public int depth() {
        return Arrays.stream(depth).max().orElse(0);
    }

    /// The kind of a node.
    ///
    /// @param node the index of the node in the forest, from 0
    public NodeKind kind(int node) {
        return NodeKind.KINDS[kind[node]];
    }

    /// Whether a node compares a value with a threshold.
    ///
    /// @param node the index of the node in the forest, from 0
    public boolean isNumeric(int node) {
        return NodeKind.NUMERIC[kind[node]];
    }

    /// Whether a node is a leaf.
    ///
    /// @param node the index of the node in the forest, from 0
    public boolean isLeaf(int node) {
        return kind[node] == LEAF;
    }

    /// The feature that an inner node tests; 0 for a leaf.
    ///
    /// @param node the index of an inner node
    public int feature(int node) {
        return feature[node];
    }

    /// The number of distinct sets of categories that nodes test for.
    public int sets() {
        return sets.length;
    }

    /// The categories of a set, ascending.
    ///
    /// @param set the index of the set of categories, from 0
    public int[] categories(int set) {
        return sets[set].clone();
    }

    /// Whether a set contains a category.
    ///
    /// @param set the index of the set of categories, from 0
    /// @param category the category
    public boolean setHas(int set, int category) {
        return Arrays.binarySearch(sets[set], category) >= 0;
    }

    /// The threshold of a numeric node, the position of a nominal node's level, or the number of a set node's
    /// set; 0 for a leaf.
    ///
    /// @param node the index of an inner node
    public double threshold(int node) {
        return threshold[node];
    }

    /// The left child of an inner node, or the position of a leaf among the forest's leaves.
    ///
    /// @param node the index of the node in the forest, from 0
    public int child(int node) {
        return child[node];
    }

    /// A number in a leaf, by the leaf's position and the number's position in it.
    ///
    /// @param leaf the index of the leaf, from 0
    /// @param position the index of the value in the leaf, below the width of the shape
    public double leaf(int leaf, int position) {
        return this.leaf[leaf * shape.width() + position];
    }

    /// The class a leaf votes for; 0 where the link has no votes.
    ///
    /// @param leaf the index of the leaf, from 0
    public int vote(int leaf) {
        return vote[leaf];
    }

    /// Whether all nodes have covers.
    public boolean hasCovers() {
        return covers.areThere();
    }

    /// The training weight that reached a node, 0 or more. The root of a tree with splits has a cover above 0.
    ///
    /// The cover of a split is the sum of those of its children up to rounding, except in two libraries: LightGBM
    /// estimates counts when several machines train, and H2O counts the root's children of a random forest before
    /// it samples rows.
    ///
    /// @param node the index of the node in the forest, from 0
    /// @throws ArrayIndexOutOfBoundsException if the forest has no covers
    public double cover(int node) {
        return covers.of(node);
    }

    /// Whether there are covers, as a phrase for people.
    String describedCovers() {
        String why = covers.why();
        return hasCovers() ? "of all nodes" : why == null ? "none" : "none, because " + why;
    }

    @Override
    public int margins() {
        return shape.link().hasMargin() ? shape.sums() : 0;
    }

    @Override
    public long heapBytes() {
        long categories =
                Arrays.stream(sets).mapToLong(set -> 24 + 4L * set.length).sum();
        return 17L * nodes() + 8L * leaf.length + 4L * vote.length + 12L * trees() + categories + covers.heapBytes();
    }

    private void check() {
        if (trees() == 0) {
            throw broken("a forest has trees");
        }
        for (int[] set : sets) {
            checkSet(set);
        }
        int leaves = 0;
        for (int tree = 0; tree < trees(); tree++) {
            if (group[tree] < 0 || group[tree] >= shape.groups()) {
                throw broken("the group of tree " + tree + " is one of the forest's");
            }
            leaves += checkTree(tree, leaves);
        }
        if (leaf.length != leaves * shape.width() || vote.length != leaves) {
            throw broken("every leaf has its numbers");
        }
        for (int i = 0; i < leaves; i++) {
            if (vote[i] < 0 || vote[i] >= shape.sums()) {
                throw broken("a leaf votes for one of the classes");
            }
        }
    }

    /// Follows a tree's nodes in their order. The inner nodes' children come in pairs in the same order, so
    /// every node but the root is the child of exactly one other: there are no cycles, shared nodes or
    /// unreachable nodes.
    private int checkTree(int tree, int firstLeaf) {
        int first = root[tree];
        int end = root[tree + 1];
        int next = first + 1;
        int leaves = 0;
        int[] level = new int[end - first];
        for (int node = first; node < end; node++) {
            if (node >= next) {
                throw broken("node " + node + " has a parent");
            }
            if (kind[node] == LEAF) {
                if (child[node] != firstLeaf + leaves) {
                    throw broken("leaf " + node + " has the next position");
                }
                leaves++;
                depth[tree] = Math.max(depth[tree], level[node - first]);
                continue;
            }
            checkTest(node);
            if (child[node] != next || next + 1 >= end) {
                throw broken("node " + node + " has its two children in its tree");
            }
            level[next - first] = level[node - first] + 1;
            level[next + 1 - first] = level[node - first] + 1;
            next += 2;
        }
        if (next != end) {
            throw broken("the nodes of tree " + tree + " hang together");
        }
        return leaves;
    }

    private void checkTest(int node) {
        if (feature[node] < 0 || feature[node] >= features()) {
            throw broken("node " + node + " tests one of the " + features() + " features");
        }
        double value = threshold[node];
        if (Double.isNaN(value)) {
            throw broken("node " + node + " tests against a number");
        }
        if (isNumeric(node)) {
            return;
        }
        if (kind[node] == NOMINAL && !(value >= 0 && value == (int) value)) {
            throw broken("node " + node + " tests for a level");
        }
        if (kind(node).isSet() && !(value >= 0 && value < sets.length && value == (int) value)) {
            throw broken("node " + node + " tests for one of the " + sets.length + " sets of categories");
        }
    }

    private static void checkSet(int[] set) {
        for (int i = 0; i < set.length; i++) {
            if (set[i] < 0 || set[i] > MAX_CATEGORY || (i > 0 && set[i] <= set[i - 1])) {
                throw broken("a set's categories ascend from 0 or more");
            }
        }
    }

    private static IllegalArgumentException broken(String rule) {
        return new IllegalArgumentException("not a forest: the rule «" + rule + "» is broken");
    }

    @Override
    public String toString() {
        return "Forest[" + shape + ", trees=" + trees() + ", nodes=" + nodes() + ", deepest=" + depth() + "]";
    }

    /// The precision in which `feature` is compared.
    ///
    /// @param feature the index of the feature, from 0
    public Precision precision(int feature) {
        return shape.precision().get(feature);
    }
}
