package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.form.GraphForm;
import io.nightshift.scoring.form.GraphForm.Element;
import io.nightshift.scoring.form.GraphForm.Input;
import io.nightshift.scoring.form.GraphForm.Meaning;
import io.nightshift.scoring.form.GraphForm.Output;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.graph.OnnxGraphScorers;
import io.nightshift.scoring.graph.OnnxGraphSession;
import io.nightshift.scoring.graph.OnnxGraphSession.TensorDescription;
import io.nightshift.scoring.graph.OnnxLibrary;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Scorer;
import io.nightshift.scoring.model.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Reads an ONNX file that ONNX Runtime computes: any graph that maps numbers to numbers, row by row.
///
/// Facts that the file does not state are found by running the graph on synthetic rows. A row's result must
/// not depend on the other rows, and a feature may be missing if the result for NaN is a finite number.
final class OnnxRuntimeImport {

    private static final int ROWS = 64;

    private final byte[] content;
    private final OnnxGraph graph;
    private final OnnxGraphSession runtime;

    private OnnxRuntimeImport(byte[] content, OnnxGraph graph) {
        this.content = content;
        this.graph = graph;
        this.runtime = OnnxLibrary.open(content);
    }

    /// @param why the reason why the graph is not a forest, as a sentence
    static ModelDefinition read(byte[] content, OnnxGraph graph, String why) throws MalformedModelException {
        graph.requireRunnable();
        try {
            return new OnnxRuntimeImport(OnnxGraph.withoutZipMaps(content), graph).model();
        } catch (IllegalArgumentException | IllegalStateException refused) {
            throw new MalformedModelException(why + ". As another graph, " + refused.getMessage(), refused);
        }
    }

    private ModelDefinition model() throws MalformedModelException {
        List<Input> inputs = new ArrayList<>();
        int block = 0;
        for (TensorDescription port : runtime.inputs()) {
            inputs.add(input(port));
            long rows = port.shape().getFirst();
            if (rows > 0 && block > 0 && rows != block) {
                throw new IllegalArgumentException("its inputs have " + block + " and " + rows + " rows");
            }
            block = rows > 0 ? Math.toIntExact(rows) : block;
        }
        block = block == 0 ? GraphForm.BLOCK : block;
        Output output = output(inputs, block);
        GraphForm form = new GraphForm(content, inputs, output, block);
        Scorer scorer = new OnnxGraphScorers(form).scorer();
        double[][] rows = rows(inputs);
        double[][] found = score(scorer, rows, form);
        if (output.meaning() == Meaning.PROBABILITIES
                && !areShares(found, output.classes().size())) {
            output = new Output(Meaning.SCORES, output.numbers(), output.labels(), output.classes());
            form = new GraphForm(content, inputs, output, block);
            scorer = new OnnxGraphScorers(form).scorer();
            found = score(scorer, rows, form);
        }
        requireIndependentRows(scorer, rows, found, form);
        return new ModelDefinition(description(inputs, output, missing(scorer, rows, form)), form);
    }

    private static Input input(TensorDescription port) {
        Element element = switch (port.type()) {
            case "FLOAT" -> Element.FLOAT;
            case "DOUBLE" -> Element.DOUBLE;
            case "INT64" -> Element.LONG;
            case "INT32" -> Element.INTEGER;
            case "BOOL" -> Element.BOOLEAN;
            default ->
                throw new IllegalArgumentException("its input " + port.name() + " is of the type " + port.type()
                        + "; supported are tensors of float, double, int64, int32 and bool (encode texts in the job)");
        };
        List<Long> shape = port.shape();
        boolean isMatrix = shape.size() == 2;
        long width = isMatrix ? shape.get(1) : 1;
        if ((!isMatrix && shape.size() != 1) || width < 1 || width > 1 << 16) {
            throw new IllegalArgumentException("its input " + port.name() + " has the shape " + shape
                    + "; supported are rows × a number of columns that the graph says, and rows");
        }
        return new Input(port.name(), element, (int) width, isMatrix);
    }

    private Output output(List<Input> inputs, int block) throws MalformedModelException {
        TensorDescription labels = null;
        TensorDescription numbers = null;
        for (TensorDescription port : runtime.outputs()) {
            if (labels == null && (port.type().equals("INT64") || port.type().equals("STRING"))) {
                labels = port;
            } else if (numbers == null
                    && (port.type().equals("FLOAT") || port.type().equals("DOUBLE"))) {
                numbers = port;
            } else {
                throw new IllegalArgumentException("its output " + port.name() + " is one too many, or of the type "
                        + port.type() + "; supported are a tensor of numbers, and one of labels beside it");
            }
        }
        if (numbers == null) {
            throw new IllegalArgumentException(
                    "it has no output of numbers; supported are values, probabilities or scores of each class");
        }
        int columns = runtime.columns(content, inputs, block, numbers.name());
        OnnxNode maker = graph.producerOf(numbers.name());
        String last = maker == null ? "" : maker.type();
        if (columns == 1 && labels == null && !last.equals("Sigmoid")) {
            return new Output(Meaning.VALUE, numbers.name(), null, List.of());
        }
        Meaning meaning = columns == 1
                ? Meaning.PROBABILITY
                : labels != null || last.equals("Softmax") ? Meaning.PROBABILITIES : Meaning.SCORES;
        List<String> classes = classes(Math.max(2, columns));
        return new Output(meaning, numbers.name(), labels == null ? null : labels.name(), classes);
    }

