package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.document.ZipArchive;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.form.ForestShape;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.ModelForm;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A MOJO of gradient boosting (GBM) or of a random forest (DRF).
///
/// A split compares in double precision, and a sum is a double-precision sum of single-precision leaves over
/// the trees in their order. GBM adds `init_f` at the end, which becomes a last tree with one leaf. DRF
/// divides the sum by the number of trees. A random forest of two classes with one tree for both predicts the
/// probability of the first class.
///
/// The label of two classes is the second one from the stored threshold on. With `balance_classes`, H2O then
/// corrects the probabilities by the shares of the classes before and after the balancing.
final class MojoForest {

    private static final double NEWEST = 1.4;

    /// The exponential function of GBM is never above this number.
    private static final double HIGHEST_EXPONENTIAL = 1e19;

    private static final Pattern TREE = Pattern.compile("trees/t(\\d{2,6})_(\\d{3,8})\\.bin");
    private static final List<String> ENCODINGS = List.of("AUTO", "Enum", "SortByResponse");
    private static final Set<String> TWO_CLASSES = Set.of("bernoulli", "quasibinomial", "modified_huber");
    private static final Set<String> REGRESSIONS =
            Set.of("gaussian", "poisson", "gamma", "tweedie", "laplace", "quantile", "huber");
    private static final Set<String> OF_LOGARITHM = Set.of("poisson", "gamma", "tweedie");

    private final ZipArchive archive;
    private final MojoInfo info;
    private final MojoColumns columns;
    private final double version;
    private final int classes;
    private final int groups;
    private final int treesPerGroup;
    /// GBM's distribution; null for a random forest.
    private final @Nullable String distribution;

    private int trees;

    private MojoForest(ZipArchive archive, MojoInfo info, @Nullable String distribution)
            throws MalformedModelException {
        this.archive = archive;
        this.info = info;
        this.distribution = distribution;
        this.version = MojoReader.version(info, NEWEST);
        if (info.has("calib_method")) {
            throw new MalformedModelException("its probabilities are calibrated (calib_method = "
                    + info.text("calib_method") + "); supported are models without calibration");
        }
        if (info.has("_genmodel_encoding") && !ENCODINGS.contains(info.text("_genmodel_encoding"))) {
            throw new MalformedModelException("its categorical_encoding is " + info.text("_genmodel_encoding")
                    + "; supported are " + String.join(", ", ENCODINGS));
        }
        this.columns = new MojoColumns(archive, info);
        this.classes = info.count("n_classes");
        this.groups = info.count("n_trees");
        this.treesPerGroup = treesPerGroup();
        if (groups == 0) {
            throw new MalformedModelException("it has no trees");
        }
        if (classes < 1 || (treesPerGroup != 1 && treesPerGroup != classes) || (treesPerGroup == 1 && classes > 2)) {
            throw new MalformedModelException(
                    "it has " + treesPerGroup + " trees in each group for " + classes + " classes");
        }
    }

    private int treesPerGroup() throws MalformedModelException {
        if (info.has("n_trees_per_class")) {
            return info.count("n_trees_per_class");
        }
        return classes == 2 && !info.flag("binomial_double_trees") ? 1 : classes;
    }

    /// A MOJO of gradient boosting.
    static MojoForest boosting(ZipArchive archive, MojoInfo info) throws MalformedModelException {
        return new MojoForest(archive, info, info.text("distribution"));
    }

    /// A MOJO of a random forest.
    static MojoForest bagging(ZipArchive archive, MojoInfo info) throws MalformedModelException {
        return new MojoForest(archive, info, null);
    }

    ModelDefinition model() throws MalformedModelException {
        List<String> labels = classes == 1 ? List.of() : columns.labels(classes);
        ForestAndForm model = distribution == null ? bagged() : boosted(distribution);
        Map<String, String> facts = new TreeMap<>();
        facts.put("trees", Integer.toString(trees));
        facts.put("nodes", Integer.toString(model.forest.nodes()));
        if (distribution != null) {
            facts.put("distribution", distribution);
        }
        if (classes == 2) {
            facts.put("threshold", Double.toString(threshold()));
        }
        return MojoReader.model(
                distribution == null ? "drf" : "gbm", info, columns.described(true), labels, facts, model.form);
    }

    private record ForestAndForm(Forest forest, ModelForm form) {}

