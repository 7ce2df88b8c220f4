package io.nightshift.worker.model;

import io.nightshift.protocol.model.FeatureType;
import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.protocol.model.ModelDescription;
import io.nightshift.protocol.model.ModelFeature;
import io.nightshift.worker.scoring.Forest;
import io.nightshift.worker.scoring.Forest.CategoryRule;
import io.nightshift.worker.scoring.Forest.NodeKind;
import io.nightshift.worker.scoring.ForestShape;
import io.nightshift.worker.scoring.GraphForm;
import io.nightshift.worker.scoring.LinearForm;
import io.nightshift.worker.scoring.LinearForm.Term;
import io.nightshift.worker.scoring.Link;
import io.nightshift.worker.scoring.ModelForm;
import io.nightshift.worker.scoring.RowForm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Writes what [ModelDecoder] reads: lists are a length and their elements, texts a length and UTF-8,
/// enumerations their names. A forest's nodes are arrays over all nodes in the trees' order: kinds; the feature
/// of a test or the vote of a leaf; then the thresholds of the tests, and the numbers of the leaves. Version 2 adds
/// the link's parameters, the category rule and the sets of categories, and the precision of a linear form. Version 3
/// adds where a linear form's intercept is added, graphs, and parts of models.
final class ModelEncoder {

    static final int FOREST = 1;
    static final int LINEAR = 2;
    static final int GRAPH = 3;
    static final int PARTS = 4;
    static final int NUMERIC = 0;
    static final int NOMINAL = 1;

    private ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);

    private final int version;

    ModelEncoder(int version) {
        this.version = version;
    }

    /// The lowest format version that can hold a model.
    static int leastVersion(ModelForm form) {
        return switch (form) {
            case LinearForm linear -> leastVersion(linear);
            case GraphForm graph -> 3;
            case RowForm rows -> 3;
            case Forest forest -> isOfFirstVersion(forest) ? 1 : 2;
        };
    }

    private static int leastVersion(LinearForm linear) {
        boolean isDouble = linear.arithmetic() == Precision.FLOAT64;
        boolean linkOfThird =
                linear.link() == Link.EXPONENTIAL || linear.link() == Link.SIGMOID || linear.link() == Link.STEP;
        if (linear.interceptLast() || (isDouble && linkOfThird)) {
            return 3;
        }
        return isDouble && linear.link() != Link.LOGISTIC_ABOVE_ZERO ? 1 : 2;
    }

    private static boolean isOfFirstVersion(Forest forest) {
        ForestShape shape = forest.shape();
        return hasLinkOfFirstVersion(shape)
                && shape.divisor() == 1
                && shape.slope() == 1
                && shape.categories() == CategoryRule.FROM_ZERO
                && IntStream.range(0, forest.nodes())
                        .allMatch(node -> forest.kind(node).code() <= NodeKind.NOMINAL.code());
    }

    private static boolean hasLinkOfFirstVersion(ForestShape shape) {
        return switch (shape.link()) {
            case EXPONENTIAL, SIGMOID, LOGISTIC -> shape.arithmetic() == Precision.FLOAT32;
            case IDENTITY, MEAN, LOGISTIC_FROM_HALF, HALF_LOGISTIC, SOFTMAX, SHARES, VOTED_SHARES -> true;
            case PROBABILITIES -> shape.arithmetic() == Precision.FLOAT64;
            case SIGNED_SQUARE, SOFTPLUS, LOGISTIC_FROM_ZERO, LOGISTIC_ABOVE_ZERO, STEP, PROBABILITY, ONE_VS_ALL ->
                false;
        };
    }

    int version() {
        return version;
    }

    byte[] toBytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    void model(StoredModel model) {
        switch (model.form()) {
            case Forest forest -> {
                integer(FOREST);
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
                part(((SmileModel) rows.model()).part());
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
            case FeatureType.Nominal(List<String> levels) -> {
                octet(NOMINAL);
                texts(levels);
            }
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
        if (version >= 2) {
            number(shape.divisor());
            number(shape.slope());
            text(shape.categories().name());
            integer(forest.sets());
            for (int set = 0; set < forest.sets(); set++) {
                int[] categories = forest.categories(set);
                integer(categories.length);
                IntStream.of(categories).forEach(this::integer);
            }
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
    }

    private void linear(LinearForm linear) {
        integer(linear.features());
        text(linear.link().name());
        if (version >= 2) {
            text(linear.arithmetic().name());
        }
        if (version >= 3) {
            flag(linear.interceptLast());
        }
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

    private void part(SmilePart part) {
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
