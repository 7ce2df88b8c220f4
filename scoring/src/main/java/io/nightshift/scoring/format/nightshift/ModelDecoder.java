package io.nightshift.scoring.format.nightshift;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.GraphForm;
import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelLibrary;
import io.nightshift.scoring.format.onnx.OnnxGraph;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.scoring.model.TextHash;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Reads what [ModelEncoder] writes. It allocates no more memory for a length than there are bytes for it,
/// and the constructors of the forms check every rule again.
final class ModelDecoder {

    private final ByteBuffer in;
    private final List<ModelLibrary> libraries;

    ModelDecoder(ByteBuffer in, List<ModelLibrary> libraries) {
        this.in = in;
        this.libraries = libraries;
    }

    ModelDefinition model() throws MalformedModelException {
        try {
            int section = in.getInt();
            ModelDescription description = description();
            ModelForm form = switch (section) {
                case ModelEncoder.FOREST -> forest(false);
                case ModelEncoder.COVERED_FOREST -> forest(true);
                case ModelEncoder.LINEAR -> linear();
                case ModelEncoder.GRAPH -> graph();
                case ModelEncoder.PARTS -> rows();
                case ModelEncoder.PIPELINE -> pipeline(false);
                case ModelEncoder.TEXT_PIPELINE -> pipeline(true);
                default -> throw new MalformedModelException("it has a section of the unknown kind " + section);
            };
            if (in.hasRemaining()) {
                throw new MalformedModelException("it has bytes after its end");
            }
            return new ModelDefinition(description, form);
        } catch (BufferUnderflowException truncated) {
            throw new MalformedModelException("it ends early", truncated);
        } catch (IllegalArgumentException invalid) {
            throw new MalformedModelException(String.valueOf(invalid.getMessage()), invalid);
        }
    }

    private ModelDescription description() throws MalformedModelException {
        String format = text();
        String algorithm = text();
        Task task = Task.valueOf(text());
        int features = count(4);
        List<ModelFeature> inputs = new ArrayList<>();
        for (int i = 0; i < features; i++) {
            inputs.add(feature());
        }
        List<String> classes = texts();
        int size = count(2 * Integer.BYTES);
        Map<String, String> facts = new TreeMap<>();
        for (int i = 0; i < size; i++) {
            facts.put(text(), text());
        }
        return new ModelDescription(format, algorithm, task, inputs, classes, facts);
    }

    private ModelFeature feature() throws MalformedModelException {
        String name = flag() ? text() : null;
        boolean missing = flag();
        FeatureType type = switch (in.get()) {
            case ModelEncoder.NUMERIC -> new FeatureType.Numeric(Precision.valueOf(text()));
            case ModelEncoder.NOMINAL -> new FeatureType.Nominal(texts());
            case ModelEncoder.OPEN_NOMINAL -> new FeatureType.Nominal(texts(), true);
            case ModelEncoder.CATEGORICAL ->
                new FeatureType.Categorical(Precision.valueOf(text()), integers(), texts());
            case ModelEncoder.HASHED -> new FeatureType.Hashed(TextHash.valueOf(text()));
            case ModelEncoder.TEXT -> new FeatureType.Text();
            default -> throw new MalformedModelException("it has a feature of an unknown kind");
        };
        return new ModelFeature(name, type, missing);
    }

