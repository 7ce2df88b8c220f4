package io.nightshift.scoring.form;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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

    /// The fact that says whether the trees have covers.
    private static final String COVERS = "covers";

    private static final String NONE = "none";

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
        description = withCovers(description, form).with(form.margins(), ModelOutline.of(form, description.features()));
    }

    /// The description with a fact about the covers of its trees, if it has trees.
    private static ModelDescription withCovers(ModelDescription description, ModelForm form) {
        List<Forest> forests = form instanceof PipelineForm pipeline
                ? pipeline.steps().stream()
                        .map(PipelineStep::model)
                        .filter(Forest.class::isInstance)
                        .map(Forest.class::cast)
                        .toList()
                : form instanceof Forest forest ? List.of(forest) : List.of();
        if (forests.isEmpty()) {
            return description;
        }
        String covers = forests.stream()
                .filter(forest -> !forest.hasCovers())
                .findFirst()
                .orElse(forests.getFirst())
                .describedCovers();
        String known = description.facts().getOrDefault(COVERS, "");
        Map<String, String> facts = new TreeMap<>(description.facts());
        // Nightshift's own file has the reason only here.
        facts.put(COVERS, covers.equals(NONE) && known.startsWith(NONE) ? known : covers);
        return description.withFacts(facts);
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
