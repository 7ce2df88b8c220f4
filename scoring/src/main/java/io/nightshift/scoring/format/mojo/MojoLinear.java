package io.nightshift.scoring.format.mojo;

import io.nightshift.scoring.document.ZipArchive;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.form.PipelineForm;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// A MOJO of a generalized linear model (GLM).
///
/// The features with levels come first, and each level has a coefficient. The first level has none, unless
/// the model was trained with `use_all_factor_levels`. Then come the features with numbers. A missing level
/// becomes the most frequent one, and a missing number the mean, if the model was trained with
/// `MeanImputation`. A sum takes the terms in this order, and the intercept last.
///
/// The result of a sum is its link. A multinomial model has a sum for each class, and an ordinal one a sum for each
/// class but the last.
final class MojoLinear {

    private static final double NEWEST = 1.0;

    private static final Set<String> TWO_CLASSES = Set.of("binomial", "quasibinomial");
    private static final Set<String> REGRESSIONS =
            Set.of("gaussian", "poisson", "gamma", "tweedie", "negativebinomial");

    /// The inverse link of the link `inverse` takes no smaller magnitude.
    private static final double LOWEST_INVERSE = 1e-5;

    /// The inverse link of a Tweedie distribution with the power 0 is never below this number.
    private static final double LOWEST_TWEEDIE = 2e-16;

    private final MojoInfo info;
    private final MojoColumns columns;
    private final int withLevels;
    private final int[] offsets;
    private final boolean hasAllLevels;
    private final boolean imputes;
    private final int[] modes;
    private final double[] coefficients;
    private final MojoSteps steps;

    MojoLinear(ZipArchive archive, MojoInfo info) throws MalformedModelException {
        this.info = info;
        MojoReader.version(info, NEWEST);
        this.columns = new MojoColumns(archive, info);
        this.withLevels = info.count("cats");
        this.offsets = info.counts("cat_offsets");
        this.hasAllLevels = info.flag("use_all_factor_levels");
        this.imputes = info.flag("mean_imputation");
        this.modes = imputes && withLevels > 0 ? info.counts("cat_modes") : new int[0];
        this.coefficients = info.numbers("beta");
        this.steps = new MojoSteps(columns.features());
        if ((long) withLevels + info.count("nums") != columns.features()) {
            throw new MalformedModelException("it has %d features, and terms for %d with levels and %d with numbers"
                    .formatted(columns.features(), withLevels, info.count("nums")));
        }
        if (offsets.length != withLevels + 1 || offsets[0] != 0) {
            throw new MalformedModelException(
                    "it has " + withLevels + " features with levels, and cat_offsets " + Arrays.toString(offsets));
        }
        for (int feature = 0; feature < columns.features(); feature++) {
            checkLevels(feature);
        }
    }

    private void checkLevels(int feature) throws MalformedModelException {
        int levels = columns.levels(feature).size();
        if (feature >= withLevels ? levels != 0 : levels == 0) {
            throw new MalformedModelException(
                    "its feature " + feature + " has " + levels + " levels, and cats is " + withLevels);
        }
        int wanted = hasAllLevels ? levels : levels - 1;
        if (feature < withLevels && offsets[feature + 1] - offsets[feature] < wanted) {
            throw new MalformedModelException("its feature " + feature + " has " + levels
                    + " levels, and coefficients for " + (offsets[feature + 1] - offsets[feature]));
        }
    }

    ModelDefinition model() throws MalformedModelException {
        String family = info.text("family");
        int classes = info.count("n_classes");
        PipelineForm form = form(family, classes);
        List<String> labels = classes == 1 ? List.of() : columns.labels(classes);
        Map<String, String> facts = new TreeMap<>();
        facts.put("family", family);
        if (info.has("link")) {
            facts.put("link", info.text("link"));
        }
        facts.put("coefficients", Integer.toString(coefficients.length));
        if (TWO_CLASSES.contains(family)) {
            facts.put("threshold", info.text("default_threshold"));
        }
        return MojoReader.model("glm", info, columns.described(imputes), labels, facts, form);
    }

    private PipelineForm form(String family, int classes) throws MalformedModelException {
        if (TWO_CLASSES.contains(family) && classes == 2) {
            List<Integer> sum = sums(1, 1);
            List<Integer> probability = linked(sum);
            return steps.pipeline(steps.label(probability, info.number("default_threshold")), probability, sum);
        }
        if (REGRESSIONS.contains(family) && classes == 1) {
            List<Integer> sum = sums(1, 1);
            return steps.pipeline(linked(sum), List.of(), sum);
        }
        if (family.equals("multinomial") && classes >= 2) {
            List<Integer> sums = sums(classes, classes);
            return classes(steps.each("softmax", sums, Map.of()), sums);
        }
        if (family.equals("ordinal") && classes >= 2) {
            return classes(ordinal(sums(classes - 1, classes)), List.of());
        }
        throw new MalformedModelException("its family is " + family + ", with " + classes
                + " classes; supported are gaussian, binomial, quasibinomial, multinomial, ordinal, poisson, gamma,"
                + " tweedie and negativebinomial");
    }

    private PipelineForm classes(List<Integer> probabilities, List<Integer> raw) {
        List<Integer> prediction = steps.add("argmax", probabilities, 1, Map.of());
        return steps.pipeline(prediction, probabilities.size() == 2 ? probabilities.subList(1, 2) : probabilities, raw);
    }

