package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Steps that compute each column on its own, with numbers of its own.
final class ColumnSteps {

    /// The operations of the kind `scale`, in the order in which they are applied.
    private static final String[] OPERATIONS = {"subtract", "divide", "multiply", "add", "low", "high"};

    private ColumnSteps() {}

    /// Columns of one number each, which read nothing.
    static PreparedStep constant(PipelineStep step) {
        StepKind.requireColumns(step, 0, step.outputs());
        double[] values = step.numbers("values", step.outputs());
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < values.length; column++) {
                Arrays.fill(outputs[column], 0, rows, values[column]);
            }
        });
    }

    /// Scales columns: subtracts, divides, multiplies, adds, and bounds from below and above, as far as the step
    /// has these parameters. The operations keep the order of the library, so the results are the same bits.
    static PreparedStep scale(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        double[][] numbers = new double[OPERATIONS.length][];
        for (int i = 0; i < OPERATIONS.length; i++) {
            numbers[i] = step.has(OPERATIONS[i]) ? step.numbers(OPERATIONS[i], columns) : new double[0];
        }
        boolean isStandard = numbers[0].length > 0 && numbers[1].length > 0;
        int next = isStandard ? 2 : 0;
        return StepKind.inPlace((inputs, starts, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                System.arraycopy(inputs[column], starts[column], outputs[column], 0, rows);
                if (isStandard) {
                    standardize(outputs[column], rows, numbers[0][column], numbers[1][column]);
                }
                for (int i = next; i < numbers.length; i++) {
                    if (numbers[i].length > 0) {
                        operate(i, outputs[column], rows, numbers[i][column]);
                    }
                }
            }
        });
    }

    private static void standardize(double[] values, int rows, double mean, double deviation) {
        for (int row = 0; row < rows; row++) {
            values[row] = (values[row] - mean) / deviation;
        }
    }

    private static void operate(int operation, double[] values, int rows, double number) {
        switch (operation) {
            case 0 -> {
                for (int row = 0; row < rows; row++) {
                    values[row] -= number;
                }
            }
            case 1 -> {
                for (int row = 0; row < rows; row++) {
                    values[row] /= number;
                }
            }
            case 2 -> {
                for (int row = 0; row < rows; row++) {
                    values[row] *= number;
                }
            }
            case 3 -> {
                for (int row = 0; row < rows; row++) {
                    values[row] += number;
                }
            }
            default -> bound(values, rows, number, operation == 4);
        }
    }

    /// NaN stays NaN.
    private static void bound(double[] values, int rows, double number, boolean isLow) {
        for (int row = 0; row < rows; row++) {
            if (isLow ? values[row] < number : values[row] > number) {
                values[row] = number;
            }
        }
    }

    /// Replaces missing values by the parameter `values`. A missing value is NaN, or the number `missing`.
    static PreparedStep impute(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        double[] values = step.numbers("values", columns);
        double missing = missingNumber(step);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                double[] from = inputs[column];
                double[] to = outputs[column];
                for (int row = 0; row < rows; row++) {
                    to[row] = isMissing(from[row], missing) ? values[column] : from[row];
                }
            }
        });
    }

    /// Replaces missing values by those of other columns: the step reads the columns, and then as many others.
    static PreparedStep fill(PipelineStep step) {
        int columns = step.outputs();
        StepKind.requireColumns(step, 2 * columns, columns);
        double missing = missingNumber(step);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                double[] from = inputs[column];
                double[] other = inputs[columns + column];
                double[] to = outputs[column];
                for (int row = 0; row < rows; row++) {
                    to[row] = isMissing(from[row], missing) ? other[row] : from[row];
                }
            }
        });
    }

    /// 1 where a value is missing, otherwise 0. A missing value is NaN, or the number `missing`.
    static PreparedStep missing(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        double missing = missingNumber(step);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                for (int row = 0; row < rows; row++) {
                    outputs[column][row] = isMissing(inputs[column][row], missing) ? 1 : 0;
                }
            }
        });
    }

    private static double missingNumber(PipelineStep step) {
        return step.has("missing") ? step.numbers("missing", 1)[0] : Double.NaN;
    }

    private static boolean isMissing(double value, double missing) {
        return value == missing || (Double.isNaN(missing) && Double.isNaN(value));
    }

    /// 1 where a value is above `values`, or not below it if `inclusive` is 1; otherwise 0.
    static PreparedStep threshold(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        double[] values = step.numbers("values", columns);
        boolean inclusive = step.has("inclusive") && step.integers("inclusive", 1, 0, 1)[0] == 1;
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                double threshold = values[column];
                for (int row = 0; row < rows; row++) {
                    double value = inputs[column][row];
                    outputs[column][row] = value > threshold || (inclusive && value == threshold) ? 1 : 0;
                }
            }
        });
    }

    /// Fails for a row with a value that is missing or infinite.
    static PreparedStep finite(PipelineStep step) {
        StepKind.requireColumns(step, step.inputs().size(), 0);
        return () -> {
            double[] differences = new double[ColumnArrays.MOST_ROWS];
            return (inputs, rows, outputs) -> {
                if (!areFinite(inputs, rows, differences)) {
                    refuse(inputs, rows, step.name());
                }
            };
        };
    }

    /// Whether no value is missing or infinite. Such a value's difference from itself is NaN, that of all others
    /// is 0. The loop has no way out in the middle, so that the compiler vectorises it.
    ///
    /// @param differences room for a number for each row
    private static boolean areFinite(double[][] columns, int rows, double[] differences) {
        Arrays.fill(differences, 0, rows, 0);
        for (double[] column : columns) {
            for (int row = 0; row < rows; row++) {
                differences[row] += column[row] - column[row];
            }
        }
        for (int row = 0; row < rows; row++) {
            if (differences[row] != 0) {
                return false;
            }
        }
        return true;
    }

    private static void refuse(double[][] columns, int rows, String name) {
        for (double[] column : columns) {
            for (int row = 0; row < rows; row++) {
                if (!Double.isFinite(column[row])) {
                    throw new IllegalStateException("%s takes no %s"
                            .formatted(name, Double.isNaN(column[row]) ? "missing value" : "infinite value"));
                }
            }
        }
    }
}
