package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import java.util.List;

/// Scores a [PipelineForm]: all steps for a block of rows, then all for the next. A feature is copied into an array
/// of the block only if a step needs it there. So a scorer keeps the arrays of the last call.
final class PipelineScorer implements Scorer {

    /// The texts of a block together have about so many characters, if it has more than one row.
    private static final int CHARACTERS = 1 << 17;

    private final StepOperator[] operators;
    private final double[][][] inputs;
    private final double[][][] outputs;
    /// For each step, the features among its inputs if it reads them where they are; -1 for its other inputs.
    private final int[][] inPlace;
    /// For each step, the position of a block's first row in each of its inputs.
    private final int[][] starts;
    private final double[][] features;
    /// For each feature, whether its block is copied; the others are read where they are.
    private final boolean[] isCopied;
    private final double[][] results;
    private final int block;
    private final TextTable texts;
    /// The features that steps read as texts, once for each step.
    private final int[] textFeatures;

    PipelineScorer(PipelineForm form, StepOperator[] operators, ColumnArrays arrays, TextTable texts) {
        this.texts = texts;
        this.textFeatures = form.steps().stream()
                .filter(PipelineStep::readsTexts)
                .flatMap(step -> step.inputs().stream())
                .mapToInt(Integer::intValue)
                .toArray();
        this.operators = operators;
        this.inputs = new double[operators.length][][];
        this.outputs = new double[operators.length][][];
        this.inPlace = new int[operators.length][];
        this.starts = new int[operators.length][];
        this.features = new double[form.features()][];
        this.isCopied = new boolean[features.length];
        for (int feature = 0; feature < features.length; feature++) {
            features[feature] = arrays.column(feature);
        }
        this.block = arrays.rows();
        int first = features.length;
        for (int i = 0; i < operators.length; i++) {
            PipelineStep step = form.steps().get(i);
            inputs[i] = arrays.of(step.inputs());
            starts[i] = new int[step.inputs().size()];
            inPlace[i] = operators[i] instanceof StepOperator.InPlace
                    ? step.inputs().stream()
                            .mapToInt(input -> input < features.length ? input : -1)
                            .toArray()
                    : new int[0];
            if (inPlace[i].length == 0) {
                copy(step.inputs());
            }
            outputs[i] = arrays.outputs(step, first);
            first += step.outputs();
        }
        copy(form.results());
        this.results = arrays.of(form.results());
    }

    /// Marks the features among some columns as copied.
    private void copy(List<Integer> columns) {
        for (int column : columns) {
            if (column < features.length) {
                isCopied[column] = true;
            }
        }
    }

    @Override
    public void score(double[][] columns, int rows, double[][] scores) {
        int count;
        for (int from = 0; from < rows; from += count) {
            count = fitting(columns, from, Math.min(block, rows - from));
            compute(columns, from, count);
            for (int result = 0; result < scores.length; result++) {
                System.arraycopy(results[result], 0, scores[result], from, count);
            }
        }
    }

    /// How many rows the next block has: a block whose texts are long has fewer, since the n-grams of all its rows
    /// are in memory.
    ///
    /// @param count the most rows
    private int fitting(double[][] columns, int from, int count) {
        long characters = 0;
        for (int row = 0; row < count && textFeatures.length > 0; row++) {
            for (int feature : textFeatures) {
                characters += texts.length(columns[feature][from + row]);
            }
            if (row > 0 && characters > CHARACTERS) {
                return row;
            }
        }
        return count;
    }

    /// Computes the columns of a block.
    ///
    /// @param columns the features
    /// @param from the first row of the block
    /// @param count the number of rows, at most a block
    void compute(double[][] columns, int from, int count) {
        for (int feature = 0; feature < features.length; feature++) {
            if (isCopied[feature]) {
                System.arraycopy(columns[feature], from, features[feature], 0, count);
            }
        }
        for (int i = 0; i < operators.length; i++) {
            for (int input = 0; input < inPlace[i].length; input++) {
                int feature = inPlace[i][input];
                if (feature >= 0) {
                    inputs[i][input] = columns[feature];
                    starts[i][input] = from;
                }
            }
            if (operators[i] instanceof StepOperator.InPlace operator) {
                operator.apply(inputs[i], starts[i], count, outputs[i]);
            } else {
                operators[i].apply(inputs[i], count, outputs[i]);
            }
        }
    }
}
