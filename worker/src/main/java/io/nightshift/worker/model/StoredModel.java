package io.nightshift.worker.model;

import io.nightshift.protocol.model.FeatureType;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.worker.scoring.ModelForm;
import io.nightshift.worker.scoring.Scorer;
import java.util.Map;

/// A model as our own file keeps it: a description and what it computes.
final class StoredModel implements Model {

    private final ModelDescription description;
    private final ModelForm form;
    private final ModelForm.ScorerFactory scorers;

    /// Refuses a description that does not go with the form.
    StoredModel(ModelDescription description, ModelForm form) {
        if (description.features().size() != form.features() || description.outputs() != form.outputs()) {
            throw new IllegalArgumentException(
                    "a model with " + description.features().size() + " features and "
                            + description.outputs() + " outputs is not one with " + form.features() + " and "
                            + form.outputs());
        }
        this.description = description.withMargins(form.margins());
        this.form = form;
        this.scorers = form.prepare();
    }

    private StoredModel(ModelDescription description, StoredModel same) {
        this.description = description;
        this.form = same.form;
        this.scorers = same.scorers;
    }

    /// The same model with other facts.
    StoredModel withFacts(Map<String, String> facts) {
        ModelDescription other = new ModelDescription(
                description.format(),
                description.algorithm(),
                description.task(),
                description.features(),
                description.classes(),
                facts,
                description.margins());
        return new StoredModel(other, this);
    }

    ModelForm form() {
        return form;
    }

    @Override
    public ModelDescription description() {
        return description;
    }

    @Override
    public Scorer scorer() {
        return scorers.scorer();
    }

    @Override
    public String kernel() {
        return scorers.kernel();
    }

    @Override
    public long heapBytes() {
        long names = 0;
        for (var feature : description.features()) {
            names += 64;
            if (feature.type() instanceof FeatureType.Nominal(var levels)) {
                names +=
                        levels.stream().mapToLong(level -> 56L + level.length()).sum();
            }
        }
        return form.heapBytes() + scorers.heapBytes() + names;
    }
}
