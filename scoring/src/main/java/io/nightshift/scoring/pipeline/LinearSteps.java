package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Steps that give weighted sums of the columns.
final class LinearSteps {

    private LinearSteps() {}

    /// Sums: the terms value × weight in the order of the columns, and then the intercept. `weights` has those of
    /// the first sum, then those of the next. A column with one of the `widths` above 0 is a position among so many
    /// weights, whose term is the weight; −1 has no term.
    static PreparedStep linear(PipelineStep step) {
        int columns = step.inputs().size();
        int sums = step.outputs();
        double[] intercepts = step.numbers("intercepts", sums);
        int[] widths =
                step.has("widths") ? step.integers("widths", columns, 0, PipelineForm.MAX_COLUMNS) : new int[columns];
        long total =
                Arrays.stream(widths).mapToLong(width -> Math.max(1, width)).sum();
        double[] weights = step.numbers("weights", total * sums);
        double[][][] tables = tables(weights, widths, sums);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int sum = 0; sum < sums; sum++) {
                add(inputs, tables[sum], widths, outputs[sum], rows, step);
                add(outputs[sum], intercepts[sum], rows);
            }
        });
    }

    /// Adds the terms of a sum, those of four columns in a pass where that is possible.
    private static void add(
            double[][] inputs, double[][] tables, int[] widths, double[] total, int rows, PipelineStep step) {
        Arrays.fill(total, 0, rows, 0);
        int column = 0;
        while (column < widths.length) {
            if (widths[column] > 0) {
                addFound(inputs[column], tables[column], total, rows, step);
                column++;
            } else if (areWeighted(widths, column)) {
                addFour(inputs, tables, column, total, rows);
                column += 4;
            } else {
                addWeighted(inputs[column], tables[column][1], total, rows);
                column++;
            }
        }
    }

    private static boolean areWeighted(int[] widths, int first) {
        return first + 3 < widths.length && widths[first + 1] == 0 && widths[first + 2] == 0 && widths[first + 3] == 0;
    }

    /// Adds one term after the other, so that the sum has the same bits as in four passes.
    private static void addFour(double[][] inputs, double[][] tables, int first, double[] total, int rows) {
        double[] a = inputs[first];
        double[] b = inputs[first + 1];
        double[] c = inputs[first + 2];
        double[] d = inputs[first + 3];
        double ofA = tables[first][1];
        double ofB = tables[first + 1][1];
        double ofC = tables[first + 2][1];
        double ofD = tables[first + 3][1];
        for (int row = 0; row < rows; row++) {
            total[row] = total[row] + a[row] * ofA + b[row] * ofB + c[row] * ofC + d[row] * ofD;
        }
    }

    /// For each sum and column, a 0 and then its weights.
    private static double[][][] tables(double[] weights, int[] widths, int sums) {
        double[][][] tables = new double[sums][widths.length][];
        int from = 0;
        for (int sum = 0; sum < sums; sum++) {
            for (int column = 0; column < widths.length; column++) {
                int width = Math.max(1, widths[column]);
                tables[sum][column] = new double[1 + width];
                System.arraycopy(weights, from, tables[sum][column], 1, width);
                from += width;
            }
        }
        return tables;
    }

    private static void addFound(double[] positions, double[] table, double[] total, int rows, PipelineStep step) {
        for (int row = 0; row < rows; row++) {
            int position = (int) positions[row];
            if (position != positions[row] || position < -1 || position >= table.length - 1) {
                throw new IllegalStateException(step.name() + " has no weight for the position " + positions[row]);
            }
            total[row] += table[1 + position];
        }
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
