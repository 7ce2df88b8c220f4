package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.catboost.CatBoostObjective.Kind;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Reads a CatBoost file (`.cbm`), as `save_model` writes it: four bytes, the length of a FlatBuffers document,
/// and the document.
///
/// Raw values are equal to those of CatBoost 1.2: a split compares in single precision, a row's sum is a
/// double-precision sum over the trees in their order, and the raw value is the scale times the sum, plus the
/// bias. The bias becomes a last tree with one leaf. A scale is a factor of the leaves, which does not round if
/// it is a power of two; others are refused.
final class CatBoostReader {

    private static final int HEADER = 8;
    private static final String VERSION = "FlabuffersModel_v1";

    private static final int CORE_VERSION = 0;
    private static final int CORE_TREES = 1;
    private static final int CORE_INFO = 2;
    private static final int CORE_PARTS = 3;

    private static final int DIMENSIONS = 0;
    private static final int CATEGORICAL = 4;
    private static final int NUMERIC = 5;
    private static final int TEXT = 12;
    private static final int ESTIMATED = 13;
    private static final int SCALE = 14;
    private static final int BIAS = 15;
    private static final int BIASES = 16;
    private static final int EMBEDDING = 18;

    private final FlatbufferTable trees;
    private final Map<String, String> info = new HashMap<>();
    private final int dimensions;

    private CatBoostReader(byte[] content) throws MalformedModelException {
        FlatbufferTable core = FlatbufferTable.root(core(content));
        String version = core.text(CORE_VERSION);
        if (!version.equals(VERSION)) {
            throw new MalformedModelException(
                    "it has CatBoost's format version «" + version + "»; supported is " + VERSION);
        }
        this.trees = core.table(CORE_TREES);
        for (FlatbufferTable entry : core.tables(CORE_INFO)) {
            info.put(entry.text(0), entry.text(1));
        }
        this.dimensions = trees.integer(DIMENSIONS, 0);
        if (dimensions < 1 || dimensions > content.length / Double.BYTES) {
            throw new MalformedModelException("it has " + dimensions + " raw values");
        }
        refuse(TEXT, "text features");
        refuse(EMBEDDING, "embedding features");
        refuse(ESTIMATED, "features that are estimated of texts or embeddings");
        refuse(CATEGORICAL, "categorical features");
        List<String> parts = core.texts(CORE_PARTS);
        if (!parts.isEmpty()) {
            throw new MalformedModelException("it has the part " + parts.getFirst() + ", which is not supported");
        }
    }

    private void refuse(int field, String what) throws MalformedModelException {
        if (!trees.tables(field).isEmpty()) {
            throw new MalformedModelException("it has " + what + "; supported are features with numbers");
        }
    }

    private static ByteBuffer core(byte[] content) throws MalformedModelException {
        if (content.length < HEADER) {
            throw new MalformedModelException("it ends early, after " + content.length + " bytes");
        }
        ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        long length = file.getInt(HEADER - Integer.BYTES) & 0xffffffffL;
        if (length > content.length - HEADER) {
            throw new MalformedModelException("it ends early, after " + content.length + " bytes");
        }
        return file.slice(HEADER, (int) length);
    }

    static ModelDefinition read(byte[] content) throws MalformedModelException {
        return new CatBoostReader(content).model();
    }

