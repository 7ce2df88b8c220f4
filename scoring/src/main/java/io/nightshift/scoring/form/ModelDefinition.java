package io.nightshift.scoring.form;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The content of a model file: a description, and what the model computes.
///
/// @param description its margins and parts are taken from the form
/// @param form what the model computes
/// @param proof rows with the training library's own results, if the file has them
public record ModelDefinition(
        ModelDescription description,
        ModelForm form,
        @Nullable Proof proof) {

    /// @throws IllegalArgumentException if the numbers of features or outputs of the two differ
    public ModelDefinition {
        if (description.features().size() != form.features() || description.outputs() != form.outputs()) {
            throw new IllegalArgumentException(
                    "a model with " + description.features().size() + " features and "
                            + description.outputs() + " outputs is not one with " + form.features() + " and "
                            + form.outputs());
        }
        Set<Integer> texts = form instanceof PipelineForm pipeline ? pipeline.texts() : Set.of();
        for (int i = 0; i < description.features().size(); i++) {
            ModelFeature feature = description.features().get(i);
            if (feature.type() instanceof FeatureType.Text != texts.contains(i)) {
                throw new IllegalArgumentException(
                        texts.contains(i)
                                ? "feature %d is no text, and a step reads it as one".formatted(i)
                                : "feature %d is a text that no step reads".formatted(i));
            }
            if (texts.contains(i) && feature.missing()) {
                throw new IllegalArgumentException("feature %d is a text, which can't be missing".formatted(i));
            }
        }
        description = description.with(form.margins(), ModelOutline.of(form, description.features()));
    }

    /// A model without a proof.
    public ModelDefinition(ModelDescription description, ModelForm form) {
        this(description, form, null);
    }

    /// The same model with other facts in its description.
    ///
    /// @param facts the facts that the description then has
    public ModelDefinition withFacts(Map<String, String> facts) {
        return new ModelDefinition(
                new ModelDescription(
                        description.format(),
                        description.algorithm(),
                        description.task(),
                        description.features(),
                        description.classes(),
                        facts),
                form,
                proof);
    }
}
