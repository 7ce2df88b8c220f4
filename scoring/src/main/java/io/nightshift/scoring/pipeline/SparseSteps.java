package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Steps that read columns with [SparseRows]. Values that a row lacks are zeros, and stay zeros.
final class SparseSteps {

    private static final int BY_MAXIMUM = 0;
    private static final int BY_SUM = 1;

    private SparseSteps() {}

    private static int width(PipelineStep step) {
        return SparseStep.integer(step, "width", 1, SparseStep.MOST_COLUMNS);
    }

    /// Other values for the values of rows of some `width`, in this order: with `log`, the logarithm plus 1; with
    /// `above`, 1 for values above a number, which is 0 or more, and otherwise none; times the number of the column
    /// in `multiply`; with `norm`, divided by the largest size (0), by the sum of the sizes (1), or by the root of
    /// the sum of the squares (2) of the row, if that is not 0. With `reversed`, the order of the columns is turned
    /// before the division, as scikit-learn up to 1.4 does. With `single`, products and quotients are rounded to
    /// single precision, and so are the squares before they are added in double precision, as in scikit-learn.
    static PreparedStep scale(PipelineStep step) {
        int width = width(step);
        boolean hasLog = SparseStep.optional(step, "log", 1) == 1;
        boolean isSingle = SparseStep.optional(step, "single", 1) == 1;
        boolean isReversed = SparseStep.optional(step, "reversed", 1) == 1;
        double[] factors = step.has("multiply") ? step.numbers("multiply", width) : new double[0];
        double[] above = step.has("above") ? step.numbers("above", 1) : new double[0];
        if (above.length > 0 && !(above[0] >= 0)) {
            throw new IllegalArgumentException(step.called() + " would give 1 for values that are zero");
        }
        int norm = step.has("norm") ? SparseStep.integer(step, "norm", 0, 2) : -1;
        return new SparseStep(step, new int[] {width}, width) {
            @Override
            public StepOperator operator(Columns columns) {
                SparseRows in = columns.input(0);
                SparseRows out = columns.filled();
                return (inputs, rows, outputs) -> {
                    out.clear();
                    for (int row = 0; row < rows; row++) {
                        int start = in.start(row);
                        int end = in.end(row);
                        for (int i = 0; i < end - start; i++) {
                            int at = isReversed ? end - 1 - i : start + i;
                            int column = in.columns[at];
                            double value = in.values[at];
                            if (above.length > 0) {
                                if (!(value > above[0])) {
                                    continue;
                                }
                                value = 1;
                            }
                            value = hasLog ? Math.log(value) + 1 : value;
                            value = factors.length > 0 ? value * factors[column] : value;
                            out.add(column, isSingle ? (float) value : value);
                        }
                        out.endRow();
                        if (norm >= 0) {
                            divide(out.values, out.start(row), out.end(row), norm, isSingle);
                        }
                    }
                };
            }
        };
    }

    private static void divide(double[] values, int start, int end, int norm, boolean isSingle) {
        double length = 0;
        for (int i = start; i < end; i++) {
            double size = Math.abs(values[i]);
            length = switch (norm) {
                case BY_MAXIMUM -> Math.max(length, size);
                case BY_SUM -> length + size;
                default -> length + (isSingle ? (float) (values[i] * values[i]) : values[i] * values[i]);
            };
        }
        if (length == 0) {
            return;
        }
        length = norm == BY_MAXIMUM || norm == BY_SUM ? length : Math.sqrt(length);
        for (int i = start; i < end; i++) {
            double value = values[i] / length;
            values[i] = isSingle ? (float) value : value;
        }
    }

    /// The `columns` of rows of some `width`, in ascending order, as rows.
    static PreparedStep select(PipelineStep step) {
        int width = width(step);
        int[] chosen = columns(step, width);
        return new SparseStep(step, new int[] {width}, Math.max(1, chosen.length)) {
            @Override
            public StepOperator operator(Columns columns) {
                SparseRows in = columns.input(0);
                SparseRows out = columns.filled();
                return (inputs, rows, outputs) -> {
                    out.clear();
                    for (int row = 0; row < rows; row++) {
                        for (int i = in.start(row); i < in.end(row); i++) {
                            int place = Arrays.binarySearch(chosen, in.columns[i]);
                            if (place >= 0) {
                                out.add(place, in.values[i]);
                            }
                        }
                        out.endRow();
                    }
                };
            }
        };
    }

