package io.nightshift.scoring.forest;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.kernel.ForestLayout;
import io.nightshift.scoring.kernel.KernelSelector;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.Scorer;
import java.util.stream.IntStream;

/// Scorers of a [Forest]. They share the kernel's layout, and the leaves in the order of its slots.
public final class ForestScorers implements ScorerFactory {

    final Forest forest;
    final ForestLayout layout;
    final int blockSize;
    /// For each tree and slot, the leaf's number in single precision; empty unless the forest's arithmetic is
    /// single.
    final float[][] singles;
    /// For each tree and slot, the leaf's numbers; empty unless the forest's arithmetic is double.
    final double[][] doubles;
    /// For each tree and slot, the class the leaf votes for; empty unless the forest's link has votes.
    final int[][] votes;

    private final String kernel;

    /// @param forest the forest
    /// @param layout the layout of the forest for a kernel
    /// @param blockSize the largest number of rows of a block
    /// @param kernel which one it is, and why
    public ForestScorers(Forest forest, ForestLayout layout, int blockSize, String kernel) {
        this.kernel = kernel;
        this.forest = forest;
        this.layout = layout;
        this.blockSize = blockSize;
        boolean single = forest.shape().arithmetic() == Precision.FLOAT32;
        this.singles = new float[single ? forest.trees() : 0][];
        this.doubles = new double[single ? 0 : forest.trees()][];
        this.votes = new int[forest.shape().link() == Link.VOTED_SHARES ? forest.trees() : 0][];
        for (int tree = 0; tree < forest.trees(); tree++) {
            layOut(tree);
        }
    }

    /// Scorers with the fastest kernel that supports the forest.
    ///
    /// @param forest the forest
    public static ForestScorers of(Forest forest) {
        KernelSelector.Selection selected = KernelSelector.select(forest);
        return new ForestScorers(forest, selected.layout(), selected.blockSize(), selected.reason());
    }

    /// For each sum, the trees that are added to it, in the forest's order.
    int[][] treesOfSums() {
        int[][] trees = new int[forest.shape().sums()][];
        for (int sum = 0; sum < trees.length; sum++) {
            int wanted = sum;
            trees[sum] = IntStream.range(0, forest.trees())
                    .filter(tree -> forest.group(tree) == wanted)
                    .toArray();
        }
        return trees;
    }

    @Override
    public String kernel() {
        return kernel;
    }

    @Override
    public Scorer scorer() {
        return doubles.length == 0 ? new FloatForestScorer(this) : new DoubleForestScorer(this);
    }

    @Override
    public long heapBytes() {
        long bytes = layout.heapBytes();
        int width = forest.shape().width();
        for (int tree = 0; tree < forest.trees(); tree++) {
            long perPlace = (doubles.length == 0 ? 4 : 8L * width) + (votes.length == 0 ? 0 : 4);
            bytes += layout.leafSlots(tree) * perPlace;
        }
        return bytes;
    }

    private void layOut(int tree) {
        int width = forest.shape().width();
        int places = layout.leafSlots(tree);
        if (singles.length > 0) {
            singles[tree] = new float[places];
        } else {
            doubles[tree] = new double[places * width];
        }
        if (votes.length > 0) {
            votes[tree] = new int[places];
        }
        for (int node = forest.root(tree); node < forest.root(tree + 1); node++) {
            if (forest.kind(node) == NodeKind.LEAF) {
                layOut(tree, layout.leafSlot(tree, node), forest.child(node), width);
            }
        }
    }

    private void layOut(int tree, int place, int leaf, int width) {
        if (singles.length > 0) {
            singles[tree][place] = (float) forest.leaf(leaf, 0);
        } else {
            for (int i = 0; i < width; i++) {
                doubles[tree][place * width + i] = forest.leaf(leaf, i);
            }
        }
        if (votes.length > 0) {
            votes[tree][place] = forest.vote(leaf);
        }
    }
}
