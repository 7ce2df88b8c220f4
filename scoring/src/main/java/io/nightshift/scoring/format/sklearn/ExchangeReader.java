package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.form.Proof;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;
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

/// Reads an exchange file, as `tools/export-sklearn.py` writes it for a model of scikit-learn.
///
/// `docs/reference/exchange-format.md` defines the format.
final class ExchangeReader {

    private static final Pattern START =
            Pattern.compile("^(?:\u00ef\u00bb\u00bf)?\\s*\\{\\s*\"format\"\\s*:\\s*\"nightshift-exchange\"");
    private static final int START_BYTES = 256;
    /// The version of files with a forest or a linear model, and that of files with steps.
    private static final int TREES = 1;

    private static final int PIPELINES = 2;
    private static final int MAX_FEATURES = 1 << 20;

    private final DocumentReader root;
    private final List<ModelFormat> others;
    private final List<ModelFeature> features;
    private final List<String> classes;
    private final int version;

    private ExchangeReader(DocumentReader root, List<ModelFormat> others) throws MalformedModelException {
        this.root = root;
        this.others = others;
        this.version = root.count("version");
        if (version != TREES && version != PIPELINES) {
            throw new MalformedModelException("it has the exchange format's version %d; supported are %d and %d"
                    .formatted(version, TREES, PIPELINES));
        }
        this.features = features();
        this.classes = root.texts("classes");
        if (new HashSet<>(classes).size() != classes.size()) {
            throw new MalformedModelException("it has two classes with the same name");
        }
    }

    static boolean isExchange(byte[] content) {
        String start = new String(content, 0, Math.min(content.length, START_BYTES), StandardCharsets.ISO_8859_1);
        return START.matcher(start).find();
    }

    static ModelDefinition read(byte[] content, List<ModelFormat> others) throws MalformedModelException {
        DocumentValue document = JsonDocument.read(content, Precision.FLOAT64);
        return new ExchangeReader(new DocumentReader("the exchange file", document), others).model();
    }

    private ModelDefinition model() throws MalformedModelException {
        Map<String, String> facts = new TreeMap<>();
        facts.put("library", root.text("library"));
        ModelForm form = form(facts);
        Proof proof = root.has("proof") ? proof(form) : null;
        if (proof != null) {
            facts.put("proof", proof.rows() + " rows, compared when the file was read");
        }
        Task task = switch (classes.size()) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        ModelDescription description =
                new ModelDescription("exchange", root.text("algorithm"), task, features, classes, facts);
        return new ModelDefinition(description, form, proof);
    }

    private ModelForm form(Map<String, String> facts) throws MalformedModelException {
        if (version == PIPELINES) {
            PipelineForm pipeline = new PipelineReader(others).read(root, features.size(), classes.size());
            facts.put("steps", Integer.toString(pipeline.steps().size()));
            return pipeline;
        }
        if (root.has("forest") == root.has("linear")) {
            throw new MalformedModelException("the exchange file has either a forest or a linear model");
        }
        Link link = link(root.text("link"));
        if (root.has("linear")) {
            return linear(root.member("linear"), link);
        }
        List<Precision> precision =
                features.stream().map(ExchangeReader::precision).toList();
        Forest forest = ForestReader.read(root.member("forest"), precision, link);
        facts.put("trees", Integer.toString(forest.trees()));
        facts.put("nodes", Integer.toString(forest.nodes()));
        return forest;
    }

    private Proof proof(ModelForm form) throws MalformedModelException {
        int columns = form instanceof PipelineForm pipeline ? pipeline.columns() : 0;
        return ProofReader.read(root.member("proof"), features, form.outputs() + form.margins(), columns);
    }

    private List<ModelFeature> features() throws MalformedModelException {
        Precision precision = precision(root);
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
            return new FeatureType.Nominal(feature.texts("levels"), feature.has("open") && feature.flag("open"));
        }
        if (feature.has("text") && feature.flag("text")) {
            return new FeatureType.Text();
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

    static Precision precision(DocumentReader reader) throws MalformedModelException {
        String name = reader.text("precision");
        return switch (name) {
            case "float32" -> Precision.FLOAT32;
            case "float64" -> Precision.FLOAT64;
            default ->
                throw new MalformedModelException(
                        "its features have the precision «" + name + "»; supported are float32 and float64");
        };
    }

    static Link link(String name) throws MalformedModelException {
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

    private LinearForm linear(DocumentReader linear, Link link) throws MalformedModelException {
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

    /// A level's position is small and whole, so it is exact in any precision.
    private static Precision precision(ModelFeature feature) {
        return switch (feature.type()) {
            case FeatureType.Numeric(Precision precision) -> precision;
            case FeatureType.Categorical categorical -> categorical.precision();
            case FeatureType.Nominal nominal -> Precision.FLOAT64;
            case FeatureType.Hashed hashed -> Precision.FLOAT64;
            case FeatureType.Text text -> Precision.FLOAT64;
        };
    }

    static List<Double> numbers(DocumentReader reader, String name) throws MalformedModelException {
        double[] numbers = reader.numbers(name);
        for (double number : numbers) {
            if (Double.isNaN(number)) {
                throw new MalformedModelException(reader.path() + ", " + name + " has NaN among its numbers");
            }
        }
        return Arrays.stream(numbers).boxed().toList();
    }
}
