package io.nightshift.scoring.link;

/// Turns sums into predictions in single precision, as XGBoost does.
///
/// XGBoost calls `expf` of the C library. Here `exp` is computed in double precision and rounded, which gives
/// the correctly rounded result except for one argument in many millions. The results of C libraries are
/// within 1 ulp of it.
public final class FloatLink {

    private FloatLink() {}

    /// @param link the link function
    /// @param sums one array per sum, with the block's rows from position 0; overwritten
    /// @param from the position of the block's first row in the outputs
    /// @param count the number of rows
    /// @param outputs as [io.nightshift.scoring.model.Scorer#score] has them
    public static void apply(Link link, float[][] sums, int from, int count, double[][] outputs) {
        int first = link.outputs(sums.length);
        for (int i = 0; first + i < outputs.length; i++) {
            for (int row = 0; row < count; row++) {
                outputs[first + i][from + row] = sums[i][row];
            }
        }
        float[] sum = sums[0];
        double[] prediction = outputs[0];
        switch (link) {
            case IDENTITY -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row];
                }
            }
            case EXPONENTIAL -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = exp(sum[row]);
                }
            }
            case SIGMOID -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sigmoid(sum[row]);
                }
            }
            case LOGISTIC -> {
                for (int row = 0; row < count; row++) {
                    float probability = sigmoid(sum[row]);
                    prediction[from + row] = probability > 0.5f ? 1 : 0;
                    outputs[1][from + row] = probability;
                }
            }
            case SOFTMAX -> softmax(sums, from, count, outputs);
            case STEP -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] > 0 ? 1 : 0;
                    outputs[1][from + row] = prediction[from + row];
                }
            }
            case PROBABILITY -> {
                for (int row = 0; row < count; row++) {
                    prediction[from + row] = sum[row] > 0.5f ? 1 : 0;
                    outputs[1][from + row] = sum[row];
                }
            }
            case ONE_VS_ALL -> {
                for (int row = 0; row < count; row++) {
                    for (float[] each : sums) {
                        each[row] = sigmoid(each[row]);
                    }
                    store(sums, row, outputs, from + row);
                }
            }
            case PROBABILITIES -> {
                for (int row = 0; row < count; row++) {
                    store(sums, row, outputs, from + row);
                }
            }
            case MEAN,
                    SIGNED_SQUARE,
                    SOFTPLUS,
                    LOGISTIC_FROM_HALF,
                    LOGISTIC_FROM_ZERO,
                    LOGISTIC_ABOVE_ZERO,
                    HALF_LOGISTIC,
                    SHARES,
                    VOTED_SHARES -> throw new IllegalStateException("no single-precision link: " + link);
        }
    }

    /// Writes the class of the highest probability (the first one of a tie) and the probabilities: that of
    /// the second class for two classes, all of them for more.
    private static void store(float[][] probabilities, int row, double[][] outputs, int to) {
        int best = 0;
        for (int k = 1; k < probabilities.length; k++) {
            if (probabilities[k][row] > probabilities[best][row]) {
                best = k;
            }
        }
        outputs[0][to] = best;
        if (probabilities.length == 2) {
            outputs[1][to] = probabilities[1][row];
            return;
        }
        for (int k = 0; k < probabilities.length; k++) {
            outputs[1 + k][to] = probabilities[k][row];
        }
    }

    private static void softmax(float[][] sums, int from, int count, double[][] outputs) {
        int groups = sums.length;
        for (int row = 0; row < count; row++) {
            int best = 0;
            for (int group = 1; group < groups; group++) {
                if (sums[group][row] > sums[best][row]) {
                    best = group;
                }
            }
            float highest = sums[best][row];
            double total = 0;
            for (int group = 0; group < groups; group++) {
                sums[group][row] = exp(sums[group][row] - highest);
                total += sums[group][row];
            }
            outputs[0][from + row] = best;
            if (groups == 2) {
                outputs[1][from + row] = sums[1][row] / (float) total;
                continue;
            }
            for (int group = 0; group < groups; group++) {
                outputs[1 + group][from + row] = sums[group][row] / (float) total;
            }
        }
    }

    private static float exp(float x) {
        return (float) Math.exp(x);
    }

    private static float sigmoid(float x) {
        return 1.0f / (exp(Math.min(-x, 88.7f)) + 1.0f);
    }
}
