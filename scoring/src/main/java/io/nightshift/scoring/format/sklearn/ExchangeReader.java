package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Reads an exchange file, as `tools/export-sklearn.py` writes it for a model of scikit-learn.
///
/// `docs/reference/exchange-format.md` defines the format. It stores a forest's nodes in the order in which a
/// [ForestBuilder] takes them, so the file holds no index of a node that could point outside.
final class ExchangeReader {

    private static final Pattern START =
            Pattern.compile("^(?:\u00ef\u00bb\u00bf)?\\s*\\{\\s*\"format\"\\s*:\\s*\"nightshift-exchange\"");
    private static final int START_BYTES = 256;
    private static final int VERSION = 1;
    private static final int MAX_FEATURES = 1 << 20;
    private static final int LEAF = 0;
    private static final int MISSING_LEFT = 1;
    private static final int MISSING_RIGHT = 2;
    private static final int SET = 3;

    private final DocumentReader root;
    private final List<ModelFeature> features;
    private final List<String> classes;
    private final Link link;

    private ExchangeReader(DocumentReader root) throws MalformedModelException {
        this.root = root;
        int version = root.count("version");
        if (version != VERSION) {
            throw new MalformedModelException(
                    "it has the exchange format's version " + version + "; supported is " + VERSION);
        }
        this.features = features();
        this.classes = root.texts("classes");
        if (new HashSet<>(classes).size() != classes.size()) {
            throw new MalformedModelException("it has two classes with the same name");
        }
        this.link = link(root.text("link"));
    }

    static boolean isExchange(byte[] content) {
        String start = new String(content, 0, Math.min(content.length, START_BYTES), StandardCharsets.ISO_8859_1);
        return START.matcher(start).find();
    }

    static ModelDefinition read(byte[] content) throws MalformedModelException {
        DocumentValue document = JsonDocument.read(content, Precision.FLOAT64);
        return new ExchangeReader(new DocumentReader("the exchange file", document)).model();
    }

    private ModelDefinition model() throws MalformedModelException {
        if (root.has("forest") == root.has("linear")) {
            throw new MalformedModelException("the exchange file has either a forest or a linear model");
        }
        Map<String, String> facts = new TreeMap<>();
        facts.put("library", root.text("library"));
        ModelForm form = root.has("forest") ? forest(root.member("forest"), facts) : linear(root.member("linear"));
        Task task = switch (classes.size()) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        return new ModelDefinition(
                new ModelDescription("exchange", root.text("algorithm"), task, features, classes, facts), form);
    }

    private List<ModelFeature> features() throws MalformedModelException {
        Precision precision = precision();
        boolean missing = root.flag("missing");
        List<DocumentReader> elements = root.elements("features");
        if (elements.isEmpty() || elements.size() > MAX_FEATURES) {
            throw new MalformedModelException(
                    "it has " + elements.size() + " features; supported are 1 to " + MAX_FEATURES);
        }
        List<ModelFeature> found = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (DocumentReader element : elements) {
            String name = element.object().has("name") ? element.text("name") : null;
            if (name != null && !names.add(name)) {
                throw new MalformedModelException("it has two features with the name «" + name + "»");
            }
            FeatureType type = type(element, precision);
            boolean mayBeMissing = element.has("missing") ? element.flag("missing") : missing;
            found.add(new ModelFeature(name, type, mayBeMissing));
        }
        return found;
    }

    private static FeatureType type(DocumentReader feature, Precision precision) throws MalformedModelException {
        if (feature.has("levels") && feature.has("categories")) {
            throw new MalformedModelException(feature.path() + " has levels and categories; supported is one of them");
        }
        if (feature.has("levels")) {
            return new FeatureType.Nominal(feature.texts("levels"));
        }
        if (!feature.has("categories")) {
            return new FeatureType.Numeric(precision);
        }
        List<Integer> codes =
                Arrays.stream(feature.integers("categories")).boxed().toList();
        try {
            return new FeatureType.Categorical(precision, codes, List.of());
        } catch (IllegalArgumentException invalid) {
            throw new MalformedModelException(feature.path() + ": " + invalid.getMessage(), invalid);
        }
    }

