package io.nightshift.scoring.form;

import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.List;

/// A linear model: each sum is an intercept plus weighted terms in the order of the terms, or weighted terms
/// plus an intercept.
///
/// In double precision (Smile, scikit-learn) a missing value makes the sums NaN. In single precision
/// (XGBoost) all terms are plain numbers, rounded first, and a missing value adds nothing.
///
/// @param features the number of input columns
/// @param terms the terms that are weighted
/// @param weights for each sum, one weight per term and then the intercept
/// @param link in double precision [Link#IDENTITY], [Link#EXPONENTIAL], [Link#SIGMOID],
///     [Link#LOGISTIC_FROM_HALF], [Link#LOGISTIC_ABOVE_ZERO], [Link#STEP] or [Link#SOFTMAX]; in single
///     precision those of a forest's sums
/// @param arithmetic the precision of terms, sums and link
/// @param interceptLast whether sums start at 0 and the intercept is added after the terms; only in double
///     precision
public record LinearForm(
        int features,
        List<Term> terms,
        List<List<Double>> weights,
        Link link,
        Precision arithmetic,
        boolean interceptLast)
        implements ModelForm {

    /// A function of one feature that is multiplied by a weight.
    public sealed interface Term {
        /// The index of the feature, from 0.
        int feature();

        /// The term for a value of its feature.
        ///
        /// @param value the value of the feature
        double of(double value);

        /// A number, standardised: `(x - centre) / scale`.
        ///
        /// @param feature the index of the feature, from 0
        /// @param centre the number that is subtracted
        /// @param scale the number by which the difference is divided
        record Scaled(int feature, double centre, double scale) implements Term {
            @Override
            public double of(double value) {
                return (value - centre) / scale;
            }
        }

        /// 1 if a nominal feature has this level, otherwise 0.
        ///
        /// @param feature the index of the feature, from 0
        /// @param level the position of the level, from 0
        record Indicator(int feature, int level) implements Term {
            @Override
            public double of(double value) {
                return value == level ? 1 : 0;
            }
        }
    }

    public LinearForm {
        terms = List.copyOf(terms);
        weights = weights.stream().map(List::copyOf).toList();
        if (features < 1) {
            throw new IllegalArgumentException("a linear model has features");
        }
        for (Term term : terms) {
            if (term.feature() < 0 || term.feature() >= features) {
                throw new IllegalArgumentException("a term is of one of the " + features + " features");
            }
        }
        for (List<Double> row : weights) {
            if (row.size() != terms.size() + 1) {
                throw new IllegalArgumentException("a linear model has a weight for each term, and an intercept");
            }
        }
        boolean single = arithmetic == Precision.FLOAT32;
        if (single && interceptLast) {
            throw new IllegalArgumentException("single-precision sums start at the intercept");
        }
        if (single && !terms.stream().allMatch(LinearForm::isBare)) {
            throw new IllegalArgumentException("single-precision terms are bare numbers");
        }
        if (!(single ? link.isOf(arithmetic) : isOfDoubles(link)) || !link.accepts(weights.size())) {
            throw new IllegalArgumentException("the link " + link + " does not go with " + weights.size() + " sums");
        }
    }

    /// In double precision, starting at the intercept.
    public LinearForm(int features, List<Term> terms, List<List<Double>> weights, Link link) {
        this(features, terms, weights, link, Precision.FLOAT64);
    }

    /// Starting at the intercept.
    public LinearForm(int features, List<Term> terms, List<List<Double>> weights, Link link, Precision arithmetic) {
        this(features, terms, weights, link, arithmetic, false);
    }

    private static boolean isBare(Term term) {
        return term instanceof Term.Scaled(int feature, double centre, double scale) && centre == 0 && scale == 1;
    }

    private static boolean isOfDoubles(Link link) {
        return switch (link) {
            case IDENTITY, EXPONENTIAL, SIGMOID, LOGISTIC_FROM_HALF, LOGISTIC_ABOVE_ZERO, STEP, SOFTMAX -> true;
            case FIRST,
                    MEAN,
                    SIGNED_SQUARE,
                    SOFTPLUS,
                    LOGISTIC,
                    LOGISTIC_FROM_ZERO,
                    HALF_LOGISTIC,
                    PROBABILITY,
                    ONE_VS_ALL,
                    PROBABILITIES,
                    SHARES,
                    VOTED_SHARES -> false;
        };
    }

    @Override
    public int outputs() {
        return link.outputs(weights.size());
    }

    @Override
    public int margins() {
        return weights.size();
    }

    @Override
    public long heapBytes() {
        return 32L * terms.size() + 24L * weights.size() * (terms.size() + 1);
    }
}
