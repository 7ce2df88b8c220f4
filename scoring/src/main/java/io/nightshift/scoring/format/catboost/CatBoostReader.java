package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.catboost.CatBoostObjective.Kind;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Reads a CatBoost file (`.cbm`), as `save_model` writes it: four bytes, the length of a FlatBuffers document,
/// the document, and then the tables of categories, if there are any.
///
/// A model of numbers becomes a forest. A model with categories becomes a pipeline: its steps compute columns of
/// numbers from the categories, and the trees compare these with borders.
///
/// Raw values are equal to those of CatBoost 1.2: a split compares in single precision, a row's sum is a
/// double-precision sum over the trees in their order, and the raw value is the scale times the sum, plus the
/// bias.
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
    private static final int VALUES = 6;
    private static final int STATISTICS = 7;
    private static final int TEXT = 12;
    private static final int ESTIMATED = 13;
    private static final int SCALE = 14;
    private static final int BIAS = 15;
    private static final int BIASES = 16;
    private static final int EMBEDDING = 18;

    private final FlatbufferTable trees;
    private final Map<String, String> info = new HashMap<>();
    private final int dimensions;
    private final Map<CatBoostStatistic.Table, CatBoostCounts> counts;

    private CatBoostReader(byte[] content) throws MalformedModelException {
        ByteBuffer document = core(content);
        FlatbufferTable core = FlatbufferTable.root(document);
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
        List<String> parts = core.texts(CORE_PARTS);
        for (String part : parts) {
            if (parts.size() > 1 || !part.equals(CatBoostCounts.PART)) {
                throw new MalformedModelException("it has the part " + part + ", which is not supported");
            }
        }
        int end = HEADER + document.remaining();
        this.counts = parts.isEmpty()
                ? Map.of()
                : CatBoostCounts.read(
                        ByteBuffer.wrap(content, end, content.length - end).order(ByteOrder.LITTLE_ENDIAN));
    }

    private void refuse(int field, String what) throws MalformedModelException {
        if (!trees.tables(field).isEmpty()) {
            throw new MalformedModelException(
                    "it has " + what + "; supported are features with numbers and categorical features");
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
        CatBoostFeatures features = new CatBoostFeatures(trees.tables(NUMERIC), trees.tables(CATEGORICAL));
        CatBoostSplits splits = new CatBoostSplits();
        features.numbers().forEach(splits::add);
        CatBoostColumns columns = new CatBoostColumns(features, splits);
        columns.addValues(trees.tables(VALUES));
        columns.addStatistics(trees.tables(STATISTICS), counts);
        CatBoostTrees nodes = new CatBoostTrees(trees, splits, dimensions);
        DocumentReader classes = json("class_params", "multiclass_params");
        CatBoostObjective objective = CatBoostObjective.of(lossFunction(), dimensions, classes.has("class_to_label"));
        double scale = trees.number(SCALE, 1);
        if (!Double.isFinite(scale)) {
            throw new MalformedModelException("its scale is " + scale);
        }
        ModelForm form = new CatBoostForm(features.count(), columns, biases(), objective.link()).of(nodes, scale);
        return new ModelDefinition(description(features, columns, nodes, objective, classes, form), form);
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
            CatBoostFeatures features,
            CatBoostColumns columns,
            CatBoostTrees nodes,
            CatBoostObjective objective,
            DocumentReader classes,
            ModelForm form)
            throws MalformedModelException {
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
        facts.put("nodes", Integer.toString(CatBoostForm.nodes(form)));
        facts.put("library", library());
        if (columns.count() > features.count()) {
            facts.put("columns of categories", Integer.toString(columns.count() - features.count()));
        }
        String algorithm = nodes.isSymmetric() ? "symmetric trees" : "trees";
        return new ModelDescription("catboost", algorithm, task, features.inputs(), labels(classes, count), facts);
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