    private Precision precision() throws MalformedModelException {
        String name = root.text("precision");
        return switch (name) {
            case "float32" -> Precision.FLOAT32;
            case "float64" -> Precision.FLOAT64;
            default ->
                throw new MalformedModelException(
                        "its features have the precision «" + name + "»; supported are float32 and float64");
        };
    }

    private static Link link(String name) throws MalformedModelException {
        return switch (name) {
            case "identity" -> Link.IDENTITY;
            case "mean" -> Link.MEAN;
            case "exponential" -> Link.EXPONENTIAL;
            case "logistic" -> Link.LOGISTIC;
            case "logistic-from-zero" -> Link.LOGISTIC_FROM_ZERO;
            case "logistic-above-zero" -> Link.LOGISTIC_ABOVE_ZERO;
            case "softmax" -> Link.SOFTMAX;
            case "probabilities" -> Link.PROBABILITIES;
            default ->
                throw new MalformedModelException("its link is «" + name
                        + "»; supported are identity, mean, exponential, logistic, logistic-from-zero,"
                        + " logistic-above-zero, softmax and probabilities");
        };
    }

    private LinearForm linear(DocumentReader linear) throws MalformedModelException {
        List<Double> intercepts = numbers(linear, "intercepts");
        List<Double> weights = numbers(linear, "weights");
        int width = features.size();
        if (intercepts.isEmpty() || (long) intercepts.size() * width != weights.size()) {
            throw new MalformedModelException("it has " + weights.size() + " weights for " + width + " features and "
                    + intercepts.size() + " intercepts");
        }
        List<Term> terms = new ArrayList<>();
        for (int feature = 0; feature < width; feature++) {
            if (!(features.get(feature).type() instanceof FeatureType.Numeric(Precision precision))
                    || precision != Precision.FLOAT64) {
                throw new MalformedModelException("a linear model's features are numbers of the precision float64");
            }
            terms.add(new Term.Scaled(feature, 0, 1));
        }
        List<List<Double>> sums = new ArrayList<>();
        for (int sum = 0; sum < intercepts.size(); sum++) {
            List<Double> row = new ArrayList<>(weights.subList(sum * width, (sum + 1) * width));
            row.add(intercepts.get(sum));
            sums.add(row);
        }
        return new LinearForm(width, terms, sums, link);
    }

