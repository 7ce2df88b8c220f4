package io.nightshift.scoring.form;

import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.ModelPart;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/// Finds the parts of a pipeline. Steps in a row with the same name are one part.
final class ModelOutline {

    /// So many parts are described; the others are counted.
    private static final int MOST_PARTS = 1_000;

    private final PipelineForm form;
    private final List<ModelFeature> features;
    private final BitSet[] sources;
    private final int[] parts;
    private final List<List<PipelineStep>> steps = new ArrayList<>();
    private final List<Integer> firsts = new ArrayList<>();

    private ModelOutline(PipelineForm form, List<ModelFeature> features) {
        this.form = form;
        this.features = features;
        this.sources = new BitSet[form.columns()];
        this.parts = new int[form.columns()];
        for (int feature = 0; feature < form.features(); feature++) {
            sources[feature] = new BitSet();
            sources[feature].set(feature);
            parts[feature] = -1;
        }
    }

    /// The parts of a model, in the order in which they are computed; none if the model is no pipeline.
    ///
    /// @param form what the model computes
    /// @param features the features of the model
    static List<ModelPart> of(ModelForm form, List<ModelFeature> features) {
        return form instanceof PipelineForm pipeline ? new ModelOutline(pipeline, features).parts() : List.of();
    }

    private List<ModelPart> parts() {
        int first = form.features();
        for (PipelineStep step : form.steps()) {
            if (steps.isEmpty() || !steps.getLast().getFirst().name().equals(step.name())) {
                steps.add(new ArrayList<>());
                firsts.add(first);
            }
            steps.getLast().add(step);
            BitSet source = source(step);
            for (int column = first; column < first + step.outputs(); column++) {
                sources[column] = source;
                parts[column] = steps.size() - 1;
            }
            first += step.outputs();
        }
        firsts.add(first);
        BitSet read = new BitSet();
        form.results().forEach(read::set);
        List<ModelPart> found = new ArrayList<>();
        for (int part = 0; part < steps.size(); part++) {
            for (int input : inputs(part)) {
                read.set(input);
            }
        }
        for (int part = 0; part < Math.min(steps.size(), MOST_PARTS); part++) {
            found.add(part(part, read));
        }
        if (steps.size() > MOST_PARTS) {
            String more = "%,d more parts".formatted(steps.size() - MOST_PARTS);
            found.add(new ModelPart("…", more, List.of(), 0, 0));
        }
        return found;
    }

    /// The features that a step's columns come from. A step of one column shares them with it.
    private BitSet source(PipelineStep step) {
        if (step.inputs().size() == 1) {
            return sources[step.inputs().getFirst()];
        }
        BitSet source = new BitSet();
        step.inputs().forEach(input -> source.or(sources[input]));
        return source;
    }

    /// The columns of other parts that a part reads.
    private Set<Integer> inputs(int part) {
        Set<Integer> inputs = new LinkedHashSet<>();
        for (PipelineStep step : steps.get(part)) {
            step.inputs().stream().filter(input -> parts[input] != part).forEach(inputs::add);
        }
        return inputs;
    }

    private ModelPart part(int part, BitSet read) {
        Set<Integer> inputs = inputs(part);
        BitSet from = new BitSet();
        inputs.forEach(input -> from.or(sources[input]));
        Set<String> work = new LinkedHashSet<>();
        steps.get(part).forEach(step -> work.add(work(step)));
        int outputs = read.get(firsts.get(part), firsts.get(part + 1)).cardinality();
        return new ModelPart(
                steps.get(part).getFirst().name(),
                String.join(", ", work),
                from.stream()
                        .limit(ModelPart.MOST_FEATURES)
                        .mapToObj(this::name)
                        .toList(),
                inputs.size(),
                outputs);
    }

    private String name(int feature) {
        return Objects.requireNonNullElse(features.get(feature).name(), Integer.toString(feature));
    }

    private static String work(PipelineStep step) {
        return step.model() instanceof Forest forest
                ? "forest of %,d trees with %,d nodes".formatted(forest.trees(), forest.nodes())
                : step.hasTexts("vocabulary")
                        ? "%s with a vocabulary of %,d"
                                .formatted(step.kind(), step.texts("vocabulary").size())
                        : step.readsTexts() && step.has("columns")
                                ? "%s into %,d columns".formatted(step.kind(), (long) step.numbers("columns")[0])
                                : step.kind();
    }
}
