package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import smile.classification.NaiveBayes;
import smile.math.MathEx;
import smile.stat.distribution.BernoulliDistribution;
import smile.stat.distribution.BetaDistribution;
import smile.stat.distribution.BinomialDistribution;
import smile.stat.distribution.ChiSquareDistribution;
import smile.stat.distribution.Distribution;
import smile.stat.distribution.EmpiricalDistribution;
import smile.stat.distribution.ExponentialDistribution;
import smile.stat.distribution.FDistribution;
import smile.stat.distribution.GammaDistribution;
import smile.stat.distribution.GaussianDistribution;
import smile.stat.distribution.GeometricDistribution;
import smile.stat.distribution.HyperGeometricDistribution;
import smile.stat.distribution.KernelDensity;
import smile.stat.distribution.LogNormalDistribution;
import smile.stat.distribution.LogisticDistribution;
import smile.stat.distribution.Mixture;
import smile.stat.distribution.NegativeBinomialDistribution;
import smile.stat.distribution.PoissonDistribution;
import smile.stat.distribution.ShiftedGeometricDistribution;
import smile.stat.distribution.TDistribution;
import smile.stat.distribution.WeibullDistribution;
import smile.util.IntSet;

/// The distributions of Smile's naive Bayes classifier, decomposed into the arguments of their constructors.
/// Each is a part whose kind is the name of Smile's class.
public final class SmileDistributions {

    public static final String SUPPORTED =
            "supported are the distributions of Smile of one number: Gaussian, log-normal,"
                    + " exponential, gamma, beta, logistic, Weibull, chi-square, F, t, kernel density, Poisson, Bernoulli,"
                    + " binomial, negative binomial, geometric, shifted geometric, hypergeometric, empirical, and mixtures";

    /// The largest number of trials of one distribution, and the largest value of a feature whose factorial
    /// Smile computes. Smile adds up a logarithm per unit.
    static final int MAX_TRIALS = 1_000_000;

    /// The largest number of trials of all distributions of a model.
    static final int MAX_TRIALS_IN_ALL = 10 * MAX_TRIALS;

    private SmileDistributions() {}

    /// The part's row: the prior probabilities of the classes. Its parts: the distribution of each feature in
    /// the first class, then in the other classes.
    static ModelPart part(NaiveBayes bayes, SmileSizeLimit size) throws MalformedModelException {
        Distribution[][] rows = (Distribution[][]) SmileReflection.of(bayes, "prob");
        List<ModelPart> parts = new ArrayList<>();
        for (Distribution[] row : rows) {
            if (row.length != rows[0].length || rows.length != bayes.priori().length) {
                throw new MalformedModelException("it has distributions of " + row.length + " features in a class, of "
                        + rows[0].length + " in the first");
            }
            for (Distribution distribution : row) {
                parts.add(part(distribution, size));
            }
        }
        return new ModelPart("NaiveBayes", List.of(bayes.priori()), parts);
    }

    static NaiveBayes bayes(ModelPart part) {
        double[] starts = part.numbers(0);
        int features = features(part);
        double trials =
                part.parts().stream().mapToDouble(SmileDistributions::trials).sum();
        if (!(trials <= MAX_TRIALS_IN_ALL)) {
            throw new IllegalArgumentException("its distributions have " + trials
                    + " trials, or shapes and degrees of freedom, in all; supported are " + MAX_TRIALS_IN_ALL);
        }
        Distribution[][] rows = new Distribution[starts.length][features];
        for (int k = 0; k < rows.length; k++) {
            for (int i = 0; i < features; i++) {
                rows[k][i] = of(part.part(k * features + i));
            }
        }
        return new NaiveBayes(starts, rows);
    }

    static int features(ModelPart bayes) {
        int classes = bayes.numbers(0).length;
        if (classes == 0 || bayes.parts().size() % classes != 0) {
            throw new IllegalArgumentException(
                    "it has " + bayes.parts().size() + " distributions for " + classes + " classes");
        }
        return bayes.parts().size() / classes;
    }

