package io.nightshift.scoring.row;

import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.model.Scorer;
import java.util.Arrays;

/// Scorers of a [RowForm]: they copy each row out of the columns, and its results back into the outputs.
///
/// @param form the model
public record RowScorers(RowForm form) implements ScorerFactory {

    @Override
    public Scorer scorer() {
        RowScorer scorer = form.model().scorer();
        double[] row = new double[form.features()];
        double[] results = new double[form.outputs() + form.margins()];
        return (columns, rows, outputs) -> {
            for (int at = 0; at < rows; at++) {
                for (int feature = 0; feature < row.length; feature++) {
                    row[feature] = columns[feature][at];
                }
                Arrays.fill(results, 0);
                scorer.score(row, results);
                for (int output = 0; output < outputs.length; output++) {
                    outputs[output][at] = results[output];
                }
            }
        };
    }

    @Override
    public String kernel() {
        return form.model().kernel();
    }

    @Override
    public long heapBytes() {
        return 0;
    }
}
