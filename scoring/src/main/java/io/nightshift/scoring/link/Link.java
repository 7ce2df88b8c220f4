package io.nightshift.scoring.link;

import io.nightshift.scoring.model.FeatureType.Precision;

/// A link function turns the sums over a forest's trees, or over a linear form's terms, into predictions and
/// probabilities.
///
/// There is one sum per group, or one per class if leaves hold a vector. XGBoost and the boosting of Smile
/// have one group for a regression or two classes, and one per class for more. The first class wins a tie.
public enum Link {
    /// A regression: the sum.
    IDENTITY(Outputs.VALUE),
    /// A regression: the first of several sums. The others say how certain it is (CatBoost's
    /// `RMSEWithUncertainty`).
    FIRST(Outputs.VALUE),
    /// A regression: the sum over the number of trees.
    MEAN(Outputs.VALUE),
    /// A regression: the exponential of the sum.
    EXPONENTIAL(Outputs.VALUE),
    /// A regression: the square of the sum, with its sign (LightGBM's `reg_sqrt`).
    SIGNED_SQUARE(Outputs.VALUE),
    /// A regression: the logarithm of 1 plus the exponential of the sum (LightGBM's `cross_entropy_lambda`).
    SOFTPLUS(Outputs.VALUE),
    /// A regression between 0 and 1: the logistic function of the sum.
    SIGMOID(Outputs.VALUE),
    /// Two classes: the positive one has the logistic function of the sum, and is predicted above one half.
    LOGISTIC(Outputs.BINARY),
    /// Two classes: the positive one has the logistic function of the sum, and is predicted from one half on.
    LOGISTIC_FROM_HALF(Outputs.BINARY),
    /// Two classes: the positive one has the logistic function of the sum, and is predicted from a sum of
    /// zero on.
    LOGISTIC_FROM_ZERO(Outputs.BINARY),
    /// Two classes: the positive one has the logistic function of the sum, and is predicted above a sum of
    /// zero.
    LOGISTIC_ABOVE_ZERO(Outputs.BINARY),
    /// Two classes: the sum is half of the log-odds (Friedman's boosting); the positive class is predicted
    /// above zero.
    HALF_LOGISTIC(Outputs.BINARY),
    /// Two classes: the positive one is predicted above zero; its probability is 1 then, and 0 otherwise
    /// (XGBoost's `binary:hinge`).
    STEP(Outputs.BINARY),
    /// Two classes: the sum is the positive one's probability, which is predicted above one half.
    PROBABILITY(Outputs.BINARY),
    /// A class a sum: each probability is the logistic function of its sum (LightGBM's `multiclassova`).
    ONE_VS_ALL(Outputs.CLASSES),
    /// A class a sum: the softmax of the sums.
    SOFTMAX(Outputs.CLASSES),
    /// A class a sum: the sums are the probabilities.
    PROBABILITIES(Outputs.CLASSES),
    /// A class a sum: each sum's share of the total.
    SHARES(Outputs.CLASSES),
    /// A class a sum: the probabilities are shares of the total, the predicted class is the one most trees
    /// vote for.
    VOTED_SHARES(Outputs.CLASSES);

    private final Outputs outputs;

    Link(Outputs outputs) {
        this.outputs = outputs;
    }

    /// The number of output columns for `sums` sums.
    ///
    /// @param sums the number of sums of a model
    public int outputs(int sums) {
        return switch (outputs) {
            case VALUE -> 1;
            case BINARY -> 2;
            case CLASSES -> sums == 2 ? 2 : 1 + sums;
        };
    }

    /// Whether this link goes with `sums` sums.
    ///
    /// @param sums the number of sums of a model
    public boolean accepts(int sums) {
        return outputs == Outputs.CLASSES || this == FIRST ? sums >= 2 : sums == 1;
    }

    /// Whether sums are a margin: scores on an open scale, from which the link computes the predictions.
    public boolean hasMargin() {
        return switch (this) {
            case IDENTITY,
                    FIRST,
                    EXPONENTIAL,
                    SIGNED_SQUARE,
                    SOFTPLUS,
                    SIGMOID,
                    LOGISTIC,
                    LOGISTIC_FROM_HALF,
                    LOGISTIC_FROM_ZERO,
                    LOGISTIC_ABOVE_ZERO,
                    HALF_LOGISTIC,
                    STEP,
                    ONE_VS_ALL,
                    SOFTMAX -> true;
            case MEAN, PROBABILITY, PROBABILITIES, SHARES, VOTED_SHARES -> false;
        };
    }

    /// Whether a forest's sums of this precision have this link.
    ///
    /// @param arithmetic the precision of the sums
    public boolean isOf(Precision arithmetic) {
        return switch (this) {
            case IDENTITY, EXPONENTIAL, SIGMOID, LOGISTIC, SOFTMAX, ONE_VS_ALL, PROBABILITIES -> true;
            case STEP, PROBABILITY -> arithmetic == Precision.FLOAT32;
            case FIRST, MEAN, SIGNED_SQUARE, SOFTPLUS, LOGISTIC_FROM_ZERO, HALF_LOGISTIC, SHARES, VOTED_SHARES ->
                arithmetic == Precision.FLOAT64;
            case LOGISTIC_ABOVE_ZERO -> arithmetic == Precision.FLOAT64;
            case LOGISTIC_FROM_HALF -> false;
        };
    }

    private enum Outputs {
        VALUE,
        BINARY,
        CLASSES
    }
}
