package io.nightshift.worker.scoring;

import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.worker.scoring.ModelForm.ScorerFactory;
import java.util.function.Supplier;

/// Chooses a forest's kernel, and the scorer of its arithmetic.
final class ForestScorers implements ScorerFactory {

    /// Rows of a block: enough to make up for loading a tree, few enough for the first-level cache to hold their ranks.
    static final int BLOCK = 128;

    private final Forest forest;
    private final Supplier<ForestKernel> kernels;
    private final long heapBytes;

    private ForestScorers(Forest forest, Supplier<ForestKernel> kernels, long heapBytes) {
        this.forest = forest;
        this.kernels = kernels;
        this.heapBytes = heapBytes;
    }

    static ForestScorers of(Forest forest) {
        RankedForest ranked = RankedForest.of(forest);
        if (ranked == null) {
            return new ForestScorers(forest, () -> new ReferenceKernel(forest), 0);
        }
        return new ForestScorers(forest, () -> new RankedKernel(ranked, BLOCK), ranked.heapBytes());
    }

    @Override
    public Scorer scorer() {
        return scorer(forest, kernels.get());
    }

    @Override
    public long heapBytes() {
        return heapBytes + 4L * forest.leaves();
    }

    static Scorer scorer(Forest forest, ForestKernel kernel) {
        return forest.shape().arithmetic() == Precision.FLOAT32
                ? new FloatForestScorer(forest, kernel)
                : new DoubleForestScorer(forest, kernel);
    }
}