    private ModelDefinition model() throws MalformedModelException {
        CatBoostSplits splits = new CatBoostSplits(trees.tables(NUMERIC));
        CatBoostTrees nodes = new CatBoostTrees(trees, splits, dimensions, scale());
        double[] biases = biases();
        DocumentReader classes = json("class_params", "multiclass_params");
        CatBoostObjective objective = CatBoostObjective.of(lossFunction(), dimensions, classes.has("class_to_label"));
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(splits.features(), Precision.FLOAT32),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                dimensions,
                Collections.nCopies(dimensions, 0.0),
                objective.link()));
        nodes.addTo(builder);
        if (nodes.count() == 0 || Arrays.stream(biases).anyMatch(bias -> bias != 0)) {
            builder.tree(0);
            builder.leaf(0, biases);
        }
        Forest forest = builder.build();
        return new ModelDefinition(description(splits, nodes, objective, classes, forest), forest);
    }

    private double scale() throws MalformedModelException {
        double scale = trees.number(SCALE, 1);
        if (!(scale > 0 && Double.isFinite(scale)) || scale != Math.scalb(1, Math.getExponent(scale))) {
            throw new MalformedModelException("its scale is " + scale + "; supported are 1 and other powers of two");
        }
        return scale;
    }

    private double[] biases() throws MalformedModelException {
        double[] biases = trees.numbers(BIASES);
        double bias = trees.number(BIAS, 0);
        if (biases.length == 0 && (dimensions == 1 || bias == 0)) {
            double[] same = new double[dimensions];
            Arrays.fill(same, bias);
            return same;
        }
        if (biases.length != dimensions) {
            throw new MalformedModelException("it has " + biases.length + " biases for " + dimensions + " raw values");
        }
        return biases;
    }

    /// The name of the loss function that the model was trained with.
    private String lossFunction() throws MalformedModelException {
        DocumentReader parameters = json("params");
        if (parameters.has("loss_function")) {
            return parameters.member("loss_function").text("type");
        }
        DocumentReader function = json("loss_function");
        return function.has("type") ? function.text("type") : CatBoostObjective.NONE;
    }

    /// The first of the facts that the file has; an empty object if it has none of them.
    private DocumentReader json(String... names) throws MalformedModelException {
        for (String name : names) {
            String text = info.get(name);
            if (text != null) {
                byte[] document = text.getBytes(StandardCharsets.UTF_8);
                return new DocumentReader(name, JsonDocument.read(document, Precision.FLOAT64)).object();
            }
        }
        return new DocumentReader(names[0], new DocumentValue.ObjectValue(Map.of()));
    }

    private ModelDescription description(
            CatBoostSplits splits,
            CatBoostTrees nodes,
            CatBoostObjective objective,
            DocumentReader classes,
            Forest forest)
            throws MalformedModelException {
        List<String> names = splits.names();
        List<ModelFeature> inputs = IntStream.range(0, splits.features())
                .mapToObj(i -> new ModelFeature(
                        names.isEmpty() ? null : names.get(i), new FeatureType.Numeric(Precision.FLOAT32), true))
                .toList();
        int count = switch (objective.kind()) {
            case VALUE -> 0;
            case BINARY -> 2;
            case CLASSES -> dimensions;
        };
        Task task = switch (count) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        if (objective.kind() == Kind.BINARY) {
            checkThreshold();
        }
        Map<String, String> facts = new TreeMap<>();
        facts.put("loss function", objective.name());
        facts.put("trees", Integer.toString(nodes.count()));
        facts.put("nodes", Integer.toString(forest.nodes()));
        facts.put("library", library());
        String algorithm = nodes.isSymmetric() ? "symmetric trees" : "trees";
        return new ModelDescription("catboost", algorithm, task, inputs, labels(classes, count), facts);
    }

    /// CatBoost's version is a text of several lines; the first one names it.
    private String library() {
        String version = info.getOrDefault("catboost_version_info", "")
                .lines()
                .findFirst()
                .orElse("");
        return version.isEmpty() || version.length() > 100 ? "CatBoost" : "CatBoost, " + version;
    }

    /// A model may have another threshold for its positive class (`set_probability_threshold`).
    private void checkThreshold() throws MalformedModelException {
        String threshold = info.getOrDefault("binclass_probability_threshold", "0.5");
        if (!threshold.equals("0.5")) {
            throw new MalformedModelException("its binclass_probability_threshold is " + threshold
                    + "; supported is 0.5. Score with 0.5, and compare the probability in the output");
        }
    }

    /// The labels of the classes; their positions if the file has none.
    private static List<String> labels(DocumentReader classes, int count) throws MalformedModelException {
        List<String> labels = new ArrayList<>();
        for (String name : List.of("class_names", "class_to_label")) {
            if (labels.isEmpty() && classes.has(name)) {
                for (DocumentValue value : classes.member(name).values()) {
                    labels.add(label(value));
                }
            }
        }
        if (count > 0 && labels.isEmpty()) {
            return IntStream.range(0, count).mapToObj(Integer::toString).toList();
        }
        if (count > 0 && (labels.size() != count || new HashSet<>(labels).size() != count)) {
            throw new MalformedModelException("it has the classes " + labels + " and predicts " + count);
        }
        return count == 0 ? List.of() : labels;
    }

    private static String label(DocumentValue value) throws MalformedModelException {
        return switch (value) {
            case DocumentValue.Text(String text) -> text;
            case DocumentValue.Flag(boolean flag) -> String.valueOf(flag);
            case DocumentValue.NumberValue(double number) ->
                number == (long) number ? Long.toString((long) number) : Double.toString(number);
            case DocumentValue.ObjectValue other -> throw notLabel(other);
            case DocumentValue.ArrayValue other -> throw notLabel(other);
            case DocumentValue.NumberArray other -> throw notLabel(other);
            case DocumentValue.Null other -> throw notLabel(other);
        };
    }

    private static MalformedModelException notLabel(DocumentValue value) {
        return new MalformedModelException("it has " + value.name() + " among the labels of its classes");
    }
}
