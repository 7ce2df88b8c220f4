package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// Steps that interpolate between the points of a table.
final class InterpolationSteps {

    /// The bounds of the quantile transform, as scikit-learn has them.
    private static final double BOUND = 1e-7;

    private InterpolationSteps() {}

    /// Interpolates between points whose abscissas `x` ascend. Outside of them, the value is that of the nearest
    /// point.
    static PreparedStep interpolate(PipelineStep step) {
        StepKind.requireColumns(step, 1, 1);
        double[] x = step.numbers("x");
        double[] y = step.numbers("y", x.length);
        requirePoints(step, "x", x);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[0][row] = interpolated(inputs[0][row], x, y);
            }
        });
    }

    /// The quantile transform of a column: the mean of the interpolations from both ends, between the `quantiles`
    /// and the `references`. With `normal` 1, it is then that quantile of the normal distribution.
    static PreparedStep quantile(PipelineStep step) {
        StepKind.requireColumns(step, 1, 1);
        double[] quantiles = step.numbers("quantiles");
        double[] references = step.numbers("references", quantiles.length);
        requirePoints(step, "quantiles", quantiles);
        requirePoints(step, "references", references);
        boolean isNormal = step.integers("normal", 1, 0, 1)[0] == 1;
        double[] negatedQuantiles = negated(quantiles);
        double[] negatedReferences = negated(references);
        double low = quantiles[0];
        double high = quantiles[quantiles.length - 1];
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                double value = inputs[0][row];
                double share = 0.5
                        * (interpolated(value, quantiles, references)
                                - interpolated(-value, negatedQuantiles, negatedReferences));
                if (isNormal ? value + BOUND > high : value == high) {
                    share = 1;
                }
                if (isNormal ? value - BOUND < low : value == low) {
                    share = 0;
                }
                outputs[0][row] = isNormal ? clipped(NormalDistribution.quantile(share)) : share;
            }
        });
    }

    private static double clipped(double quantile) {
        double raised = quantile < NormalDistribution.LOWEST ? NormalDistribution.LOWEST : quantile;
        return raised > NormalDistribution.HIGHEST ? NormalDistribution.HIGHEST : raised;
    }

    private static double[] negated(double[] ascending) {
        double[] negated = new double[ascending.length];
        for (int i = 0; i < negated.length; i++) {
            negated[i] = -ascending[negated.length - 1 - i];
        }
        return negated;
    }

    private static void requirePoints(PipelineStep step, String parameter, double[] numbers) {
        if (numbers.length == 0) {
            throw new IllegalArgumentException(step.called() + " has no " + parameter);
        }
        LookupSteps.requireAscending(step, parameter, numbers);
    }

    /// As NumPy's `interp` computes it: from the point at the left, whose slope is that of the interval.
    private static double interpolated(double value, double[] x, double[] y) {
        int last = x.length - 1;
        if (Double.isNaN(value)) {
            return value;
        }
        if (value > x[last]) {
            return y[last];
        }
        if (value < x[0]) {
            return y[0];
        }
        int from = 0;
        int to = last + 1;
        while (to - from > 1) {
            int middle = (from + to) >>> 1;
            if (x[middle] <= value) {
                from = middle;
            } else {
                to = middle;
            }
        }
        if (from == last || x[from] == value) {
            return y[from];
        }
        double slope = (y[from + 1] - y[from]) / (x[from + 1] - x[from]);
        return slope * (value - x[from]) + y[from];
    }
}
