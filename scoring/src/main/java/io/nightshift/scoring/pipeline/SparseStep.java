package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A prepared step that reads or appends columns with [SparseRows], or reads columns with texts.
abstract class SparseStep implements PreparedStep {

    /// The most columns that sparse rows can have.
    static final int MOST_COLUMNS = 1 << 22;

    private final PipelineStep step;
    private final int[] inputWidths;
    private final int outputWidth;

    /// @param step the step
    /// @param inputWidths for each column that the step reads, the width of its sparse rows; 0 for numbers
    /// @param outputWidth the width of the sparse rows that the step appends; 0 if it appends numbers
    SparseStep(PipelineStep step, int[] inputWidths, int outputWidth) {
        this.step = step;
        this.inputWidths = inputWidths.clone();
        this.outputWidth = outputWidth;
        if (outputWidth < 0 || outputWidth > MOST_COLUMNS) {
            throw new IllegalArgumentException("%s has %d columns for its rows; supported are %d"
                    .formatted(step.called(), outputWidth, MOST_COLUMNS));
        }
        StepKind.requireColumns(step, inputWidths.length, outputWidth > 0 ? 1 : step.outputs());
    }

    /// A parameter of one whole number.
    static int integer(PipelineStep step, String parameter, int lowest, int highest) {
        return step.integers(parameter, 1, lowest, highest)[0];
    }

    /// A parameter of one whole number, which is 0 if the step lacks it.
    static int optional(PipelineStep step, String parameter, int highest) {
        return step.has(parameter) ? integer(step, parameter, 0, highest) : 0;
    }

    @Override
    public int sparseWidth() {
        return outputWidth;
    }

    @Override
    public void requireInputs(int[] widths) {
        for (int i = 0; i < widths.length; i++) {
            if (widths[i] != inputWidths[i]) {
                throw new IllegalArgumentException("%s reads rows of %d columns where its numbers are for %d"
                        .formatted(step.called(), widths[i], inputWidths[i]));
            }
        }
    }

    @Override
    public StepOperator operator() {
        throw new IllegalStateException(step.called() + " needs the texts or rows that it reads");
    }

    /// The columns of a step with sparse rows or texts, for the use of one thread.
    ///
    /// @param texts the texts of the block
    /// @param inputs for each column that the step reads, its sparse rows; null for numbers
    /// @param output the sparse rows that the step fills; null if it appends numbers
    record Columns(
            TextTable texts,
            List<@Nullable SparseRows> inputs,
            @Nullable SparseRows output) {

        SparseRows input(int at) {
            SparseRows rows = inputs.get(at);
            if (rows == null) {
                throw new IllegalStateException("the column has numbers instead of sparse rows");
            }
            return rows;
        }

        SparseRows filled() {
            if (output == null) {
                throw new IllegalStateException("the step has no column for sparse rows");
            }
            return output;
        }
    }
}
