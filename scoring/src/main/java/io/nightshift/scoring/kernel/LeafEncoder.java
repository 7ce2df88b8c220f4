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

    /// Chooses the turns of a tree, from its last node to its first, so that both children come before their
    /// parent.
    ///
    /// @return false if the tree has too many leaves
    boolean assignMasks(int tree) {
        int first = forest.root(tree);
        int nodes = forest.root(tree + 1) - first;
        int leaves = nodes / 2 + 1;
        if (leaves > MAX_PLACES / 2) {
            return false;
        }
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(1, leaves - 1));
        int[][] places = new int[nodes][];
        for (int node = nodes - 1; node >= 0; node--) {
            if (forest.isLeaf(first + node)) {
                places[node] = new int[] {0};
                continue;
            }
            int child = forest.child(first + node) - first;
            int[] left = places[child];
            int[] right = places[child + 1];
            int turn = turn(left, right, bits);
            while (turn == 0 && bits < NodeMaskForest.MAX_BITS) {
                bits++;
                turn = turn(left, right, bits);
            }
            if (turn == 0) {
                return false;
            }
            turns[first + node] = turn;
            places[node] = join(left, right, turn);
            places[child] = new int[0];
            places[child + 1] = new int[0];
        }
        return true;
    }

    /// The turn with the fewest bits, among those below 2 to the power of `bits`, that keeps the slots of
    /// both sides distinct; 0 if there is none.
    private int turn(int[] left, int[] right, int bits) {
        int[] more = left.length >= right.length ? left : right;
        int[] fewer = left.length >= right.length ? right : left;
        subtree++;
        for (int place : more) {
            takenBy[place] = subtree;
        }
        for (int count = 1; count <= bits; count++) {
            for (int turn = (1 << count) - 1; turn < 1 << bits; turn = next(turn)) {
                if (isFree(fewer, turn)) {
                    return turn;
                }
            }
        }
        return 0;
    }

    private boolean isFree(int[] places, int turn) {
        for (int place : places) {
            if (takenBy[place ^ turn] == subtree) {
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

    private static int[] join(int[] left, int[] right, int turn) {
        int[] both = new int[left.length + right.length];
        System.arraycopy(left, 0, both, 0, left.length);
        for (int i = 0; i < right.length; i++) {
            both[left.length + i] = right[i] ^ turn;
        }
        return both;
    }
}
