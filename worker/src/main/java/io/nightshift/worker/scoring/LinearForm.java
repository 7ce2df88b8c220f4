package io.nightshift.worker.scoring;

import java.util.List;

/// A linear model: each sum is an intercept plus weighted terms, in the terms' order, in double precision.
///
/// @param features the number of input columns
/// @param terms what is weighted
/// @param weights for each sum, one weight a term and then the intercept
/// @param link [Link#IDENTITY], [Link#LOGISTIC_FROM_HALF] or [Link#SOFTMAX]
public record LinearForm(int features, List<Term> terms, List<List<Double>> weights, Link link) implements ModelForm {

    /// What a weight is multiplied with.
    public sealed interface Term {
        int feature();

        /// The term for a value of its feature.
        double of(double value);

        /// A number, standardised: `(x - centre) / scale`.
        record Scaled(int feature, double centre, double scale) implements Term {
            @Override
            public double of(double value) {
                return (value - centre) / scale;
            }
        }

        /// 1 where a nominal feature has this level, otherwise 0.
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
        boolean known = switch (link) {
            case IDENTITY, LOGISTIC_FROM_HALF, SOFTMAX -> true;
            case MEAN, EXPONENTIAL, SIGMOID, LOGISTIC, HALF_LOGISTIC, PROBABILITIES, SHARES, VOTED_SHARES -> false;
        };
        if (!known || !link.accepts(weights.size())) {
            throw new IllegalArgumentException("the link " + link + " does not go with " + weights.size() + " sums");
        }
    }

    @Override
    public int outputs() {
        return link.outputs(weights.size());
    }

    @Override
    public ScorerFactory prepare() {
        return new ScorerFactory() {
            @Override
            public Scorer scorer() {
                return new LinearScorer(LinearForm.this);
            }

            @Override
            public String kernel() {
                return "linear, term by term";
            }

            @Override
            public long heapBytes() {
                return 0;
            }
        };
    }

    @Override
    public long heapBytes() {
        return 32L * terms.size() + 24L * weights.size() * (terms.size() + 1);
    }
}
