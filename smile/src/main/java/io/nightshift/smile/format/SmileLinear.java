package io.nightshift.smile.format;

import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.smile.model.SmileReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import smile.classification.LogisticRegression;
import smile.classification.Maxent;
import smile.classification.SparseLogisticRegression;
import smile.regression.GLM;
import smile.regression.LinearModel;

/// Converts Smile's linear models. Sums have the order of Smile's `predict` for one row; its `predict` for a
/// data frame leaves the order to a native library.
public final class SmileLinear {

    private SmileLinear() {}

    static ModelDefinition linearModel(LinearModel model, Map<String, String> facts) throws MalformedModelException {
        SmileSchema.requirePlain(model.formula());
        SmileSchema schema = new SmileSchema(model.schema());
        List<Double> weights =
                new ArrayList<>(DoubleStream.of(model.coefficients().toArray(new double[0]))
                        .boxed()
                        .toList());
        weights.add(model.intercept());
        return regression("LinearModel", schema, weights, Link.IDENTITY, facts);
    }

    static ModelDefinition generalized(GLM model, Map<String, String> facts) throws MalformedModelException {
        SmileSchema.requirePlain(model.formula());
        SmileSchema schema = new SmileSchema(model.schema());
        String family = SmileReflection.family(model);
        Link link = switch (family) {
            case "Gaussian(identity)" -> Link.IDENTITY;
            case "Gaussian(log)", "Poisson(log)" -> Link.EXPONENTIAL;
            case "Bernoulli(logit)", "Binomial(logit)" -> Link.SIGMOID;
            default ->
                throw new MalformedModelException("it is a generalized linear model " + family
                        + "; supported are Gaussian(identity), Gaussian(log), Poisson(log), Bernoulli(logit) and"
                        + " Binomial(logit)");
        };
        double[] coefficients = model.coefficients();
        List<Double> weights = new ArrayList<>();
        for (int i = 1; i < coefficients.length; i++) {
            weights.add(coefficients[i]);
        }
        weights.add(0.0 + coefficients[0]);
        return regression("GLM " + family, schema, weights, link, facts);
    }

    private static ModelDefinition regression(
            String algorithm, SmileSchema schema, List<Double> weights, Link link, Map<String, String> facts)
            throws MalformedModelException {
        List<ModelFeature> features = schema.features();
        List<Term> terms = schema.terms();
        if (weights.size() != terms.size() + 1) {
            throw new MalformedModelException("it has " + (weights.size() - 1) + " coefficients for " + terms.size()
                    + " columns and levels; supported are formulas with an intercept");
        }
        LinearForm form = new LinearForm(features.size(), terms, List.of(weights), link);
        return SmileImport.model(algorithm, features, List.of(), form, facts);
    }

    static ModelDefinition logistic(LogisticRegression regression, SmileFrameModel frame, Map<String, String> facts)
            throws MalformedModelException {
        return logistic("LogisticRegression", form(regression), regression.classes(), frame, facts);
    }

    static ModelDefinition logistic(
            SparseLogisticRegression regression, SmileFrameModel frame, Map<String, String> facts)
            throws MalformedModelException {
        List<double[]> rows = switch (regression) {
            case SparseLogisticRegression.Binomial binomial -> List.of(binomial.coefficients());
            case SparseLogisticRegression.Multinomial multinomial -> withReference(multinomial.coefficients());
            default -> throw SmileImport.unsupported(regression);
        };
        return logistic("SparseLogisticRegression", form(rows), regression.classes(), frame, facts);
    }

    /// Smile takes the positions of the features that are present. The converted model has a column for each
    /// feature, with 1 for a present feature and 0 for others, in ascending order.
    static ModelDefinition entropy(Maxent entropy, Map<String, String> facts) throws MalformedModelException {
        List<double[]> rows = switch (entropy) {
            case Maxent.Binomial binomial -> List.of(binomial.coefficients());
            case Maxent.Multinomial multinomial -> withReference(multinomial.coefficients());
            default -> throw SmileImport.unsupported(entropy);
        };
        return logistic("Maxent", form(rows), entropy.classes(), new SmileFrameModel(entropy, null), facts);
    }

    private static ModelDefinition logistic(
            String algorithm, LinearForm form, int[] classes, SmileFrameModel frame, Map<String, String> facts)
            throws MalformedModelException {
        return SmileImport.model(
                algorithm, frame.features(form.features()), SmileImport.numbered(classes), form, facts);
    }

    /// The weights of the columns that Smile was given, in their order.
    public static LinearForm form(LogisticRegression regression) throws MalformedModelException {
        return form(
                switch (regression) {
                    case LogisticRegression.Binomial binomial -> List.of(binomial.coefficients());
                    case LogisticRegression.Multinomial multinomial -> withReference(multinomial.coefficients());
                    default -> throw SmileImport.unsupported(regression);
                });
    }

    /// The last class has weights of zero.
    private static List<double[]> withReference(double[][] rows) {
        List<double[]> all = new ArrayList<>(List.of(rows));
        all.add(new double[rows[0].length]);
        return all;
    }

    private static LinearForm form(List<double[]> rows) {
        List<List<Double>> weights =
                rows.stream().map(row -> DoubleStream.of(row).boxed().toList()).toList();
        int columns = rows.getFirst().length - 1;
        return new LinearForm(
                columns, bare(columns), weights, rows.size() == 1 ? Link.LOGISTIC_FROM_HALF : Link.SOFTMAX);
    }

    /// Smile gives no probabilities; the converted model gives 1 for the predicted class.
    static ModelDefinition machine(
            smile.classification.LinearSVM machine, SmileFrameModel frame, Map<String, String> facts)
            throws MalformedModelException {
        LinearForm form = machine(machine.weights(), machine.intercept(), Link.STEP);
        List<String> classes = SmileImport.numbered(machine.classes());
        return SmileImport.model("LinearSVM", frame.features(form.features()), classes, form, facts);
    }

    static ModelDefinition machine(smile.regression.LinearSVM machine, SmileFrameModel frame, Map<String, String> facts)
            throws MalformedModelException {
        LinearForm form = machine(machine.weights(), machine.intercept(), Link.IDENTITY);
        return SmileImport.model("LinearSVM", frame.features(form.features()), List.of(), form, facts);
    }

    private static LinearForm machine(double[] weights, double intercept, Link link) {
        List<Double> all = new ArrayList<>(DoubleStream.of(weights).boxed().toList());
        all.add(intercept);
        return new LinearForm(weights.length, bare(weights.length), List.of(all), link, Precision.FLOAT64, true);
    }

    private static List<Term> bare(int columns) {
        return IntStream.range(0, columns)
                .<Term>mapToObj(column -> new Term.Scaled(column, 0, 1))
                .toList();
    }
}