    private static ModelPart part(Distribution distribution, SmileSizeLimit size) throws MalformedModelException {
        return switch (distribution) {
            case Mixture mixture -> {
                List<ModelPart> parts = new ArrayList<>();
                size.takePart(mixture.components.length);
                double[] shares = new double[mixture.components.length];
                for (int i = 0; i < shares.length; i++) {
                    shares[i] = mixture.components[i].priori();
                    if (mixture.components[i].distribution() instanceof Mixture) {
                        throw new MalformedModelException("it has a mixture of mixtures; " + SUPPORTED);
                    }
                    parts.add(part(mixture.components[i].distribution(), size));
                }
                yield new ModelPart("Mixture", List.of(shares), parts);
            }
            case KernelDensity density -> {
                double[] values = (double[]) SmileReflection.of(density, "x");
                size.takePart(values.length);
                yield named("KernelDensity", values, SmileReflection.number(density, "h"));
            }
            case EmpiricalDistribution empirical -> {
                int[] values = ((IntSet) SmileReflection.of(empirical, "x")).values;
                if (!isGapless(values) || values.length != empirical.p.length) {
                    throw new MalformedModelException("it has an EmpiricalDistribution of values with gaps, of which"
                            + " Smile can't compute all; " + SUPPORTED);
                }
                size.takePart(values.length);
                yield named("EmpiricalDistribution", empirical.p, values[0]);
            }
            case null -> throw new MalformedModelException("it lacks a distribution");
            default -> {
                double[] numbers = numbers(distribution);
                size.takePart(numbers.length);
                yield new ModelPart(distribution.getClass().getSimpleName(), List.of(numbers), List.of());
            }
        };
    }

    private static ModelPart named(String kind, double[] row, double number) {
        return new ModelPart(kind, List.of(row, new double[] {number}), List.of());
    }

    private static boolean isGapless(int[] values) {
        return IntStream.range(0, values.length).allMatch(i -> values[i] == values[0] + i);
    }

    private static double[] numbers(Distribution distribution) throws MalformedModelException {
        return switch (distribution) {
            case GaussianDistribution it -> new double[] {it.mu, it.sigma};
            case LogNormalDistribution it -> new double[] {it.mu, it.sigma};
            case ExponentialDistribution it -> new double[] {it.lambda};
            case GammaDistribution it -> new double[] {it.k, it.theta};
            case BetaDistribution it -> new double[] {it.alpha, it.beta};
            case LogisticDistribution it -> new double[] {it.mu, it.scale};
            case WeibullDistribution it -> new double[] {it.k, it.lambda};
            case ChiSquareDistribution it -> new double[] {it.nu};
            case FDistribution it -> new double[] {it.nu1, it.nu2};
            case TDistribution it -> new double[] {it.nu};
            case PoissonDistribution it -> new double[] {it.lambda};
            case BernoulliDistribution it -> new double[] {it.p};
            case BinomialDistribution it -> new double[] {it.n, it.p};
            case NegativeBinomialDistribution it -> new double[] {it.r, it.p};
            case GeometricDistribution it -> new double[] {it.p};
            case ShiftedGeometricDistribution it -> new double[] {it.p};
            case HyperGeometricDistribution it -> new double[] {it.N, it.m, it.n};
            default ->
                throw new MalformedModelException("it has a distribution of the class "
                        + distribution.getClass().getSimpleName() + "; " + SUPPORTED);
        };
    }

    /// The number of logarithms that Smile adds up, per model or per row: it computes the gamma function of a
    /// whole number as a factorial.
    private static double trials(ModelPart part) {
        return switch (part.kind()) {
            case "GammaDistribution",
                    "ChiSquareDistribution",
                    "TDistribution",
                    "BinomialDistribution",
                    "NegativeBinomialDistribution",
                    "HyperGeometricDistribution" -> trials(part, 1);
            case "BetaDistribution", "FDistribution" -> trials(part, 2);
            case "Mixture" ->
                part.parts().stream().mapToDouble(SmileDistributions::trials).sum();
            default -> 0;
        };
    }

    private static double trials(ModelPart part, int numbers) {
        double trials = 0;
        for (int i = 0; i < numbers; i++) {
            double number = part.numbers(0)[i];
            if (!(number <= MAX_TRIALS)) {
                throw new IllegalArgumentException("its " + part.kind() + " has " + number
                        + " trials, or a shape or degrees of freedom so large; supported are " + MAX_TRIALS);
            }
            trials += Math.max(0, number);
        }
        return trials;
    }