    private Forest forest(DocumentReader forest, Map<String, String> facts) throws MalformedModelException {
        int width = forest.count("width");
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                features.stream().map(ExchangeReader::precision).toList(),
                Precision.FLOAT64,
                comparison(forest.text("goes_left")),
                width,
                numbers(forest, "base"),
                link,
                forest.number("divisor"),
                forest.number("slope"),
                CategoryRule.WHOLE));
        List<int[]> sets = sets(forest);
        new Nodes(forest, sets, features.size(), width).addTo(builder);
        Forest built = builder.build();
        facts.put("trees", Integer.toString(built.trees()));
        facts.put("nodes", Integer.toString(built.nodes()));
        return built;
    }

    /// A level's position is small and whole, so it is exact in any precision.
    private static Precision precision(ModelFeature feature) {
        return switch (feature.type()) {
            case FeatureType.Numeric(Precision precision) -> precision;
            case FeatureType.Categorical categorical -> categorical.precision();
            case FeatureType.Nominal nominal -> Precision.FLOAT64;
        };
    }

    private static Comparison comparison(String name) throws MalformedModelException {
        return switch (name) {
            case "<" -> Comparison.LESS;
            case "<=" -> Comparison.LESS_OR_EQUAL;
            default -> throw new MalformedModelException("a row goes left by «" + name + "»; supported are < and <=");
        };
    }

    private static List<int[]> sets(DocumentReader forest) throws MalformedModelException {
        int[] sizes = forest.integers("set_sizes");
        int[] categories = forest.integers("set_categories");
        List<int[]> sets = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            if (size < 0 || size > categories.length - from) {
                throw new MalformedModelException("set_sizes does not go with " + categories.length + " categories");
            }
            sets.add(Arrays.copyOfRange(categories, from, from + size));
            from += size;
        }
        if (from != categories.length) {
            throw new MalformedModelException("it has " + categories.length + " categories, and sets of " + from);
        }
        return sets;
    }

    private static List<Double> numbers(DocumentReader reader, String name) throws MalformedModelException {
        double[] numbers = reader.numbers(name);
        for (double number : numbers) {
            if (Double.isNaN(number)) {
                throw new MalformedModelException(reader.path() + ", " + name + " has NaN among its numbers");
            }
        }
        return Arrays.stream(numbers).boxed().toList();
    }

    /// The arrays over a forest's nodes, and the read position in each.
    private static final class Nodes {

        private final int[] sizes;
        private final int[] groups;
        private final int[] kinds;
        private final int[] tested;
        private final double[] thresholds;
        private final double[] leaves;
        private final List<int[]> sets;
        private final int features;
        private final double[] leaf;
        private int node;
        private int test;
        private int number;

        Nodes(DocumentReader forest, List<int[]> sets, int features, int width) throws MalformedModelException {
            this.sizes = forest.integers("trees");
            this.groups = forest.integers("groups");
            this.kinds = forest.integers("kinds");
            this.tested = forest.integers("features");
            this.thresholds = forest.numbers("thresholds");
            this.leaves = forest.numbers("leaves");
            this.sets = sets;
            this.features = features;
            this.leaf = new double[width];
            long all = Arrays.stream(sizes).asLongStream().sum();
            long leafCount = IntStream.of(kinds).filter(kind -> kind == LEAF).count();
            if (Arrays.stream(sizes).anyMatch(size -> size < 1)
                    || all != kinds.length
                    || groups.length != sizes.length
                    || tested.length != kinds.length - leafCount
                    || thresholds.length != tested.length
                    || leaves.length != leafCount * width) {
                throw new MalformedModelException(
                        "the arrays over its trees, nodes, tests and leaves have lengths that do not match");
            }
        }

        void addTo(ForestBuilder forest) throws MalformedModelException {
            for (int tree = 0; tree < sizes.length; tree++) {
                forest.tree(groups[tree]);
                for (int end = node + sizes[tree]; node < end; node++) {
                    if (forest.due() == 0) {
                        throw new MalformedModelException("tree " + tree + " has more nodes than its tests need");
                    }
                    add(tree, forest);
                }
                if (forest.due() != 0) {
                    throw new MalformedModelException("tree " + tree + " has fewer nodes than its tests need");
                }
            }
        }

        private void add(int tree, ForestBuilder forest) throws MalformedModelException {
            if (kinds[node] == LEAF) {
                System.arraycopy(leaves, number, leaf, 0, leaf.length);
                number += leaf.length;
                for (double value : leaf) {
                    if (Double.isNaN(value)) {
                        throw new MalformedModelException("tree " + tree + " has a leaf with NaN");
                    }
                }
                forest.leaf(0, leaf);
                return;
            }
            int feature = tested[test];
            double threshold = thresholds[test];
            test++;
            if (feature < 0 || feature >= features) {
                throw new MalformedModelException("tree " + tree + " tests feature " + feature + " of " + features);
            }
            switch (kinds[node]) {
                case MISSING_LEFT -> forest.split(NodeKind.NUMERIC_MISSING_LEFT, feature, threshold);
                case MISSING_RIGHT -> forest.split(NodeKind.NUMERIC_MISSING_RIGHT, feature, threshold);
                case SET -> forest.split(NodeKind.SET_MISSING_RIGHT, feature, forest.set(set(tree, threshold)));
                default -> throw new MalformedModelException("tree " + tree + " has a node of the kind " + kinds[node]);
            }
        }

        private int[] set(int tree, double position) throws MalformedModelException {
            if (!(position >= 0 && position < sets.size() && position == Math.rint(position))) {
                throw new MalformedModelException(
                        "tree " + tree + " tests for the set " + position + " of " + sets.size());
            }
            return sets.get((int) position);
        }
    }
}
