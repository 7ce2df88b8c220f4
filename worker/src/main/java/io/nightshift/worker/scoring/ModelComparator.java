package io.nightshift.worker.scoring;

import io.nightshift.protocol.batch.DistributionCounter;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.scoring.model.Scorer;

/// Scores each block with two models, one after the other, and compares their predictions. The rows are read once.
/// The models take turns at being first, since the second one finds the block in the processor's cache. For one
/// thread.
///
/// Both models have the same features, task and classes.
public final class ModelComparator implements ComparingScorer {

    private final Scorer scorer;
    private final Scorer other;
    private final double[][] otherOutputs;
    private final boolean hasClasses;
    private final int prediction;
    private final DistributionCounter scoredValues = DistributionCounter.ofPredictions(false);
    private final DistributionCounter otherValues = DistributionCounter.ofPredictions(false);
    private long agreed;
    private long scoredNanos;
    private long otherNanos;
    private boolean isOtherFirst;

    /// @param scorer whose predictions are written
    /// @param other whose predictions are only compared
    /// @param outputs the number of outputs of each
    /// @param hasClasses whether the first output is the position of the predicted class
    /// @param prediction the output that is compared
    public ModelComparator(Scorer scorer, Scorer other, int outputs, boolean hasClasses, int prediction) {
        this.scorer = scorer;
        this.other = other;
        this.otherOutputs = new double[outputs][ScoringSession.BLOCK];
        this.hasClasses = hasClasses;
        this.prediction = prediction;
    }

    /// Fills the outputs of the first model, and compares them with those of the other one.
    @Override
    public void score(double[][] features, int count, double[][] outputs) {
        if (isOtherFirst) {
            scoreOther(features, count);
        }
        long begin = System.nanoTime();
        scorer.score(features, count, outputs);
        scoredNanos += System.nanoTime() - begin;
        if (!isOtherFirst) {
            scoreOther(features, count);
        }
        isOtherFirst = !isOtherFirst;
        scoredValues.count(outputs[prediction], count);
        otherValues.count(otherOutputs[prediction], count);
        if (hasClasses) {
            for (int row = 0; row < count; row++) {
                agreed += outputs[0][row] == otherOutputs[0][row] ? 1 : 0;
            }
        }
    }

    private void scoreOther(double[][] features, int count) {
        long begin = System.nanoTime();
        other.score(features, count, otherOutputs);
        otherNanos += System.nanoTime() - begin;
    }

    @Override
    public ModelComparison comparison() {
        return new ModelComparison(
                agreed, scoredValues.distribution(), otherValues.distribution(), scoredNanos, otherNanos);
    }
}