    private List<Integer> integers() throws MalformedModelException {
        int size = count(Integer.BYTES);
        List<Integer> integers = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            integers.add(in.getInt());
        }
        return integers;
    }

    private Forest forest(boolean hasCovers) throws MalformedModelException {
        int features = count(1);
        List<Precision> precision = new ArrayList<>();
        for (int i = 0; i < features; i++) {
            precision.add(flag() ? Precision.FLOAT64 : Precision.FLOAT32);
        }
        Precision arithmetic = Precision.valueOf(text());
        Comparison comparison = Comparison.valueOf(text());
        Link link = Link.valueOf(text());
        int width = in.getInt();
        List<Double> base = numbers();
        ForestShape shape = new ForestShape(
                precision,
                arithmetic,
                comparison,
                width,
                base,
                link,
                in.getDouble(),
                in.getDouble(),
                CategoryRule.valueOf(text()));
        List<int[]> sets = sets();
        int trees = count(2 * Integer.BYTES);
        int[] group = new int[trees];
        int[] nodes = new int[trees];
        for (int tree = 0; tree < trees; tree++) {
            group[tree] = in.getInt();
            nodes[tree] = in.getInt();
        }
        return forest(shape, sets, group, nodes, hasCovers);
    }

    private List<int[]> sets() throws MalformedModelException {
        int size = count(Integer.BYTES);
        List<int[]> sets = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            sets.add(integers(count(Integer.BYTES)));
        }
        return sets;
    }

    private Forest forest(ForestShape shape, List<int[]> sets, int[] group, int[] nodes, boolean hasCovers)
            throws MalformedModelException {
        long total = 0;
        for (int count : nodes) {
            total += count;
            if (count < 1 || total > in.remaining()) {
                throw new MalformedModelException(
                        "it declares more nodes than it has bytes for, or a tree without nodes");
            }
        }
        byte[] kinds = new byte[(int) total];
        in.get(kinds);
        int[] features = integers((int) total);
        int leaves = 0;
        for (byte kind : kinds) {
            leaves += kind == NodeKind.LEAF.code() ? 1 : 0;
        }
        double[] thresholds = numbers((long) kinds.length - leaves);
        double[] values = numbers((long) leaves * shape.width());
        double[] covers = hasCovers ? covers(kinds.length) : new double[0];
        ForestBuilder forest = new ForestBuilder(shape);
        for (int[] set : sets) {
            if (forest.set(set) != forest.sets() - 1) {
                throw new MalformedModelException("it has the same set of categories twice");
            }
        }
        double[] leaf = new double[shape.width()];
        int node = 0;
        int test = 0;
        int number = 0;
        for (int tree = 0; tree < nodes.length; tree++) {
            forest.tree(group[tree]);
            for (int end = node + nodes[tree]; node < end; node++) {
                if (kinds[node] == NodeKind.LEAF.code()) {
                    System.arraycopy(values, number, leaf, 0, leaf.length);
                    number += leaf.length;
                    forest.leaf(features[node], leaf);
                } else {
                    forest.split(NodeKind.ofCode(kinds[node]), features[node], thresholds[test++]);
                }
                if (hasCovers) {
                    forest.cover(covers[node]);
                }
            }
            if (forest.due() != 0) {
                throw new MalformedModelException("tree " + tree + " has fewer nodes than its splits need");
            }
        }
        return forest.build();
    }

    private double[] covers(int count) throws MalformedModelException {
        if (flag()) {
            return numbers(count);
        }
        if (count > in.remaining() / Float.BYTES) {
            throw new BufferUnderflowException();
        }
        double[] covers = new double[count];
        for (int node = 0; node < count; node++) {
            covers[node] = in.getFloat();
        }
        return covers;
    }

    private int[] integers(int count) {
        if (count > in.remaining() / Integer.BYTES) {
            throw new BufferUnderflowException();
        }
        int[] integers = new int[count];
        in.asIntBuffer().get(integers);
        in.position(in.position() + count * Integer.BYTES);
        return integers;
    }

    private double[] numbers(long count) {
        if (count > in.remaining() / Double.BYTES) {
            throw new BufferUnderflowException();
        }
        double[] numbers = new double[(int) count];
        in.asDoubleBuffer().get(numbers);
        in.position(in.position() + numbers.length * Double.BYTES);
        return numbers;
    }

    private LinearForm linear() throws MalformedModelException {
        int features = in.getInt();
        Link link = Link.valueOf(text());
        Precision arithmetic = Precision.valueOf(text());
        boolean interceptLast = flag();
        int size = count(1 + 2 * Integer.BYTES);
        List<Term> terms = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            terms.add(
                    switch (in.get()) {
                        case ModelEncoder.NUMERIC -> new Term.Scaled(in.getInt(), in.getDouble(), in.getDouble());
                        case ModelEncoder.NOMINAL -> new Term.Indicator(in.getInt(), in.getInt());
                        default -> throw new MalformedModelException("it has a term of an unknown kind");
                    });
        }
        int sums = count(Integer.BYTES);
        List<List<Double>> weights = new ArrayList<>();
        for (int i = 0; i < sums; i++) {
            weights.add(numbers());
        }
        return new LinearForm(features, terms, weights, link, arithmetic, interceptLast);
    }

    private GraphForm graph() throws MalformedModelException {
        int block = in.getInt();
        int size = count(1);
        List<GraphForm.Input> inputs = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            inputs.add(new GraphForm.Input(text(), GraphForm.Element.valueOf(text()), in.getInt(), flag()));
        }
        GraphForm.Output output =
                new GraphForm.Output(GraphForm.Meaning.valueOf(text()), text(), flag() ? text() : null, texts());
        byte[] content = new byte[count(1)];
        in.get(content);
        OnnxGraph.read(content).requireRunnable();
        return new GraphForm(content, inputs, output, block);
    }

    private PipelineForm pipeline(boolean hasTexts) throws MalformedModelException {
        int features = in.getInt();
        int size = count(6 * Integer.BYTES + 1);
        List<PipelineStep> steps = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            steps.add(step(hasTexts));
        }
        return new PipelineForm(features, steps, in.getInt(), integers(), integers());
    }

    private PipelineStep step(boolean hasTexts) throws MalformedModelException {
        String kind = text();
        String name = text();
        List<Integer> inputs = integers();
        int outputs = in.getInt();
        int parameters = count(2 * Integer.BYTES);
        Map<String, double[]> numbers = new TreeMap<>();
        for (int i = 0; i < parameters; i++) {
            numbers.put(text(), numbers((long) count(Double.BYTES)));
        }
        Map<String, List<String>> texts = new TreeMap<>();
        int lists = hasTexts ? count(2 * Integer.BYTES) : 0;
        for (int i = 0; i < lists; i++) {
            texts.put(text(), texts());
        }
        return new PipelineStep(kind, name, inputs, outputs, numbers, texts, modelOfStep());
    }

    /// The model of a step.
    private @Nullable Forest modelOfStep() throws MalformedModelException {
        return switch (in.get()) {
            case ModelEncoder.NO_MODEL -> null;
            case ModelEncoder.STEP_FOREST -> forest(false);
            case ModelEncoder.COVERED_STEP_FOREST -> forest(true);
            default -> throw new MalformedModelException("it has a step with a model of an unknown kind");
        };
    }

    private RowForm rows() throws MalformedModelException {
        String name = text();
        ModelPart part = part(ModelPart.MAX_DEPTH);
        for (ModelLibrary library : libraries) {
            if (library.name().equals(name)) {
                return library.rebuild(part);
            }
        }
        throw new MalformedModelException(
                "it is computed by the library " + name + "; a program loads it with the module nightshift-" + name);
    }

    private ModelPart part(int depth) throws MalformedModelException {
        if (depth == 0) {
            throw new MalformedModelException("its parts are nested too deeply");
        }
        String kind = text();
        int rows = count(Integer.BYTES);
        List<double[]> numbers = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            numbers.add(numbers((long) count(Double.BYTES)));
        }
        int size = count(3 * Integer.BYTES);
        List<ModelPart> parts = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            parts.add(part(depth - 1));
        }
        return new ModelPart(kind, numbers, parts);
    }

    private List<String> texts() throws MalformedModelException {
        int size = count(Integer.BYTES);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            texts.add(text());
        }
        return texts;
    }

    private List<Double> numbers() throws MalformedModelException {
        int size = count(Double.BYTES);
        List<Double> numbers = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            numbers.add(in.getDouble());
        }
        return numbers;
    }

    private String text() throws MalformedModelException {
        byte[] bytes = new byte[count(1)];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private boolean flag() throws MalformedModelException {
        return switch (in.get()) {
            case 0 -> false;
            case 1 -> true;
            default -> throw new MalformedModelException("it has a boolean that is neither 0 nor 1");
        };
    }

    /// A number of elements, each of at least `bytes` bytes.
    private int count(int bytes) throws MalformedModelException {
        int count = in.getInt();
        if (count < 0 || count > in.remaining() / bytes) {
            throw new MalformedModelException("it declares " + Integer.toUnsignedString(count) + " elements at byte "
                    + in.position() + " and ends before them");
        }
        return count;
    }
}
