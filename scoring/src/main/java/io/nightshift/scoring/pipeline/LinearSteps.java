package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Steps that give weighted sums of the columns.
final class LinearSteps {

    private LinearSteps() {}

    /// Sums: the terms value × weight in the order of the columns, and then the intercept. `weights` has those of
    /// the first sum, then those of the next.
    static PreparedStep linear(PipelineStep step) {
        int columns = step.inputs().size();
        int sums = step.outputs();
        double[] intercepts = step.numbers("intercepts", sums);
        double[] weights = step.numbers("weights", (long) columns * sums);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int sum = 0; sum < sums; sum++) {
                double[] total = outputs[sum];
                Arrays.fill(total, 0, rows, 0);
                for (int column = 0; column < columns; column++) {
                    addWeighted(inputs[column], weights[sum * columns + column], total, rows);
                }
                add(total, intercepts[sum], rows);
            }
        });
    }

    private static void addWeighted(double[] values, double weight, double[] total, int rows) {
        for (int row = 0; row < rows; row++) {
            total[row] += values[row] * weight;
        }
    }

    private static void add(double[] total, double intercept, int rows) {
        for (int row = 0; row < rows; row++) {
            total[row] += intercept;
        }
    }

    /// Sums over the columns of (value - mean)² / variance, times -½, and then the intercept: the logarithms of
    /// densities of normal distributions whose columns are independent.
    static PreparedStep gaussian(PipelineStep step) {
        int columns = step.inputs().size();
        int sums = step.outputs();
        double[] intercepts = step.numbers("intercepts", sums);
        double[] means = step.numbers("means", (long) columns * sums);
        double[] variances = step.numbers("variances", means.length);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int sum = 0; sum < sums; sum++) {
                double[] total = outputs[sum];
                Arrays.fill(total, 0, rows, 0);
                for (int column = 0; column < columns; column++) {
                    int at = sum * columns + column;
                    addSquares(inputs[column], means[at], variances[at], total, rows);
                }
                for (int row = 0; row < rows; row++) {
                    total[row] = intercepts[sum] - 0.5 * total[row];
                }
            }
        });
    }

    private static void addSquares(double[] values, double mean, double variance, double[] total, int rows) {
        for (int row = 0; row < rows; row++) {
            double difference = values[row] - mean;
            total[row] += difference * difference / variance;
        }
    }
}
