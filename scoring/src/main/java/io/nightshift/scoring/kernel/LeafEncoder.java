package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;

/// Chooses the turns of a [NodeMaskForest]'s nodes: XOR masks that give its leaves distinct slots.
final class LeafEncoder {

    private static final int MAX_PLACES = 1 << NodeMaskForest.MAX_BITS;

    private final Forest forest;
    private final int[] turns;
    /// For each slot, the number of the subtree that took it last.
    private final int[] takenBy = new int[MAX_PLACES];
    private int subtree;

    /// @param turns receives the turn of each inner node
    LeafEncoder(Forest forest, int[] turns) {
        this.forest = forest;
        this.turns = turns;
    }

    /// Chooses the turns of some trees.
    ///
    /// @return false if one of them has too many leaves
    boolean assignMasks(int fromTree, int toTree) {
        for (int tree = fromTree; tree < toTree; tree++) {
            if (!assignMasks(tree)) {
                return false;
            }
        }
        return true;
    }

    /// Chooses the turns of a tree, from its last node to its first, so that both children come before their
    /// parent. The leaves of a subtree are neighbours among the tree's, those of the left child first.
    private boolean assignMasks(int tree) {
        int first = forest.root(tree);
        int nodes = forest.root(tree + 1) - first;
        int leaves = nodes / 2 + 1;
        if (leaves > MAX_PLACES / 2) {
            return false;
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, leaves - 1));
        int[] ends = new int[nodes];
        int[] starts = starts(first, ends);
        int[] places = new int[leaves];
        for (int node = nodes - 1; node >= 0; node--) {
            if (forest.isLeaf(first + node)) {
                continue;
            }
            if (ends[node] - starts[node] == 2) {
                turns[first + node] = 1;
                places[starts[node] + 1] = 1;
                continue;
            }
            int middle = starts[forest.child(first + node) - first + 1];
            int turn = turn(places, starts[node], middle, ends[node], bits);
            while (turn == 0 && bits < NodeMaskForest.MAX_BITS) {
                bits++;
                turn = turn(places, starts[node], middle, ends[node], bits);
            }
            if (turn == 0) {
                return false;
            }
            turns[first + node] = turn;
            for (int leaf = middle; leaf < ends[node]; leaf++) {
                places[leaf] ^= turn;
            }
        }
        return true;
    }

    /// The first leaf of each node of a tree.
    ///
    /// @param ends receives the leaf after each node's last one
    private int[] starts(int first, int[] ends) {
        int[] leaves = new int[ends.length];
        for (int node = ends.length - 1; node >= 0; node--) {
            int child = forest.child(first + node) - first;
            leaves[node] = forest.isLeaf(first + node) ? 1 : leaves[child] + leaves[child + 1];
        }
        int[] starts = new int[ends.length];
        for (int node = 0; node < ends.length; node++) {
            ends[node] = starts[node] + leaves[node];
            if (!forest.isLeaf(first + node)) {
                int child = forest.child(first + node) - first;
                starts[child] = starts[node];
                starts[child + 1] = starts[node] + leaves[child];
            }
        }
        return starts;
    }

    /// The turn with the fewest bits, among those below 2 to the power of `bits`, that keeps the slots of
    /// both sides distinct; 0 if there is none. The left side's leaves are those up to `middle`.
    private int turn(int[] places, int from, int middle, int to, int bits) {
        boolean isLeftLarger = middle - from >= to - middle;
        subtree++;
        for (int leaf = isLeftLarger ? from : middle; leaf < (isLeftLarger ? middle : to); leaf++) {
            takenBy[places[leaf]] = subtree;
        }
        int fewerFrom = isLeftLarger ? middle : from;
        int fewerTo = isLeftLarger ? to : middle;
        for (int count = 1; count <= bits; count++) {
            for (int turn = (1 << count) - 1; turn < 1 << bits; turn = next(turn)) {
                if (isFree(places, fewerFrom, fewerTo, turn)) {
                    return turn;
                }
            }
        }
        return 0;
    }

    private boolean isFree(int[] places, int from, int to, int turn) {
        for (int leaf = from; leaf < to; leaf++) {
            if (takenBy[places[leaf] ^ turn] == subtree) {
                return false;
            }
        }
        return true;
    }

    /// The next higher number with as many bits (Warren, «Hacker's Delight», 2nd edition, 2-1).
    private static int next(int number) {
        int lowest = number & -number;
        int ripple = number + lowest;
        return ripple | ((number ^ ripple) >>> 2) / lowest;
    }
}