    private ForestAndForm boosted(String family) throws MalformedModelException {
        if (TWO_CLASSES.contains(family) && classes == 2 && treesPerGroup == 1) {
            Forest forest = forest(Link.IDENTITY, info.number("init_f"));
            requireLink(family, "logit");
            MojoSteps steps = new MojoSteps(columns.features());
            List<Integer> raw = steps.forest(forest).subList(0, 1);
            List<Integer> second = logistic(steps, raw);
            return new ForestAndForm(forest, twoClasses(steps, steps.complement(second), second, raw));
        }
        if (family.equals("multinomial") && classes == 2 && treesPerGroup == 1) {
            Forest forest = forest(Link.IDENTITY, info.number("init_f"));
            MojoSteps steps = new MojoSteps(columns.features());
            List<Integer> raw = steps.forest(forest).subList(0, 1);
            List<Integer> other = steps.each("scale", raw, Map.of("multiply", new double[] {-1}));
            List<Integer> both = steps.each("softmax", List.of(raw.getFirst(), other.getFirst()), Map.of());
            return new ForestAndForm(forest, twoClasses(steps, both.subList(0, 1), both.subList(1, 2), raw));
        }
        if (family.equals("multinomial") && classes > 2) {
            return severalClasses(forest(Link.SOFTMAX, 0));
        }
        if (REGRESSIONS.contains(family) && classes == 1) {
            return regression(family, forest(Link.IDENTITY, info.number("init_f")));
        }
        throw new MalformedModelException("its distribution is " + family + ", with " + classes + " classes and "
                + treesPerGroup + " trees in each group; supported are bernoulli, quasibinomial, modified_huber,"
                + " multinomial, gaussian, poisson, gamma, tweedie, laplace, quantile and huber");
    }

    private void requireLink(String family, String wanted) throws MalformedModelException {
        String link = link(family);
        if (!link.equals(wanted)) {
            throw new MalformedModelException(
                    "its link_function is " + link + ", for the distribution " + family + "; supported is " + wanted);
        }
    }

    /// Older MOJOs do not name the link.
    private String link(String family) throws MalformedModelException {
        if (info.has("link_function")) {
            return info.text("link_function");
        }
        return TWO_CLASSES.contains(family) ? "logit" : OF_LOGARITHM.contains(family) ? "log" : "identity";
    }

    private ForestAndForm regression(String family, Forest forest) throws MalformedModelException {
        if (link(family).equals("identity")) {
            return new ForestAndForm(forest, forest);
        }
        requireLink(family, "log");
        MojoSteps steps = new MojoSteps(columns.features());
        List<Integer> raw = steps.forest(forest).subList(0, 1);
        List<Integer> exponential = steps.each("exp", raw, Map.of());
        List<Integer> value = steps.each("scale", exponential, Map.of("high", new double[] {HIGHEST_EXPONENTIAL}));
        return new ForestAndForm(forest, steps.pipeline(value, List.of(), raw));
    }

    private static List<Integer> logistic(MojoSteps steps, List<Integer> raw) {
        List<Integer> negative = steps.each("scale", raw, Map.of("multiply", new double[] {-1}));
        List<Integer> exponential = steps.each("exp", negative, Map.of());
        List<Integer> divisor = steps.each(
                "scale", exponential, Map.of("add", new double[] {1}, "high", new double[] {HIGHEST_EXPONENTIAL}));
        return steps.each("reciprocal", divisor, Map.of());
    }

    private ForestAndForm bagged() throws MalformedModelException {
        if (classes == 1) {
            Forest forest = forest(Link.MEAN, 0);
            if (forest.trees() != groups) {
                throw new MalformedModelException("it has " + trees + " of " + groups + " trees");
            }
            return new ForestAndForm(forest, forest);
        }
        if (treesPerGroup > 1) {
            return severalClasses(forest(classes == 2 ? Link.SOFTMAX : Link.PROBABILITIES, 0));
        }
        Forest forest = forest(Link.IDENTITY, 0);
        MojoSteps steps = new MojoSteps(columns.features());
        List<Integer> sum = steps.forest(forest).subList(0, 1);
        List<Integer> first = steps.each("scale", sum, Map.of("divide", new double[] {groups}));
        return new ForestAndForm(forest, twoClasses(steps, first, steps.complement(first), List.of()));
    }