    /// The sums, of the first `count` of `blocks` blocks of coefficients.
    private List<Integer> sums(int count, int blocks) throws MalformedModelException {
        long wanted = (long) offsets[withLevels] + columns.features() - withLevels + 1;
        if (wanted * blocks != coefficients.length) {
            throw new MalformedModelException(
                    "it has " + coefficients.length + " coefficients; there should be " + blocks + " times " + wanted);
        }
        int terms = (int) wanted;
        if ((long) withLevels * count > PipelineForm.MAX_COLUMNS) {
            throw new MalformedModelException("it has " + withLevels + " features with levels for " + count + " sums");
        }
        List<List<Integer>> found = new ArrayList<>();
        for (int feature = 0; feature < withLevels; feature++) {
            found.add(coefficientsOf(feature, count, terms));
        }
        List<Integer> numbers = MojoSteps.range(withLevels, columns.features());
        if (imputes && !numbers.isEmpty()) {
            double[] means = info.numbers("num_means");
            if (means.length != numbers.size()) {
                throw new MalformedModelException(
                        "it has " + means.length + " means of " + numbers.size() + " features with numbers");
            }
            numbers = steps.each("impute", numbers, Map.of("values", means));
        }
        List<Integer> sums = new ArrayList<>();
        for (int sum = 0; sum < count; sum++) {
            sums.add(sum(sum, sum * terms, terms, found, numbers));
        }
        return sums;
    }

    private int sum(int sum, int first, int terms, List<List<Integer>> found, List<Integer> numbers) {
        List<Integer> inputs = new ArrayList<>();
        found.forEach(feature -> inputs.add(feature.get(sum)));
        inputs.addAll(numbers);
        double[] weights = new double[inputs.size()];
        Arrays.fill(weights, 0, withLevels, 1);
        System.arraycopy(coefficients, first + offsets[withLevels], weights, withLevels, numbers.size());
        double[] intercept = {coefficients[first + terms - 1]};
        return steps.add("linear", inputs, 1, Map.of("weights", weights, "intercepts", intercept))
                .getFirst();
    }

    /// A column for each sum, with the coefficient of the row's level.
    private List<Integer> coefficientsOf(int feature, int sums, int terms) throws MalformedModelException {
        int levels = columns.levels(feature).size();
        double[] keys = new double[levels];
        double[] values = new double[levels * sums];
        double[] missing = new double[sums];
        Arrays.setAll(keys, level -> level);
        for (int sum = 0; sum < sums; sum++) {
            for (int level = 0; level < levels; level++) {
                values[sum * levels + level] = coefficient(sum * terms, feature, level);
            }
            missing[sum] = imputes ? values[sum * levels + mode(feature, levels)] : Double.NaN;
        }
        return steps.add("lookup", List.of(feature), sums, Map.of("keys", keys, "values", values, "unknown", missing));
    }

    private double coefficient(int first, int feature, int level) {
        int position = hasAllLevels ? level : level - 1;
        return position < 0 ? 0 : coefficients[first + offsets[feature] + position];
    }

    /// The level that stands for a missing one.
    private int mode(int feature, int levels) throws MalformedModelException {
        if (modes.length != withLevels || modes[feature] >= levels) {
            throw new MalformedModelException("it has cat_modes for " + modes.length + " of " + withLevels
                    + " features with levels, or one that is no level");
        }
        return modes[feature];
    }

    private List<Integer> linked(List<Integer> sum) throws MalformedModelException {
        String link = info.text("link");
        return switch (link) {
            case "identity" -> sum;
            case "logit" -> steps.each("logistic", sum, Map.of());
            case "log" -> steps.each("exp", sum, Map.of());
            case "inverse" -> inverse(sum);
            case "tweedie" -> tweedie(sum);
            default ->
                throw new MalformedModelException("its link is " + link
                        + "; supported are identity, logit, log, inverse, tweedie, and those of multinomial and"
                        + " ordinal models");
        };
    }

    private List<Integer> inverse(List<Integer> sum) {
        List<Integer> isPositive = steps.label(sum, 0);
        List<Integer> sign =
                steps.each("scale", isPositive, Map.of("multiply", new double[] {2}, "add", new double[] {-1}));
        List<Integer> magnitude = steps.each(
                "scale", steps.each("absolute", sum, Map.of()), Map.of("low", new double[] {LOWEST_INVERSE}));
        List<Integer> divisor = steps.add(
                "product",
                List.of(sign.getFirst(), magnitude.getFirst()),
                1,
                Map.of("left", new double[] {0}, "right", new double[] {1}));
        return steps.each("reciprocal", divisor, Map.of());
    }

    private List<Integer> tweedie(List<Integer> sum) throws MalformedModelException {
        double power = info.has("tweedie_link_power") ? info.number("tweedie_link_power") : 0;
        if (power != 0) {
            return steps.each("pow", sum, Map.of("exponents", new double[] {1 / power}));
        }
        return steps.each("scale", steps.each("exp", sum, Map.of()), Map.of("low", new double[] {LOWEST_TWEEDIE}));
    }

    /// The probabilities of the classes: each sum leads to the probability of its class and all before it.
    private List<Integer> ordinal(List<Integer> sums) {
        List<Integer> upTo = steps.each("logistic", sums, Map.of());
        List<Integer> probabilities = new ArrayList<>(upTo.subList(0, 1));
        for (int i = 1; i < upTo.size(); i++) {
            probabilities.addAll(steps.add(
                    "linear",
                    List.of(upTo.get(i), upTo.get(i - 1)),
                    1,
                    Map.of("weights", new double[] {1, -1}, "intercepts", new double[1])));
        }
        probabilities.addAll(steps.complement(upTo.subList(upTo.size() - 1, upTo.size())));
        return probabilities;
    }
}
