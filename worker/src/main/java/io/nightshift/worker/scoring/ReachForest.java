package io.nightshift.worker.scoring;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A [Forest] in the layout of the [ReachKernel], shared by the kernels of all threads: for trees that grew
/// leaf by leaf, which are much deeper than a full tree of as many leaves.
///
/// The idea is that of the [BitSlicedForest], but each node has a word that says which of 64 rows reach it.
/// All reach the root; the outcome of a node's test divides those that reach the node between its children.
/// So there is as much work as there are nodes, whatever the tree's shape.
///
/// A place is a number of few bits, made so that few words have to be combined for each bit. The places to
/// the right of a node are those of that subtree, as if it stood alone, changed by the bits of the node's
/// *turn*. So bit k of all rows' places is the exclusive or of the words of those right children whose
/// parents' turns have bit k. Turns are chosen from the leaves upwards, as the number with the fewest bits
/// that keeps the places on both sides apart: one bit for most nodes.
final class ReachForest implements ForestLayout {

    /// The most bits of a place.
    static final int MAX_BITS = 16;

    final DistinctTests tests;
    final Tree[] trees;
    /// The most forks of a tree.
    final int mostForks;

    private final Forest forest;
    private final int[][] places;

    /// A tree, its inner nodes in two kinds: *forks* have an inner child, *ends* have none. Words are
    /// numbered: the root's is 0, and the i-th fork's children have 2i + 1 and 2i + 2.
    static final class Tree {
        /// For each fork, the number of its word and its test.
        final int[] forks;
        /// For each bit of a place, the words of the right children of forks whose turns have it.
        final int[][] turns;
        /// For each bit of a place, the word and the test of each end whose turn has it.
        final int[][] ends;

        private Tree(int[] forks, int[][] turns, int[][] ends) {
            this.forks = forks;
            this.turns = turns;
            this.ends = ends;
        }
    }

    private ReachForest(Forest forest, DistinctTests tests, int[] turns) {
        this.forest = forest;
        this.tests = tests;
        this.trees = new Tree[forest.trees()];
        this.places = new int[forest.trees()][];
        int most = 0;
        for (int tree = 0; tree < trees.length; tree++) {
            places[tree] = places(tree, turns);
            trees[tree] = tree(tree, turns);
            most = Math.max(most, trees[tree].forks.length / 2);
        }
        this.mostForks = most;
    }

    /// The forest in this layout, or null if a tree has so many leaves that their places take too many bits.
    static @Nullable ReachForest of(Forest forest, DistinctTests tests) {
        int[] turns = new int[forest.nodes()];
        PlaceTurns chooser = new PlaceTurns(forest, turns);
        for (int tree = 0; tree < forest.trees(); tree++) {
            if (!chooser.choose(tree)) {
                return null;
            }
        }
        return new ReachForest(forest, tests, turns);
    }

    private int[] places(int tree, int[] turns) {
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
        Growing forks = new Growing();
        Growing[] turned = growing(bits);
        Growing[] ends = growing(bits);
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
        return forest.kind[node] != Forest.LEAF;
    }

    @Override
    public ForestKernel kernel(int blockSize) {
        return new ReachKernel(this, blockSize);
    }

    @Override
    public int rows() {
        return ReachKernel.ROWS;
    }

    @Override
    public int places(int tree) {
        return 1 << trees[tree].turns.length;
    }

    @Override
    public int place(int tree, int node) {
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

    private static Growing[] growing(int count) {
        Growing[] lists = new Growing[count];
        Arrays.setAll(lists, i -> new Growing());
        return lists;
    }

    private static int[][] toArrays(Growing[] lists) {
        return Arrays.stream(lists).map(Growing::toArray).toArray(int[][]::new);
    }

    /// A list of numbers.
    private static final class Growing {
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
