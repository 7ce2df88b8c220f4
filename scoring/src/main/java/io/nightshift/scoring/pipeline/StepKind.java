package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import java.util.Arrays;

/// A kind of steps. It prepares a step once; the scorers of all threads share what it prepares.
@FunctionalInterface
interface StepKind {

    /// Prepares a step.
    ///
    /// @param step the step as data
    /// @throws IllegalArgumentException if it lacks parameters, or they do not go with its columns
    PreparedStep prepare(PipelineStep step);

    /// A prepared step. Threads may share it.
    interface PreparedStep {

        /// The step's computation for the use of one thread.
        StepOperator operator();

        /// The same for a step with sparse rows or texts.
        ///
        /// @param columns those that the step reads and fills
        default StepOperator operator(SparseStep.Columns columns) {
            return operator();
        }

        /// The width of the sparse rows that the only column of the step has; 0 if its columns have numbers.
        default int sparseWidth() {
            return 0;
        }

        /// Refuses columns that the step can't read.
        ///
        /// @param widths for each column that the step reads, the width of its sparse rows; 0 for numbers
        /// @throws IllegalArgumentException if the step can't read one of them
        default void requireInputs(int[] widths) {
            if (Arrays.stream(widths).anyMatch(width -> width > 0)) {
                throw new IllegalArgumentException("a step of numbers reads sparse rows");
            }
        }

        /// The code that computes the step, if it is worth a word: a phrase for people; otherwise empty.
        default String kernel() {
            return "";
        }

        /// An estimate of the prepared tables in bytes, without the step's own data.
        default long heapBytes() {
            return 0;
        }
    }

    /// A step whose computation has no scratch space.
    ///
    /// @param shared the computation, which all threads share
    static PreparedStep stateless(StepOperator shared) {
        return () -> shared;
    }

    /// A step whose computation has no scratch space, and reads its inputs where they are.
    ///
    /// @param shared the computation, which all threads share
    static PreparedStep inPlace(StepOperator.InPlace shared) {
        return () -> shared;
    }

    /// Refuses a step with another number of columns.
    ///
    /// @param step the step
    /// @param inputs the number of columns that it must read
    /// @param outputs the number of columns that it must append
    static void requireColumns(PipelineStep step, int inputs, int outputs) {
        if (step.inputs().size() != inputs || step.outputs() != outputs) {
            throw new IllegalArgumentException("%s reads %d columns and appends %d; it should be %d and %d"
                    .formatted(step.called(), step.inputs().size(), step.outputs(), inputs, outputs));
        }
    }

    /// Refuses a step that does not append a column for each column that it reads.
    ///
    /// @param step the step
    /// @return the number of columns
    static int requireColumnForColumn(PipelineStep step) {
        requireColumns(step, step.inputs().size(), step.inputs().size());
        return step.outputs();
    }
}
