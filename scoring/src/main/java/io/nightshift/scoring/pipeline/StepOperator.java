package io.nightshift.scoring.pipeline;

/// Computes the columns of one step. It may keep scratch space, so only one thread at a time may use it.
@FunctionalInterface
interface StepOperator {

    /// @param inputs one array for each column that the step reads; the step only reads them
    /// @param rows the number of rows
    /// @param outputs one array for each column that the step appends; none is also an input
    /// @throws IllegalStateException if the step has no answer for one of the rows
    void apply(double[][] inputs, int rows, double[][] outputs);

    /// Computes the columns of a step that reads its inputs where they are: each from a row of its own. So features
    /// need no copy.
    @FunctionalInterface
    interface InPlace extends StepOperator {

        /// @param inputs one array for each column that the step reads; the step only reads them
        /// @param starts the position of the first row in each input
        /// @param rows the number of rows
        /// @param outputs one array for each column that the step appends; none is also an input
        /// @throws IllegalStateException if the step has no answer for one of the rows
        void apply(double[][] inputs, int[] starts, int rows, double[][] outputs);

        @Override
        default void apply(double[][] inputs, int rows, double[][] outputs) {
            apply(inputs, new int[inputs.length], rows, outputs);
        }
    }
}
