package io.nightshift.scoring.pipeline;

/// Computes the columns of one step. It may keep scratch space, so only one thread at a time may use it.
@FunctionalInterface
interface StepOperator {

    /// @param inputs one array for each column that the step reads; the step only reads them
    /// @param rows the number of rows
    /// @param outputs one array for each column that the step appends; none is also an input
    /// @throws IllegalStateException if the step has no answer for one of the rows
    void apply(double[][] inputs, int rows, double[][] outputs);
}
