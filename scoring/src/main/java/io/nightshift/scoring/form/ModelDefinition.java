package io.nightshift.scoring.form;

import io.nightshift.scoring.model.ModelDescription;
import java.util.Map;
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
