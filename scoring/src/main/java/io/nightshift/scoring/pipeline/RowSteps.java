package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// Steps that compute with several columns of a row.
final class RowSteps {

    private RowSteps() {}

    /// Divides a row by its norm, which is never 0: the sum of absolute values if `norm` is 1, the Euclidean norm
    /// if it is 2, the largest absolute value if it is 0.
    static PreparedStep normalize(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        int norm = step.integers("norm", 1, 0, 2)[0];
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                double length = norm(norm, inputs, row);
                for (int column = 0; column < columns; column++) {
                    outputs[column][row] = inputs[column][row] / (length == 0 ? 1 : length);
                }
            }
        });
    }

    private static double norm(int norm, double[][] columns, int row) {
        double sum = 0;
        for (double[] column : columns) {
            double value = Math.abs(column[row]);
            sum = switch (norm) {
                case 0 -> Math.max(sum, value);
                case 1 -> sum + value;
                default -> sum + value * value;
            };
        }
        return norm == 2 ? Math.sqrt(sum) : sum;
    }

    /// Products of two columns: `left` and `right` are the positions of the factors among the inputs and the
    /// products before.
    static PreparedStep product(PipelineStep step) {
        int inputs = step.inputs().size();
        int[] left = step.integers("left", step.outputs(), 0, inputs + step.outputs());
        int[] right = step.integers("right", step.outputs(), 0, inputs + step.outputs());
        for (int column = 0; column < left.length; column++) {
            if (Math.max(left[column], right[column]) >= inputs + column) {
                throw new IllegalArgumentException(step.called() + " multiplies a column that comes later");
            }
        }
        return StepKind.stateless((columns, rows, outputs) -> {
            for (int column = 0; column < outputs.length; column++) {
                double[] a = left[column] < inputs ? columns[left[column]] : outputs[left[column] - inputs];
                double[] b = right[column] < inputs ? columns[right[column]] : outputs[right[column] - inputs];
                for (int row = 0; row < rows; row++) {
                    outputs[column][row] = a[row] * b[row];
                }
            }
        });
    }

    /// The weighted median of a row: the first value, in ascending order, at which the sum of the `weights` is at
    /// least half of all.
    static PreparedStep weightedMedian(PipelineStep step) {
        int columns = step.inputs().size();
        StepKind.requireColumns(step, Math.max(1, columns), 1);
        double[] weights = step.numbers("weights", columns);
        return () -> new WeightedMedian(weights);
    }

    private static final class WeightedMedian implements StepOperator {

        private final double[] weights;
        private final int[] order;

        WeightedMedian(double[] weights) {
            this.weights = weights;
            this.order = new int[weights.length];
        }

        @Override
        public void apply(double[][] inputs, int rows, double[][] outputs) {
            for (int row = 0; row < rows; row++) {
                sort(inputs, row);
                outputs[0][row] = inputs[median()][row];
            }
        }

        /// By insertion: there are few columns.
        private void sort(double[][] columns, int row) {
            for (int i = 0; i < order.length; i++) {
                int at = i;
                while (at > 0 && columns[order[at - 1]][row] > columns[i][row]) {
                    order[at] = order[at - 1];
                    at--;
                }
                order[at] = i;
            }
        }

        private int median() {
            double total = 0;
            for (int column : order) {
                total += weights[column];
            }
            double sum = 0;
            for (int column : order) {
                sum += weights[column];
                if (sum >= 0.5 * total) {
                    return column;
                }
            }
            return order[order.length - 1];
        }
    }
}
