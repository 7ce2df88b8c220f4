package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.Scorer;

/// Scores a [PipelineForm]: all steps for a block of rows, then all for the next.
final class PipelineScorer implements Scorer {

    private final StepOperator[] operators;
    private final double[][][] inputs;
    private final double[][][] outputs;
    private final double[][] features;
    private final double[][] results;
    private final int block;

    PipelineScorer(PipelineForm form, StepOperator[] operators, ColumnArrays arrays) {
        this.operators = operators;
        this.inputs = new double[operators.length][][];
        this.outputs = new double[operators.length][][];
        this.features = new double[form.features()][];
        this.block = arrays.rows();
        for (int feature = 0; feature < features.length; feature++) {
            features[feature] = arrays.column(feature);
        }
        int first = features.length;
        for (int i = 0; i < operators.length; i++) {
            PipelineStep step = form.steps().get(i);
            inputs[i] = arrays.of(step.inputs());
            outputs[i] = arrays.outputs(step, first);
            first += step.outputs();
        }
        this.results = arrays.of(form.results());
    }

    @Override
    public void score(double[][] columns, int rows, double[][] scores) {
        for (int from = 0; from < rows; from += block) {
            int count = Math.min(block, rows - from);
            compute(columns, from, count);
            for (int result = 0; result < scores.length; result++) {
                System.arraycopy(results[result], 0, scores[result], from, count);
            }
        }
    }

    /// Computes the columns of a block.
    ///
    /// @param columns the features
    /// @param from the first row of the block
    /// @param count the number of rows, at most a block
    void compute(double[][] columns, int from, int count) {
        for (int feature = 0; feature < features.length; feature++) {
            System.arraycopy(columns[feature], from, features[feature], 0, count);
        }
        for (int i = 0; i < operators.length; i++) {
            operators[i].apply(inputs[i], count, outputs[i]);
        }
    }
}
