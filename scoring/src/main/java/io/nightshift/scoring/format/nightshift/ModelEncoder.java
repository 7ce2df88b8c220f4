package io.nightshift.scoring.format.nightshift;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.GraphForm;
import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.TextHash;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Writes what [ModelDecoder] reads: a list as its length and its elements, a text as its length and UTF-8,
/// an enumeration as its name.
///
/// A forest's nodes are arrays over all nodes in the order of the trees: the kinds, then the feature of each
/// test or the vote of each leaf, then the thresholds of the tests, then the numbers of the leaves. If the nodes
/// have covers, these follow: whether they have double precision, and a number for each node.
final class ModelEncoder {

    static final int FOREST = 1;
    static final int LINEAR = 2;
    static final int GRAPH = 3;
    static final int PARTS = 4;
    static final int PIPELINE = 5;
    /// A pipeline with lists of texts among the parameters of its steps.
    static final int TEXT_PIPELINE = 6;
    /// A forest with covers.
    static final int COVERED_FOREST = 7;
    /// In front of a step's model.
    static final int NO_MODEL = 0;

    static final int STEP_FOREST = 1;
    static final int COVERED_STEP_FOREST = 2;
    static final int NUMERIC = 0;
    static final int NOMINAL = 1;
    static final int CATEGORICAL = 2;
    static final int OPEN_NOMINAL = 3;
    static final int HASHED = 4;
    static final int TEXT = 5;

    private ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    byte[] toBytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    void model(ModelDefinition model) {
        switch (model.form()) {
            case Forest forest -> {
                integer(forest.hasCovers() ? COVERED_FOREST : FOREST);
                description(model.description());
                forest(forest);
            }
            case GraphForm graph -> {
                integer(GRAPH);
                description(model.description());
                graph(graph);
            }
            case RowForm rows -> {
                integer(PARTS);
                description(model.description());
                text(rows.model().library());
                part(rows.model().part());
            }
            case PipelineForm pipeline -> {
                boolean hasTexts =
                        pipeline.steps().stream().anyMatch(step -> !step.texts().isEmpty() || step.readsTexts());
                integer(hasTexts ? TEXT_PIPELINE : PIPELINE);
                description(model.description());
                pipeline(pipeline, hasTexts);
            }
            case LinearForm linear -> {
                integer(LINEAR);
                description(model.description());
                linear(linear);
            }
        }
    }

    void bytes(byte[] bytes) {
        room(bytes.length).put(bytes);
    }

    void integer(int value) {
        room(Integer.BYTES).putInt(value);
    }

    private void description(ModelDescription description) {
        text(description.format());
        text(description.algorithm());
        text(description.task().name());
        integer(description.features().size());
        for (ModelFeature feature : description.features()) {
            feature(feature);
        }
        texts(description.classes());
        Map<String, String> facts = new TreeMap<>(description.facts());
        integer(facts.size());
        facts.forEach((name, value) -> {
            text(name);
            text(value);
        });
    }

    private void feature(ModelFeature feature) {
        String name = feature.name();
        flag(name != null);
        if (name != null) {
            text(name);
        }
        flag(feature.missing());
        switch (feature.type()) {
            case FeatureType.Numeric(Precision precision) -> {
                octet(NUMERIC);
                text(precision.name());
            }
            case FeatureType.Nominal(List<String> levels, boolean open) -> {
                octet(open ? OPEN_NOMINAL : NOMINAL);
                texts(levels);
            }
            case FeatureType.Categorical(Precision precision, List<Integer> codes, List<String> names) -> {
                octet(CATEGORICAL);
                text(precision.name());
                integers(codes);
                texts(names);
            }
            case FeatureType.Hashed(TextHash hash) -> {
                octet(HASHED);
                text(hash.name());
            }
            case FeatureType.Text text -> octet(TEXT);
        }
    }

    private void forest(Forest forest) {
        ForestShape shape = forest.shape();
        integer(shape.features());
        for (Precision precision : shape.precision()) {
            octet(precision == Precision.FLOAT32 ? 0 : 1);
        }
        text(shape.arithmetic().name());
        text(shape.comparison().name());
        text(shape.link().name());
        integer(shape.width());
        numbers(shape.base());
        number(shape.divisor());
        number(shape.slope());
        text(shape.categories().name());
        integer(forest.sets());
        for (int set = 0; set < forest.sets(); set++) {
            int[] categories = forest.categories(set);
            integer(categories.length);
            IntStream.of(categories).forEach(this::integer);
        }
        integer(forest.trees());
        for (int tree = 0; tree < forest.trees(); tree++) {
            integer(forest.group(tree));
            integer(forest.root(tree + 1) - forest.root(tree));
        }
        for (int node = 0; node < forest.nodes(); node++) {
            octet(forest.kind(node).code());
        }
        for (int node = 0; node < forest.nodes(); node++) {
            integer(forest.kind(node) == NodeKind.LEAF ? forest.vote(forest.child(node)) : forest.feature(node));
        }
        for (int node = 0; node < forest.nodes(); node++) {
            if (forest.kind(node) != NodeKind.LEAF) {
                number(forest.threshold(node));
            }
        }
        for (int leaf = 0; leaf < forest.leaves(); leaf++) {
            for (int i = 0; i < shape.width(); i++) {
                number(forest.leaf(leaf, i));
            }
        }
        if (forest.hasCovers()) {
            covers(forest);
        }
    }

