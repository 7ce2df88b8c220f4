package io.nightshift.scoring.linear;

import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.Scorer;

/// Scorers of a [LinearForm], in the form's precision.
///
/// @param form the model
public record LinearScorers(LinearForm form) implements ScorerFactory {

    @Override
    public Scorer scorer() {
        return form.arithmetic() == Precision.FLOAT32 ? new FloatLinearScorer(form) : new LinearScorer(form);
    }

    @Override
    public String kernel() {
        return "linear, term by term";
    }

    @Override
    public long heapBytes() {
        return 0;
    }
}
