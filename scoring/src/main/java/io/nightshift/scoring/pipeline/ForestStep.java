package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.forest.ForestScorers;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// A forest, scored by the kernels of forests: its outputs, and then its margins.
final class ForestStep implements PreparedStep {

    private final ForestScorers scorers;

    private ForestStep(ForestScorers scorers) {
        this.scorers = scorers;
    }

    static PreparedStep prepare(PipelineStep step) {
        if (!(step.model() instanceof Forest forest)) {
            throw new IllegalArgumentException(step.called() + " has no forest");
        }
        StepKind.requireColumns(step, forest.features(), forest.outputs() + forest.margins());
        return new ForestStep(ForestScorers.of(forest));
    }

    @Override
    public StepOperator operator() {
        Scorer scorer = scorers.scorer();
        return scorer::score;
    }

    @Override
    public String kernel() {
        return "forest: " + scorers.kernel();
    }

    @Override
    public long heapBytes() {
        return scorers.heapBytes();
    }
}
