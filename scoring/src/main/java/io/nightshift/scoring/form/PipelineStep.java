package io.nightshift.scoring.form;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A step of a [PipelineForm], as data: its kind, the columns that it reads, and the numbers of its parameters.
/// The package `io.nightshift.scoring.pipeline` has the code that computes each kind.
public final class PipelineStep {

    private final String kind;
    private final String name;
    private final List<Integer> inputs;
    private final int outputs;
    private final Map<String, double[]> numbers;
    private final Map<String, List<String>> texts;
    private final @Nullable ModelForm model;

    /// @param kind what the step computes
    /// @param name where the step stands in the trained pipeline, for messages
    /// @param inputs the columns that the step reads
    /// @param outputs the number of columns that the step appends, 0 or more
    /// @param numbers the parameters of the step by their names, whose meaning the kind defines
    /// @param model the model that the step scores; null for kinds that score none
    public PipelineStep(
            String kind,
            String name,
            List<Integer> inputs,
            int outputs,
            Map<String, double[]> numbers,
            @Nullable ModelForm model) {
        this(kind, name, inputs, outputs, numbers, Map.of(), model);
    }

    /// A step with lists of texts among its parameters.
    ///
    /// @param kind what the step computes
    /// @param name where the step stands in the trained pipeline, for messages
    /// @param inputs the columns that the step reads
    /// @param outputs the number of columns that the step appends, 0 or more
    /// @param numbers the parameters of the step by their names, whose meaning the kind defines
    /// @param texts the parameters that are lists of texts, by their names
    /// @param model the model that the step scores; null for kinds that score none
    public PipelineStep(
            String kind,
            String name,
            List<Integer> inputs,
            int outputs,
            Map<String, double[]> numbers,
            Map<String, List<String>> texts,
            @Nullable ModelForm model) {
        this.kind = kind;
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.outputs = outputs;
        this.numbers = new TreeMap<>(numbers);
        this.texts = new TreeMap<>(texts);
        this.model = model;
        if (model instanceof PipelineForm) {
            throw new IllegalArgumentException(called() + " is a pipeline in a pipeline");
        }
    }

    /// The kind: what the step computes.
    public String kind() {
        return kind;
    }

    /// The place of the step in the trained pipeline.
    public String name() {
        return name;
    }

    /// The columns that the step reads, in its order.
    public List<Integer> inputs() {
        return inputs;
    }

    /// The number of columns that the step appends.
    public int outputs() {
        return outputs;
    }

    /// All parameters by their names, in the order of the names. The caller must not change the arrays.
    public Map<String, double[]> numbers() {
        return numbers;
    }

    /// The parameters that are lists of texts, in the order of their names. The caller must not change them.
    public Map<String, List<String>> texts() {
        return texts;
    }

    /// Whether the step has a list of texts as a parameter.
    ///
    /// @param parameter the name of the parameter
    public boolean hasTexts(String parameter) {
        return texts.containsKey(parameter);
    }

    /// The texts of a parameter.
    ///
    /// @param parameter the name of the parameter
    /// @throws IllegalArgumentException if the step lacks it
    public List<String> texts(String parameter) {
        List<String> found = texts.get(parameter);
        if (found == null) {
            throw new IllegalArgumentException(called() + " has no " + parameter);
        }
        return found;
    }

    /// Whether the first column that the step reads has texts.
    public boolean readsTexts() {
        return kind.startsWith("text-");
    }

    /// The model that the step scores; null for kinds that score none.
    public @Nullable ModelForm model() {
        return model;
    }

    /// The step in messages.
    public String called() {
        return "the step " + name + " (" + kind + ")";
    }

    /// Whether the step has a parameter.
    ///
    /// @param parameter the name of the parameter
    public boolean has(String parameter) {
        return numbers.containsKey(parameter);
    }

    /// A copy of the numbers of a parameter.
    ///
    /// @param parameter the name of the parameter
    /// @throws IllegalArgumentException if the step lacks it
    public double[] numbers(String parameter) {
        double[] found = numbers.get(parameter);
        if (found == null) {
            throw new IllegalArgumentException(called() + " has no " + parameter);
        }
        return found.clone();
    }

    /// A copy of the numbers of a parameter, of a given length.
    ///
    /// @param parameter the name of the parameter
    /// @param length the length that it must have
    /// @throws IllegalArgumentException if the step lacks it, or it has another length
    public double[] numbers(String parameter, long length) {
        double[] found = numbers(parameter);
        if (found.length != length) {
            throw new IllegalArgumentException(
                    "%s has %d numbers for %s; it needs %d".formatted(called(), found.length, parameter, length));
        }
        return found;
    }

    /// The numbers of a parameter as whole numbers in a range.
    ///
    /// @param parameter the name of the parameter
    /// @param length the length that it must have
    /// @param lowest the smallest valid number
    /// @param highest the largest valid number
    /// @throws IllegalArgumentException if the step lacks it, it has another length, or a number is not valid
    public int[] integers(String parameter, int length, int lowest, int highest) {
        double[] found = numbers(parameter, length);
        for (double number : found) {
            if (!(number >= lowest && number <= highest) || number != Math.rint(number)) {
                throw new IllegalArgumentException("%s has %s for %s; it can have whole numbers from %d to %d"
                        .formatted(called(), number, parameter, lowest, highest));
            }
        }
        return Arrays.stream(found).mapToInt(number -> (int) number).toArray();
    }

    /// An estimate of the step's heap in bytes.
    long heapBytes() {
        return 120
                + 20L * inputs.size()
                + numbers.values().stream()
                        .mapToLong(found -> 64 + 8L * found.length)
                        .sum()
                + texts.values().stream()
                        .flatMap(List::stream)
                        .mapToLong(text -> 56L + text.length())
                        .sum()
                + (model == null ? 0 : model.heapBytes());
    }
}