    /// The `columns` of rows of some `width`, as columns of numbers.
    static PreparedStep dense(PipelineStep step) {
        int width = width(step);
        int[] chosen = columns(step, width);
        StepKind.requireColumns(step, 1, chosen.length);
        return new SparseStep(step, new int[] {width}, 0) {
            @Override
            public StepOperator operator(Columns columns) {
                SparseRows in = columns.input(0);
                return (inputs, rows, outputs) -> {
                    for (double[] output : outputs) {
                        Arrays.fill(output, 0, rows, 0);
                    }
                    for (int row = 0; row < rows; row++) {
                        for (int i = in.start(row); i < in.end(row); i++) {
                            int place = Arrays.binarySearch(chosen, in.columns[i]);
                            if (place >= 0) {
                                outputs[place][row] = in.values[i];
                            }
                        }
                    }
                };
            }
        };
    }

    private static int[] columns(PipelineStep step, int width) {
        int[] columns = step.integers("columns", step.numbers("columns").length, 0, width - 1);
        for (int i = 1; i < columns.length; i++) {
            if (columns[i] <= columns[i - 1]) {
                throw new IllegalArgumentException(step.called() + " has columns that do not ascend");
            }
        }
        return columns;
    }

    /// Sums: the terms value × weight in the order of the inputs and of each row's columns, and then the intercept.
    /// `widths` has the width of each input, 0 for a column of numbers. `weights` has those of the first sum, then
    /// those of the next.
    static PreparedStep linear(PipelineStep step) {
        int[] widths = step.integers("widths", step.inputs().size(), 0, SparseStep.MOST_COLUMNS);
        int sums = step.outputs();
        double[] intercepts = step.numbers("intercepts", sums);
        int[] starts = new int[widths.length];
        long total = 0;
        for (int i = 0; i < widths.length; i++) {
            starts[i] = (int) Math.min(total, Integer.MAX_VALUE);
            total += Math.max(1, widths[i]);
        }
        double[] weights = byColumn(step.numbers("weights", total * sums), sums);
        return new SparseStep(step, widths, 0) {
            @Override
            public StepOperator operator(Columns columns) {
                double[] found = new double[sums];
                return (inputs, rows, outputs) -> {
                    for (int row = 0; row < rows; row++) {
                        Arrays.fill(found, 0);
                        for (int i = 0; i < widths.length; i++) {
                            if (widths[i] == 0) {
                                add(inputs[i][row], weights, starts[i] * sums, found);
                            } else {
                                add(columns.input(i), row, weights, starts[i], found);
                            }
                        }
                        for (int sum = 0; sum < sums; sum++) {
                            outputs[sum][row] = found[sum] + intercepts[sum];
                        }
                    }
                };
            }

            @Override
            public long heapBytes() {
                return 8L * weights.length;
            }
        };
    }

    private static void add(SparseRows rows, int row, double[] weights, int start, double[] sums) {
        int[] columns = rows.columns;
        double[] values = rows.values;
        int end = rows.end(row);
        if (sums.length == 1) {
            double sum = sums[0];
            for (int i = rows.start(row); i < end; i++) {
                sum += values[i] * weights[start + columns[i]];
            }
            sums[0] = sum;
            return;
        }
        for (int i = rows.start(row); i < end; i++) {
            add(values[i], weights, (start + columns[i]) * sums.length, sums);
        }
    }

    private static void add(double value, double[] weights, int at, double[] sums) {
        for (int sum = 0; sum < sums.length; sum++) {
            sums[sum] += value * weights[at + sum];
        }
    }

    /// The weights of all sums for the first column, then those for the next.
    private static double[] byColumn(double[] weights, int sums) {
        if (sums <= 1) {
            return weights;
        }
        int columns = weights.length / sums;
        double[] turned = new double[weights.length];
        for (int sum = 0; sum < sums; sum++) {
            for (int column = 0; column < columns; column++) {
                turned[column * sums + sum] = weights[sum * columns + column];
            }
        }
        return turned;
    }
}