    private static Distribution of(ModelPart part) {
        double[] row = part.numbers(0);
        return switch (part.kind()) {
            case "GaussianDistribution" -> new GaussianDistribution(row[0], row[1]);
            case "LogNormalDistribution" -> new LogNormalDistribution(row[0], row[1]);
            case "ExponentialDistribution" -> new ExponentialDistribution(row[0]);
            case "GammaDistribution" -> new GammaDistribution(row[0], row[1]);
            case "BetaDistribution" -> new BetaDistribution(row[0], row[1]);
            case "LogisticDistribution" -> new LogisticDistribution(row[0], row[1]);
            case "WeibullDistribution" -> new WeibullDistribution(row[0], row[1]);
            case "ChiSquareDistribution" -> new ChiSquareDistribution((int) row[0]);
            case "FDistribution" -> new FDistribution((int) row[0], (int) row[1]);
            case "TDistribution" -> new TDistribution((int) row[0]);
            case "PoissonDistribution" -> new PoissonDistribution(row[0]);
            case "BernoulliDistribution" -> new BernoulliDistribution(row[0]);
            case "BinomialDistribution" -> new BinomialDistribution((int) row[0], row[1]);
            case "NegativeBinomialDistribution" -> new NegativeBinomialDistribution(row[0], row[1]);
            case "GeometricDistribution" -> new GeometricDistribution(row[0]);
            case "ShiftedGeometricDistribution" -> new ShiftedGeometricDistribution(row[0]);
            case "HyperGeometricDistribution" ->
                new HyperGeometricDistribution((int) row[0], (int) row[1], (int) row[2]);
            case "KernelDensity" -> new KernelDensity(row.clone(), part.number(1));
            case "EmpiricalDistribution" -> {
                int first = (int) part.number(1);
                yield new EmpiricalDistribution(
                        row,
                        new IntSet(IntStream.range(first, first + row.length).toArray()));
            }
            case "Mixture" ->
                new Mixture(IntStream.range(0, row.length)
                        .mapToObj(i -> new Mixture.Component(row[i], of(part.part(i))))
                        .toArray(Mixture.Component[]::new));
            default -> throw new IllegalArgumentException("it has a distribution of the unknown kind " + part.kind());
        };
    }

    /// The conditions under which Smile's distributions have an answer for a row, in every class and every
    /// component of a mixture.
    static final class Domain {

        private final boolean[] isWhole;
        private final boolean[] isCounted;
        private final boolean[] isPositive;

        Domain(ModelPart bayes) {
            int features = features(bayes);
            this.isWhole = new boolean[features];
            this.isCounted = new boolean[features];
            this.isPositive = new boolean[features];
            for (int i = 0; i < bayes.parts().size(); i++) {
                add(bayes.part(i), i % features);
            }
        }

        private void add(ModelPart part, int feature) {
            switch (part.kind()) {
                case "Mixture" -> part.parts().forEach(component -> add(component, feature));
                case "PoissonDistribution", "NegativeBinomialDistribution" -> {
                    isWhole[feature] = true;
                    isCounted[feature] = true;
                }
                case "BernoulliDistribution",
                        "BinomialDistribution",
                        "GeometricDistribution",
                        "ShiftedGeometricDistribution",
                        "HyperGeometricDistribution",
                        "EmpiricalDistribution" -> isWhole[feature] = true;
                case "LogNormalDistribution" -> isPositive[feature] = true;
                default -> {}
            }
        }

        /// @throws IllegalArgumentException if Smile has no answer for the row, or would add up too many
        ///     logarithms for it
        void check(double[] row) {
            for (int i = 0; i < row.length; i++) {
                if (isWhole[i] && !MathEx.isInt(row[i])) {
                    throw outside(i, row[i], "whole");
                }
                if (isCounted[i] && Math.abs(row[i]) > MAX_TRIALS) {
                    throw outside(i, row[i], "from " + -MAX_TRIALS + " to " + MAX_TRIALS);
                }
                if (isPositive[i] && row[i] < 0) {
                    throw outside(i, row[i], "zero or more");
                }
            }
        }

        private static IllegalArgumentException outside(int feature, double value, String needed) {
            return new IllegalArgumentException("feature " + (feature + 1) + " of naive Bayes is " + value
                    + ", and has to be " + needed + " (leave such rows out by source.where)");
        }
    }
}
