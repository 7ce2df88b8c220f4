package io.nightshift.scoring.format.lightgbm;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.lightgbm.LightGbmObjective.Kind;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Reads a LightGBM text file, as `save_model` writes it.
///
/// Scores are equal to those of LightGBM 4: features and thresholds have double precision, `x <= threshold`
/// goes left, and a row's raw score is a double-precision sum over the trees in their order. A categorical
/// split has a set of categories; the category of a number is its whole part. The set goes left; NaN,
/// negative numbers and all other categories go right. The sums of a random forest are divided by the number
/// of its iterations before the objective is applied; its raw score is the sum.
final class LightGbmReader {

    private static final Set<String> VERSIONS = Set.of("v2", "v3", "v4");

    private final LightGbmText text;
    private final LightGbmText.Section header;
    private final LightGbmObjective objective;
    private final int features;
    private final int groups;

    private LightGbmReader(byte[] content) throws MalformedModelException {
        this.text = new LightGbmText(content);
        LightGbmText.Section first = text.next("the header of the LightGBM model");
        if (first == null) {
            throw new MalformedModelException("the LightGBM model is empty");
        }
        this.header = first;
        String version = header.text("version");
        if (!VERSIONS.contains(version)) {
            throw new MalformedModelException(
                    "it has LightGBM's format version " + version + "; supported are v2, v3 and v4");
        }
        String line = header.textOrNull("objective");
        this.objective = line == null ? LightGbmObjective.unknown() : LightGbmObjective.of(line);
        this.features = header.text("feature_names").split(" ", -1).length;
        if (header.count("max_feature_idx") != features - 1) {
            throw new MalformedModelException(
                    "max_feature_idx does not go with the names of " + features + " features");
        }
        this.groups = header.count("num_tree_per_iteration");
        if (objective.kind() == Kind.CLASSES ? groups < 2 : groups != 1) {
            throw new MalformedModelException("the objective " + objective.name() + " does not go with " + groups
                    + " trees an iteration; supported are one, or one a class");
        }
    }

    static boolean isLightGbm(byte[] content) {
        String start = new String(content, 0, Math.min(content.length, 6), StandardCharsets.ISO_8859_1);
        return start.startsWith("tree\n") || start.startsWith("tree\r\n");
    }

    static ModelDefinition read(byte[] content) throws MalformedModelException {
        return new LightGbmReader(content).model();
    }

    private ModelDefinition model() throws MalformedModelException {
        int sizes = header.has("tree_sizes") ? header.text("tree_sizes").split(" ", -1).length : 0;
        boolean averages = header.has("average_output");
        // The divisor is known only behind the last tree.
        List<LightGbmTree> trees = new ArrayList<>();
        LightGbmText.Section section = text.next("tree 0");
        while (section != null && section.has("Tree")) {
            trees.add(new LightGbmTree(section, features));
            section = text.next("tree " + trees.size());
        }
        if (section == null || !section.has("end of trees")) {
            throw new MalformedModelException("it ends early, after " + trees.size() + " trees");
        }
        if (trees.size() == 0) {
            throw new MalformedModelException("it has no trees");
        }
        if (trees.size() % groups != 0 || (sizes != 0 && sizes != trees.size())) {
            throw new MalformedModelException(
                    "it has " + trees.size() + " trees, " + groups + " an iteration, and the sizes of " + sizes);
        }
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(features, Precision.FLOAT64),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                1,
                Collections.nCopies(groups, 0.0),
                objective.link(),
                averages ? (double) trees.size() / groups : 1,
                objective.slope(),
                CategoryRule.ABOVE_MINUS_ONE));
        for (int tree = 0; tree < trees.size(); tree++) {
            trees.get(tree).addTo(builder, tree % groups);
        }
        Forest forest = builder.build();
        List<FeatureType> types = new LightGbmCategories(features).types(header.textOrNull("feature_infos"), text);
        return new ModelDefinition(description(forest, averages, types), forest);
    }

    private ModelDescription description(Forest forest, boolean averages, List<FeatureType> types)
            throws MalformedModelException {
        List<String> names = List.of(header.text("feature_names").split(" ", -1));
        boolean numbered =
                IntStream.range(0, features).allMatch(i -> names.get(i).equals("Column_" + i));
        List<ModelFeature> inputs = IntStream.range(0, features)
                .mapToObj(i -> new ModelFeature(numbered ? null : names.get(i), types.get(i), true))
                .toList();
        Map<String, String> facts = new TreeMap<>();
        facts.put("objective", objective.name());
        facts.put("trees", Integer.toString(forest.trees()));
        facts.put("nodes", Integer.toString(forest.nodes()));
        facts.put("library", "LightGBM, format " + header.text("version"));
        int classes = switch (objective.kind()) {
            case VALUE -> 0;
            case BINARY -> 2;
            case CLASSES -> groups;
        };
        Task task = switch (classes) {
            case 0 -> Task.REGRESSION;
            case 2 -> Task.BINARY;
            default -> Task.MULTICLASS;
        };
        List<String> labels =
                IntStream.range(0, classes).mapToObj(Integer::toString).toList();
        return new ModelDescription("lightgbm", averages ? "rf" : "gbdt", task, inputs, labels, facts);
    }
}
