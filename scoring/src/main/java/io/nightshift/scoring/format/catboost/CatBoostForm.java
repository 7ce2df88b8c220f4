package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Builds the form of a CatBoost model. It is a forest if all columns are inputs and the scale is 1; the bias
/// becomes a last tree with one leaf. Otherwise it is a pipeline: the steps of the columns, the trees, the scale
/// and bias, and the link.
final class CatBoostForm {

    private final int features;
    private final List<PipelineStep> steps;
    private final int columns;
    private final double[] biases;
    private final Link link;
    private int next;

    /// @param features the number of inputs
    /// @param columns the columns that trees read
    /// @param biases for each raw value, what is added to it
    /// @param link how the raw values become a prediction
    CatBoostForm(int features, CatBoostColumns columns, double[] biases, Link link) {
        this.features = features;
        this.steps = new ArrayList<>(columns.steps());
        this.columns = columns.count();
        this.next = columns.count();
        this.biases = biases;
        this.link = link;
    }

    /// @param scale what the sums of leaves are multiplied with
    ModelForm of(CatBoostTrees trees, double scale) throws MalformedModelException {
        if (scale != 1) {
            return scaled(forest(trees, biases.length == 1 ? Link.IDENTITY : Link.FIRST, false), scale);
        }
        Forest forest = forest(trees, link, true);
        if (features == columns && steps.isEmpty()) {
            return forest;
        }
        List<Integer> results = add(forest);
        int outputs = forest.outputs();
        return new PipelineForm(
                features,
                steps,
                results.getFirst(),
                results.subList(1, outputs),
                results.subList(outputs, results.size()));
    }

    private Forest forest(CatBoostTrees trees, Link ofSums, boolean hasBias) throws MalformedModelException {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(columns, Precision.FLOAT32),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                biases.length,
                Collections.nCopies(biases.length, 0.0),
                ofSums));
        trees.addTo(builder);
        if (trees.count() == 0 || (hasBias && Arrays.stream(biases).anyMatch(bias -> bias != 0))) {
            builder.tree(0);
            builder.leaf(0, hasBias ? biases : new double[biases.length]);
        }
        return builder.build();
    }

    private PipelineForm scaled(Forest forest, double scale) {
        List<Integer> sums = add(forest).subList(1, 1 + biases.length);
        double[] scales = new double[biases.length];
        Arrays.fill(scales, scale);
        List<Integer> raw =
                add("scale", "the scale and the bias", sums, biases.length, Map.of("multiply", scales, "add", biases));
        return switch (link) {
            case EXPONENTIAL -> value(add("exp", "the link", raw, 1, Map.of()), raw);
            case SIGMOID -> value(add("logistic", "the link", raw, 1, Map.of()), raw);
            case LOGISTIC_ABOVE_ZERO -> {
                List<Integer> probability = add("logistic", "the link", raw, 1, Map.of());
                yield classes(
                        add("threshold", "the class", raw, 1, Map.of("values", new double[] {0})), probability, raw);
            }
            case SOFTMAX -> {
                List<Integer> probabilities = add("softmax", "the link", raw, raw.size(), Map.of());
                yield classes(add("argmax", "the class", raw, 1, Map.of()), probabilities, raw);
            }
            case ONE_VS_ALL -> {
                List<Integer> probabilities = add("logistic", "the link", raw, raw.size(), Map.of());
                yield classes(add("argmax", "the class", probabilities, 1, Map.of()), probabilities, raw);
            }
            default -> value(raw, raw);
        };
    }

    private PipelineForm value(List<Integer> prediction, List<Integer> raw) {
        return new PipelineForm(features, steps, prediction.getFirst(), List.of(), raw);
    }

    /// The result has one probability for two classes, that of the second one.
    private PipelineForm classes(List<Integer> prediction, List<Integer> probabilities, List<Integer> raw) {
        List<Integer> given = probabilities.size() == 2 ? probabilities.subList(1, 2) : probabilities;
        return new PipelineForm(features, steps, prediction.getFirst(), given, raw);
    }

    /// Adds the trees.
    ///
    /// @return their columns: the outputs of the forest, and then its sums
    private List<Integer> add(Forest forest) {
        List<Integer> inputs = IntStream.range(0, columns).boxed().toList();
        return add(
                new PipelineStep("forest", "the trees", inputs, forest.outputs() + forest.margins(), Map.of(), forest));
    }

    private List<Integer> add(
            String kind, String name, List<Integer> inputs, int outputs, Map<String, double[]> numbers) {
        return add(new PipelineStep(kind, name, inputs, outputs, numbers, null));
    }

    private List<Integer> add(PipelineStep step) {
        steps.add(step);
        next += step.outputs();
        return IntStream.range(next - step.outputs(), next).boxed().toList();
    }

    /// The number of nodes of the trees of a form.
    static int nodes(ModelForm form) {
        return switch (form) {
            case Forest forest -> forest.nodes();
            case PipelineForm pipeline ->
                pipeline.steps().stream()
                        .flatMap(step -> step.model() instanceof Forest forest ? Stream.of(forest) : Stream.empty())
                        .mapToInt(Forest::nodes)
                        .sum();
            default -> 0;
        };
    }
}
