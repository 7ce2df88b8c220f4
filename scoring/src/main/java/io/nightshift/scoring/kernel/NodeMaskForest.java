package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import java.util.Arrays;
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

    private NodeMaskForest(Forest forest, SplitConditions tests, int[] turns) {
        this.forest = forest;
        this.tests = tests;
        this.trees = new Tree[forest.trees()];
        this.places = new int[forest.trees()][];
        int most = 0;
        for (int tree = 0; tree < trees.length; tree++) {
            places[tree] = slotsOf(tree, turns);
            trees[tree] = tree(tree, turns);
            most = Math.max(most, trees[tree].forks.length / 2);
        }
        this.mostForks = most;
    }

    /// The forest in this layout, or null if a tree has so many leaves that their slots take too many bits.
    ///
    /// @param forest the forest
    /// @param tests the distinct splits of the forest
    public static @Nullable NodeMaskForest of(Forest forest, SplitConditions tests) {
        int[] turns = new int[forest.nodes()];
        LeafEncoder chooser = new LeafEncoder(forest, turns);
        for (int tree = 0; tree < forest.trees(); tree++) {
            if (!chooser.assignMasks(tree)) {
                return null;
            }
        }
        return new NodeMaskForest(forest, tests, turns);
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

    private Tree tree(int tree, int[] turns) {
        int first = forest.root(tree);
        int end = forest.root(tree + 1);
        int all = 0;
        for (int node = first; node < end; node++) {
            all |= turns[node];
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(all);
        IntArrayBuilder forks = new IntArrayBuilder();
        IntArrayBuilder[] turned = growing(bits);
        IntArrayBuilder[] ends = growing(bits);
        int[] word = new int[end - first];
        for (int node = first; node < end; node++) {
            if (!isInner(node)) {
                continue;
            }
            int left = forest.child(node);
            int test = tests.position(forest, node);
            boolean fork = isInner(left) || isInner(left + 1);
            if (fork) {
                word[left - first] = forks.size + 1;
                word[left + 1 - first] = forks.size + 2;
                forks.add(word[node - first]);
                forks.add(test);
            }
            for (int bit = 0; bit < bits; bit++) {
                if ((turns[node] >>> bit & 1) == 0) {
                    continue;
                }
                if (fork) {
                    turned[bit].add(word[left + 1 - first]);
                } else {
                    ends[bit].add(word[node - first]);
                    ends[bit].add(test);
                }
            }
        }
        return new Tree(forks.toArray(), toArrays(turned), toArrays(ends));
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

    private static IntArrayBuilder[] growing(int count) {
        IntArrayBuilder[] lists = new IntArrayBuilder[count];
        Arrays.setAll(lists, i -> new IntArrayBuilder());
        return lists;
    }

    private static int[][] toArrays(IntArrayBuilder[] lists) {
        return Arrays.stream(lists).map(IntArrayBuilder::toArray).toArray(int[][]::new);
    }

    /// A growing list of numbers.
    private static final class IntArrayBuilder {
        private int[] numbers = new int[16];
        private int size;

        void add(int number) {
            if (size == numbers.length) {
                numbers = Arrays.copyOf(numbers, 2 * size);
            }
            numbers[size++] = number;
        }

        int[] toArray() {
            return Arrays.copyOf(numbers, size);
        }
    }
}
