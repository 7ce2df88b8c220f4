package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.link.ClassScores;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Steps over a column for each class.
final class ClassSteps {

    private ClassSteps() {}

    /// The position of the highest column; the first one of a tie.
    static PreparedStep argmax(PipelineStep step) {
        StepKind.requireColumns(step, Math.max(1, step.inputs().size()), 1);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[0][row] = ClassScores.highest(inputs, row);
            }
        });
    }

    /// The softmax of the columns.
    static PreparedStep softmax(PipelineStep step) {
        requireClasses(step);
        return StepKind.stateless((inputs, rows, outputs) -> {
            copy(inputs, rows, outputs);
            for (int row = 0; row < rows; row++) {
                ClassScores.softmax(outputs, row);
            }
        });
    }

    /// Each column's share of the sum of the columns. If the sum is 0, each class has the share `empty`, by
    /// default the same of 1.
    static PreparedStep share(PipelineStep step) {
        int classes = requireClasses(step);
        double empty = step.has("empty") ? step.numbers("empty", 1)[0] : 1.0 / classes;
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                double total = 0;
                for (double[] input : inputs) {
                    total += input[row];
                }
                for (int i = 0; i < classes; i++) {
                    outputs[i][row] = total == 0 ? empty : inputs[i][row] / total;
                }
            }
        });
    }

    /// Counts votes: each input is the position of a class, and adds its one of the `weights` to that class.
    static PreparedStep vote(PipelineStep step) {
        double[] weights = step.numbers("weights", step.inputs().size());
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (double[] output : outputs) {
                Arrays.fill(output, 0, rows, 0);
            }
            for (int voter = 0; voter < inputs.length; voter++) {
                for (int row = 0; row < rows; row++) {
                    double vote = inputs[voter][row];
                    if (vote >= 0 && vote < outputs.length) {
                        outputs[(int) vote][row] += weights[voter];
                    }
                }
            }
        });
    }

    private static int requireClasses(PipelineStep step) {
        int classes = StepKind.requireColumnForColumn(step);
        if (classes < 1) {
            throw new IllegalArgumentException(step.called() + " has no classes");
        }
        return classes;
    }

    private static void copy(double[][] inputs, int rows, double[][] outputs) {
        for (int i = 0; i < inputs.length; i++) {
            System.arraycopy(inputs[i], 0, outputs[i], 0, rows);
        }
    }
}
