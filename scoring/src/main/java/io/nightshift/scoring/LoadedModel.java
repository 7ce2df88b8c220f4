package io.nightshift.scoring;

import io.nightshift.scoring.forest.ForestScorers;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.GraphForm;
import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.form.ScorerFactory;
import io.nightshift.scoring.graph.OnnxGraphScorers;
import io.nightshift.scoring.linear.LinearScorers;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.TextTable;
import io.nightshift.scoring.pipeline.PipelineScorers;
import io.nightshift.scoring.row.RowScorers;
import java.util.List;

/// A model's definition, prepared for scoring.
final class LoadedModel implements Model {

    private final ModelDefinition definition;
    private final ScorerFactory scorers;

    LoadedModel(ModelDefinition definition) {
        this.definition = definition;
        this.scorers = scorers(definition.form());
    }

    private static ScorerFactory scorers(ModelForm form) {
        return switch (form) {
            case Forest forest -> ForestScorers.of(forest);
            case LinearForm linear -> new LinearScorers(linear);
            case GraphForm graph -> new OnnxGraphScorers(graph);
            case RowForm rows -> new RowScorers(rows);
            case PipelineForm pipeline -> new PipelineScorers(pipeline);
        };
    }

    ModelDefinition definition() {
        return definition;
    }

    @Override
    public ModelDescription description() {
        return definition.description();
    }

    @Override
    public Scorer scorer() {
        return scorer(new TextTable());
    }

    @Override
    public Scorer scorer(TextTable texts) {
        Scorer scorer = scorers.scorer(texts);
        int columns = definition.form().features();
        int fewest = definition.form().outputs();
        int most = fewest + definition.form().margins();
        return (features, rows, outputs) -> {
            if (features.length != columns) {
                throw new IllegalArgumentException("the model has " + columns + " features, and is given "
                        + features.length + " columns of features");
            }
            if (outputs.length < fewest || outputs.length > most) {
                throw new IllegalArgumentException("the model has " + fewest + " outputs and " + (most - fewest)
                        + " margins, and is given " + outputs.length + " columns of outputs");
            }
            scorer.score(features, rows, outputs);
        };
    }

    @Override
    public String kernel() {
        return scorers.kernel();
    }

    @Override
    public long heapBytes() {
        long names = 0;
        for (ModelFeature feature : description().features()) {
            names += 64;
            names += switch (feature.type()) {
                case FeatureType.Numeric numeric -> 0;
                case FeatureType.Hashed hashed -> 0;
                case FeatureType.Text text -> 0;
                case FeatureType.Nominal nominal -> heapBytes(nominal.levels());
                case FeatureType.Categorical categorical ->
                    20L * categorical.codes().size() + heapBytes(categorical.names());
            };
        }
        return definition.form().heapBytes() + scorers.heapBytes() + names;
    }

    private static long heapBytes(List<String> texts) {
        return texts.stream().mapToLong(text -> 56L + text.length()).sum();
    }
}
