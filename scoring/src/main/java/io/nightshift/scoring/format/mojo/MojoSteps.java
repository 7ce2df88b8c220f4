package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The steps of a pipeline, one after the other. A method adds a step, and returns the columns that the step
/// appends.
final class MojoSteps {

    private final int features;
    private final List<PipelineStep> steps = new ArrayList<>();
    private int columns;

    /// @param features the number of features, which are the first columns
    MojoSteps(int features) {
        this.features = features;
        this.columns = features;
    }

    /// A step with parameters.
    List<Integer> add(String kind, List<Integer> inputs, int outputs, Map<String, double[]> numbers) {
        return add(kind, inputs, outputs, numbers, null);
    }

    /// A step that computes a column for each column.
    List<Integer> each(String kind, List<Integer> inputs, Map<String, double[]> numbers) {
        return add(kind, inputs, inputs.size(), numbers);
    }

    /// All outputs of a forest over the features, and then its margins.
    List<Integer> forest(Forest forest) {
        return add("forest", range(0, features), forest.outputs() + forest.margins(), Map.of(), forest);
    }

    private List<Integer> add(
            String kind, List<Integer> inputs, int outputs, Map<String, double[]> numbers, @Nullable ModelForm model) {
        steps.add(new PipelineStep(kind, "model", inputs, outputs, numbers, model));
        List<Integer> added = range(columns, columns + outputs);
        columns += outputs;
        return added;
    }

    /// 1 minus each column.
    List<Integer> complement(List<Integer> inputs) {
        double[] signs = new double[inputs.size()];
        double[] ones = new double[inputs.size()];
        Arrays.fill(signs, -1);
        Arrays.fill(ones, 1);
        return each("scale", inputs, Map.of("multiply", signs, "add", ones));
    }

    /// The class of a probability: the second one from the threshold on.
    List<Integer> label(List<Integer> probability, double threshold) {
        return each(
                "threshold", probability, Map.of("values", new double[] {threshold}, "inclusive", new double[] {1}));
    }

    /// Whole numbers from one to another, which is not included.
    static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    PipelineForm pipeline(List<Integer> prediction, List<Integer> probabilities, List<Integer> raw) {
        return new PipelineForm(features, steps, prediction.getFirst(), probabilities, raw);
    }
}
