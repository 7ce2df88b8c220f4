package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import org.jspecify.annotations.Nullable;

/// A [Forest] in the layout of the [NodeMaskKernel]s, shared by the kernels of all threads. It is for trees
/// that were grown leaf by leaf, which are much deeper than a full tree with as many leaves.
///
/// The idea is that of the [BitSlicedForest], but each node has a word, the mask of the 64 rows that reach
/// it. All rows reach the root; the outcome of a node's test divides the rows that reach the node between its
/// children. So the work is proportional to the number of nodes, whatever the shape of the tree.
///
/// The slot of a leaf is a number of few bits, chosen so that few words have to be combined for each bit. The
/// slots on the right side of a node are those that the right subtree would have alone, XORed with the node's
/// *turn*. So bit k of all rows' slots is the XOR of the words of those right children whose parents' turns
/// have bit k. Turns are chosen from the leaves upwards: each is the number with the fewest bits that keeps
/// the slots of both sides distinct, one bit for most nodes.
public final class NodeMaskForest implements ForestLayout {

    /// The largest number of bits of a slot.
    static final int MAX_BITS = 16;

    /// The parts of a large forest, each for one thread to encode.
    private static final int PARTS = 16;

    final SplitConditions tests;
    final Tree[] trees;
    /// The largest number of forks of a tree.
    final int mostForks;

    private final Forest forest;
    private final int[][] places;

    /// A tree, its inner nodes in two kinds: *forks* have an inner child, *ends* have none. Words are
    /// numbered: the root's is 0, and the i-th fork's children have 2i + 1 and 2i + 2.
    static final class Tree {
        /// For each fork, the number of its word, and its test.
        final int[] forks;
        /// For each bit of a slot, the words of the right children of the forks whose turns have the bit.
        final int[][] turns;
        /// For each bit of a slot, the word and the test of each end whose turn has the bit.
        final int[][] ends;

        private Tree(int[] forks, int[][] turns, int[][] ends) {
            this.forks = forks;
            this.turns = turns;
            this.ends = ends;
        }
    }

    private NodeMaskForest(SplitThresholds thresholds, SplitConditions tests, int[] turns) {
        this.forest = thresholds.forest;
        this.tests = tests;
        this.trees = new Tree[forest.trees()];
        this.places = new int[forest.trees()][];
        thresholds.range(trees.length).forEach(tree -> {
            places[tree] = slotsOf(tree, turns);
            trees[tree] = tree(tree, turns, thresholds);
        });
        int most = 0;
        for (Tree tree : trees) {
            most = Math.max(most, tree.forks.length / 2);
        }
        this.mostForks = most;
    }

    /// The forest in this layout, or null if a tree has so many leaves that their slots take too many bits.
    ///
    /// @param thresholds the thresholds of the forest
    /// @param tests its distinct tests
    public static @Nullable NodeMaskForest of(SplitThresholds thresholds, SplitConditions tests) {
        Forest forest = thresholds.forest;
        int[] turns = new int[forest.nodes()];
        int parts = Math.min(thresholds.isLarge() ? PARTS : 1, forest.trees());
        boolean fits = thresholds.range(parts).allMatch(part -> {
            int from = (int) ((long) forest.trees() * part / parts);
            int to = (int) ((long) forest.trees() * (part + 1) / parts);
            return new LeafEncoder(forest, turns).assignMasks(from, to);
        });
        return fits ? new NodeMaskForest(thresholds, tests, turns) : null;
    }

    private int[] slotsOf(int tree, int[] turns) {
        int first = forest.root(tree);
        int[] place = new int[forest.root(tree + 1) - first];
        for (int node = 0; node < place.length; node++) {
            if (isInner(first + node)) {
                int left = forest.child(first + node) - first;
                place[left] = place[node];
                place[left + 1] = place[node] ^ turns[first + node];
            }
        }
        return place;
    }

    private Tree tree(int tree, int[] turns, SplitThresholds thresholds) {
        int first = forest.root(tree);
        int end = forest.root(tree + 1);
        int forkCount = 0;
        int bits = 0;
        int[] turnedCounts = new int[MAX_BITS];
        int[] endCounts = new int[MAX_BITS];
        for (int node = first; node < end; node++) {
            boolean isFork = isFork(node);
            forkCount += isFork ? 1 : 0;
            for (int rest = turns[node]; rest != 0; rest &= rest - 1) {
                int bit = Integer.numberOfTrailingZeros(rest);
                (isFork ? turnedCounts : endCounts)[bit]++;
                bits = Math.max(bits, bit + 1);
            }
        }
        int[] forks = new int[2 * forkCount];
        int[][] turned = new int[bits][];
        int[][] ends = new int[bits][];
        for (int bit = 0; bit < bits; bit++) {
            turned[bit] = new int[turnedCounts[bit]];
            ends[bit] = new int[2 * endCounts[bit]];
        }
        // Filled from the last node to the first, so the counts become the positions.
        int[] words = words(first, end);
        for (int node = end - 1; node >= first; node--) {
            if (!isInner(node)) {
                continue;
            }
            int word = words[node - first];
            int test = tests.position(thresholds, node);
            boolean isFork = isFork(node);
            if (isFork) {
                forks[2 * --forkCount] = word;
                forks[2 * forkCount + 1] = test;
            }
            for (int rest = turns[node]; rest != 0; rest &= rest - 1) {
                int bit = Integer.numberOfTrailingZeros(rest);
                if (isFork) {
                    turned[bit][--turnedCounts[bit]] = words[forest.child(node) + 1 - first];
                } else {
                    int at = 2 * --endCounts[bit];
                    ends[bit][at] = word;
                    ends[bit][at + 1] = test;
                }
            }
        }
        return new Tree(forks, turned, ends);
    }

    /// The word of each node of a tree that is the root or the child of a fork.
    private int[] words(int first, int end) {
        int[] words = new int[end - first];
        int next = 1;
        for (int node = first; node < end; node++) {
            if (isFork(node)) {
                int left = forest.child(node) - first;
                words[left] = next++;
                words[left + 1] = next++;
            }
        }
        return words;
    }

    private boolean isFork(int node) {
        if (forest.isLeaf(node)) {
            return false;
        }
        int left = forest.child(node);
        return isInner(left) || isInner(left + 1);
    }

    private boolean isInner(int node) {
        return !forest.isLeaf(node);
    }

    @Override
    public ForestKernel kernel(int blockSize) {
        return new ScalarNodeMaskKernel(this, blockSize);
    }

    @Override
    public int rows() {
        return ScalarNodeMaskKernel.ROWS;
    }

    @Override
    public int leafSlots(int tree) {
        return 1 << trees[tree].turns.length;
    }

    @Override
    public int leafSlot(int tree, int node) {
        return places[tree][node - forest.root(tree)];
    }

    @Override
    public long heapBytes() {
        long bytes = tests.heapBytes();
        for (int tree = 0; tree < trees.length; tree++) {
            bytes += 128 + 4L * (trees[tree].forks.length + places[tree].length);
            for (int bit = 0; bit < trees[tree].turns.length; bit++) {
                bytes += 48 + 4L * (trees[tree].turns[bit].length + trees[tree].ends[bit].length);
            }
        }
        return bytes;
    }
}