    /// In single precision if that loses nothing.
    private void covers(Forest forest) {
        boolean isSingle =
                IntStream.range(0, forest.nodes()).mapToDouble(forest::cover).allMatch(cover -> (float) cover == cover);
        flag(!isSingle);
        for (int node = 0; node < forest.nodes(); node++) {
            if (isSingle) {
                room(Float.BYTES).putFloat((float) forest.cover(node));
            } else {
                number(forest.cover(node));
            }
        }
    }

    private void linear(LinearForm linear) {
        integer(linear.features());
        text(linear.link().name());
        text(linear.arithmetic().name());
        flag(linear.interceptLast());
        integer(linear.terms().size());
        for (Term term : linear.terms()) {
            switch (term) {
                case Term.Scaled(int feature, double centre, double scale) -> {
                    octet(NUMERIC);
                    integer(feature);
                    number(centre);
                    number(scale);
                }
                case Term.Indicator(int feature, int level) -> {
                    octet(NOMINAL);
                    integer(feature);
                    integer(level);
                }
            }
        }
        integer(linear.weights().size());
        linear.weights().forEach(this::numbers);
    }

    private void graph(GraphForm graph) {
        integer(graph.block());
        integer(graph.inputs().size());
        for (GraphForm.Input input : graph.inputs()) {
            text(input.name());
            text(input.element().name());
            integer(input.width());
            flag(input.isMatrix());
        }
        GraphForm.Output output = graph.output();
        text(output.meaning().name());
        text(output.numbers());
        String labels = output.labels();
        flag(labels != null);
        if (labels != null) {
            text(labels);
        }
        texts(output.classes());
        ByteBuffer content = graph.content();
        integer(content.remaining());
        room(content.remaining()).put(content);
    }

    private void pipeline(PipelineForm pipeline, boolean hasTexts) {
        integer(pipeline.features());
        integer(pipeline.steps().size());
        pipeline.steps().forEach(step -> step(step, hasTexts));
        integer(pipeline.prediction());
        integers(pipeline.probabilities());
        integers(pipeline.raw());
    }

    private void step(PipelineStep step, boolean hasTexts) {
        text(step.kind());
        text(step.name());
        integers(step.inputs());
        integer(step.outputs());
        integer(step.numbers().size());
        step.numbers().forEach((parameter, numbers) -> {
            text(parameter);
            integer(numbers.length);
            for (double number : numbers) {
                number(number);
            }
        });
        if (hasTexts) {
            integer(step.texts().size());
            step.texts().forEach((parameter, texts) -> {
                text(parameter);
                texts(texts);
            });
        }
        if (step.model() instanceof Forest forest) {
            octet(forest.hasCovers() ? COVERED_STEP_FOREST : STEP_FOREST);
            forest(forest);
        } else {
            octet(NO_MODEL);
        }
    }

    private void part(ModelPart part) {
        text(part.kind());
        integer(part.numbers().size());
        for (double[] row : part.numbers()) {
            integer(row.length);
            for (double number : row) {
                number(number);
            }
        }
        integer(part.parts().size());
        part.parts().forEach(this::part);
    }

    private void integers(List<Integer> integers) {
        integer(integers.size());
        integers.forEach(this::integer);
    }

    private void texts(List<String> texts) {
        integer(texts.size());
        texts.forEach(this::text);
    }

    private void numbers(List<Double> numbers) {
        integer(numbers.size());
        numbers.forEach(this::number);
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        integer(bytes.length);
        bytes(bytes);
    }

    private void number(double value) {
        room(Double.BYTES).putDouble(value);
    }

    private void flag(boolean value) {
        octet(value ? 1 : 0);
    }

    private void octet(int value) {
        room(1).put((byte) value);
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int size = Math.max(2 * out.capacity(), out.position() + bytes);
            out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN).put(out.flip());
        }
        return out;
    }
}
