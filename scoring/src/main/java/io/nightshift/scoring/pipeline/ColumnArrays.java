package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// One array for each column of a pipeline, for a block of rows. Columns that are never needed at the same time
/// can share an array.
final class ColumnArrays {

    /// The columns of one block together have about so many values, so that they fit into a cache.
    private static final int VALUES = 1 << 16;

    /// The largest number of rows of a block.
    static final int MOST_ROWS = 512;

    private static final int FEWEST_ROWS = 32;

    /// The rows of a block with texts: one text can have a million n-grams.
    private static final int ROWS_OF_TEXTS = 64;

    private final int rows;
    private final double[][] columns;
    private final Deque<double[]> free = new ArrayDeque<>();

    /// @param form the pipeline
    /// @param shares whether a column's array is used again after the last step that reads the column
    ColumnArrays(PipelineForm form, boolean shares) {
        boolean hasTexts = form.steps().stream().anyMatch(PipelineStep::readsTexts);
        this.rows = Math.clamp(VALUES / form.columns(), FEWEST_ROWS, hasTexts ? ROWS_OF_TEXTS : MOST_ROWS);
        this.columns = new double[form.columns()][];
        int[] last = lastUses(form);
        for (int column = 0; column < form.features(); column++) {
            columns[column] = new double[rows];
        }
        List<List<Integer>> ends = new ArrayList<>();
        for (int step = 0; step < form.steps().size(); step++) {
            ends.add(new ArrayList<>());
        }
        int first = form.features();
        for (int step = 0; step < form.steps().size(); step++) {
            int outputs = form.steps().get(step).outputs();
            for (int column = first; column < first + outputs; column++) {
                columns[column] = free.isEmpty() ? new double[rows] : free.pop();
                if (last[column] < form.steps().size()) {
                    ends.get(Math.max(step, last[column])).add(column);
                }
            }
            first += outputs;
            if (shares) {
                ends.get(step).forEach(column -> free.push(columns[column]));
            }
        }
    }

    /// For each column, the last step that reads it; the number of steps for results.
    private static int[] lastUses(PipelineForm form) {
        int[] last = new int[form.columns()];
        Arrays.fill(last, -1);
        for (int step = 0; step < form.steps().size(); step++) {
            for (int input : form.steps().get(step).inputs()) {
                last[input] = step;
            }
        }
        form.results().forEach(result -> last[result] = form.steps().size());
        return last;
    }

    /// The number of rows of a block.
    int rows() {
        return rows;
    }

    /// The array of a column.
    double[] column(int column) {
        return columns[column];
    }

    /// The arrays of some columns.
    double[][] of(List<Integer> wanted) {
        return wanted.stream().map(this::column).toArray(double[][]::new);
    }

    /// The arrays that a step fills.
    ///
    /// @param step the step
    /// @param first its first column
    double[][] outputs(PipelineStep step, int first) {
        return Arrays.copyOfRange(columns, first, first + step.outputs());
    }
}