    /// The class labels: those of the last operator that names as many, or else numbers from 0.
    private List<String> classes(int count) throws MalformedModelException {
        for (OnnxNode node : graph.nodes().reversed()) {
            List<String> classes = node.classes();
            if (classes.size() == count && Set.copyOf(classes).size() == count) {
                return classes;
            }
        }
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    private ModelDescription description(List<Input> inputs, Output output, boolean[] missing) {
        boolean named = inputs.stream().allMatch(input -> input.width() == 1) && inputs.size() > 1;
        List<ModelFeature> features = new ArrayList<>();
        for (Input input : inputs) {
            Precision precision = input.element() == Element.FLOAT ? Precision.FLOAT32 : Precision.FLOAT64;
            for (int column = 0; column < input.width(); column++) {
                features.add(new ModelFeature(
                        named ? input.name() : null, new FeatureType.Numeric(precision), missing[features.size()]));
            }
        }
        Map<String, String> facts = new TreeMap<>();
        if (!graph.producer().isEmpty()) {
            facts.put("library", "converted by " + graph.producer());
        }
        Set<String> operators = new LinkedHashSet<>();
        graph.nodes().forEach(node -> operators.add(node.type()));
        facts.put("operators", String.join(", ", operators));
        Task task = switch (output.classes().size()) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        return new ModelDescription("onnx", "graph", task, features, output.classes(), facts);
    }

    private static double[][] rows(List<Input> inputs) {
        SplittableRandom random = new SplittableRandom(1);
        List<double[]> columns = new ArrayList<>();
        for (Input input : inputs) {
            boolean whole = input.element() != Element.FLOAT && input.element() != Element.DOUBLE;
            for (int column = 0; column < input.width(); column++) {
                columns.add(random.doubles(ROWS)
                        .map(value -> whole ? Math.rint(value) : 4 * value - 1)
                        .toArray());
            }
        }
        return columns.toArray(new double[0][]);
    }

    private static double[][] score(Scorer scorer, double[][] rows, GraphForm form) {
        double[][] outputs = new double[form.outputs() + form.margins()][rows[0].length];
        scorer.score(rows, rows[0].length, outputs);
        return outputs;
    }

    private static boolean areShares(double[][] outputs, int classes) {
        int probabilities = classes == 2 ? 1 : classes;
        for (int k = 1; k <= probabilities; k++) {
            if (Arrays.stream(outputs[k]).anyMatch(value -> value < -1e-6 || value > 1 + 1e-6)) {
                return false;
            }
        }
        return true;
    }

    private static void requireIndependentRows(Scorer scorer, double[][] rows, double[][] found, GraphForm form) {
        double[][] backwards = new double[rows.length][ROWS];
        for (int column = 0; column < rows.length; column++) {
            for (int row = 0; row < ROWS; row++) {
                backwards[column][row] = rows[column][ROWS - 1 - row];
            }
        }
        double[][] again = score(scorer, backwards, form);
        for (int output = 0; output < found.length; output++) {
            for (int row = 0; row < ROWS; row++) {
                if (Double.compare(found[output][row], again[output][ROWS - 1 - row]) != 0) {
                    throw new IllegalArgumentException("the result of a row depends on other rows");
                }
            }
        }
    }

    /// For each feature, whether the results are finite if the feature is NaN.
    private static boolean[] missing(Scorer scorer, double[][] rows, GraphForm form) {
        boolean[] missing = new boolean[rows.length];
        double[][] holes = new double[rows.length][rows.length];
        for (int column = 0; column < rows.length; column++) {
            Arrays.fill(holes[column], rows[column][0]);
            holes[column][column] = Double.NaN;
        }
        double @Nullable [][] outputs;
        try {
            outputs = score(scorer, holes, form);
        } catch (IllegalStateException refused) {
            return missing;
        }
        int feature = 0;
        for (Input input : form.inputs()) {
            boolean hasNaN = input.element() == Element.FLOAT || input.element() == Element.DOUBLE;
            for (int column = 0; column < input.width(); column++) {
                int row = feature++;
                missing[row] = hasNaN && Arrays.stream(outputs).allMatch(values -> Double.isFinite(values[row]));
            }
        }
        return missing;
    }
}