    /// @param first the probability of the first class
    /// @param second the probability of the second class
    private ModelForm twoClasses(MojoSteps steps, List<Integer> first, List<Integer> second, List<Integer> raw)
            throws MalformedModelException {
        List<Integer> corrected = second;
        if (info.flag("balance_classes")) {
            corrected = corrected(steps, List.of(first.getFirst(), second.getFirst()))
                    .subList(1, 2);
        }
        return steps.pipeline(steps.label(corrected, threshold()), corrected, raw);
    }

    /// A forest with a sum for each class.
    private ForestAndForm severalClasses(Forest forest) throws MalformedModelException {
        boolean isBoosted = distribution != null;
        if (isBoosted && !info.flag("balance_classes")) {
            return new ForestAndForm(forest, forest);
        }
        MojoSteps steps = new MojoSteps(columns.features());
        List<Integer> outputs = steps.forest(forest);
        int all = outputs.size();
        List<Integer> sums = outputs.subList(all - classes, all);
        List<Integer> probabilities = isBoosted ? outputs.subList(1, 1 + classes) : share(steps, sums);
        if (info.flag("balance_classes")) {
            probabilities = corrected(steps, probabilities);
        }
        if (classes == 2) {
            List<Integer> second = probabilities.subList(1, 2);
            return new ForestAndForm(forest, steps.pipeline(steps.label(second, threshold()), second, List.of()));
        }
        List<Integer> prediction = steps.add("argmax", probabilities, 1, Map.of());
        return new ForestAndForm(forest, steps.pipeline(prediction, probabilities, isBoosted ? sums : List.of()));
    }

    private static List<Integer> share(MojoSteps steps, List<Integer> columns) {
        return steps.each("share", columns, Map.of("empty", new double[] {0}));
    }

    /// The probabilities as the classes were before they were balanced.
    private List<Integer> corrected(MojoSteps steps, List<Integer> probabilities) throws MalformedModelException {
        double[] before = info.numbers("prior_class_distrib");
        double[] after = info.numbers("model_class_distrib");
        if (before.length != classes || after.length != classes) {
            throw new MalformedModelException("it has the shares of " + before.length + " and " + after.length
                    + " classes, and predicts " + classes);
        }
        double[] ratios = new double[classes];
        for (int i = 0; i < classes; i++) {
            ratios[i] = before[i] == 0 || after[i] == 0 ? 1 : before[i] / after[i];
        }
        return share(steps, steps.each("scale", probabilities, Map.of("multiply", ratios)));
    }

    private double threshold() throws MalformedModelException {
        return info.number("default_threshold");
    }

    /// The trees, with a sum for each tree of a group. The files of a tree without nodes are missing.
    ///
    /// @param start the number that is added at the end
    private Forest forest(Link link, double start) throws MalformedModelException {
        ForestBuilder builder = new ForestBuilder(new ForestShape(
                Collections.nCopies(columns.features(), Precision.FLOAT64),
                Precision.FLOAT64,
                Comparison.LESS_OR_EQUAL,
                1,
                Collections.nCopies(treesPerGroup, 0.0),
                link,
                1,
                1,
                CategoryRule.ABOVE_MINUS_ONE));
        MojoTree reader = new MojoTree(columns, version, builder);
        for (Map.Entry<Long, String> tree : files().entrySet()) {
            String file = tree.getValue();
            byte[] content = archive.read(file);
            if (content != null) {
                reader.add(file, content, archive.read(MojoWeights.file(file)), (int) (tree.getKey() % treesPerGroup));
                trees++;
            }
        }
        if (start != 0 || trees == 0) {
            builder.tree(0);
            builder.leaf(start);
        }
        return builder.build();
    }

    /// The files of the trees, group by group, by their positions.
    private Map<Long, String> files() throws MalformedModelException {
        Map<Long, String> files = new TreeMap<>();
        for (String name : archive.names()) {
            Matcher matcher = TREE.matcher(name);
            if (!matcher.matches()) {
                continue;
            }
            int place = Integer.parseInt(matcher.group(1));
            int group = Integer.parseInt(matcher.group(2));
            if (place < treesPerGroup
                    && group < groups
                    && name.equals("trees/t%02d_%03d.bin".formatted(place, group))) {
                files.put((long) group * treesPerGroup + place, name);
            }
        }
        return files;
    }
}
