package io.nightshift.scoring.training;

import java.util.Arrays;
import java.util.stream.Collectors;

/// The options of a training. An option that does not apply to the algorithm is ignored.
///
/// @param algorithm what to train
/// @param trees the number of trees, from 1 to 100,000; for boosting, rounds
/// @param depth the largest number of tests on the path to a leaf, from 1 to 100
/// @param nodes the largest number of leaves of a tree, at least 2; or 0 for a fifth of the rows (boosting:
///     6)
/// @param nodeSize the smallest number of training rows in a leaf, at least 1
/// @param shrinkage boosting's learning rate, above 0 and at most 1
/// @param sample the fraction of rows that each tree is grown on, above 0 and at most 1; with 1, the trees of
///     a forest draw rows with replacement
/// @param penalty the weight of a logistic regression's L2 penalty, 0 or more
/// @param seed the same seed gives the same model
/// @param holdout the fraction of rows to evaluate on instead of training, from 0 (no metrics) to 0.9
public record TrainingOptions(
        Algorithm algorithm,
        int trees,
        int depth,
        int nodes,
        int nodeSize,
        double shrinkage,
        double sample,
        double penalty,
        long seed,
        double holdout) {

    /// The supported algorithms. All predict classes; all except logistic regression also predict numbers.
    public enum Algorithm {
        /// Trees on random samples of rows and features.
        RANDOM_FOREST("random-forest"),
        /// Trees that each correct the sum of those before them.
        GRADIENT_BOOSTING("gradient-boosting"),
        /// One tree.
        DECISION_TREE("decision-tree"),
        /// A linear classifier; it has no regression.
        LOGISTIC_REGRESSION("logistic-regression");

        private final String label;

        Algorithm(String label) {
            this.label = label;
        }

        /// The name users write, such as `random-forest`.
        public String label() {
            return label;
        }

        /// The algorithm with this label.
        ///
        /// @throws TrainingException if there is none
        public static Algorithm of(String label) {
            return Arrays.stream(values())
                    .filter(algorithm -> algorithm.label.equals(label))
                    .findFirst()
                    .orElseThrow(() -> new TrainingException(
                            "There is no algorithm «" + label + "». Choose one of " + labels() + "."));
        }

        private static String labels() {
            return Arrays.stream(values()).map(Algorithm::label).collect(Collectors.joining(", "));
        }
    }

    /// @throws TrainingException if an option is out of its range, with the range
    public TrainingOptions {
        require(trees >= 1 && trees <= 100_000, "trees", trees, "from 1 to 100000");
        require(depth >= 1 && depth <= 100, "depth", depth, "from 1 to 100");
        require(nodes == 0 || nodes >= 2, "nodes", nodes, "0, or at least 2");
        require(nodeSize >= 1, "node-size", nodeSize, "at least 1");
        require(shrinkage > 0 && shrinkage <= 1, "shrinkage", shrinkage, "above 0 and at most 1");
        require(sample > 0 && sample <= 1, "sample", sample, "above 0 and at most 1");
        require(penalty >= 0 && penalty < Double.POSITIVE_INFINITY, "penalty", penalty, "0 or more");
        require(holdout >= 0 && holdout <= 0.9, "holdout", holdout, "from 0 to 0.9");
    }

    /// The default options of an algorithm. The leaves of a forest's trees are limited, because unlimited
    /// trees predict little better on many rows and take a hundred times the memory.
    public static TrainingOptions defaults(Algorithm algorithm) {
        return switch (algorithm) {
            case RANDOM_FOREST -> new TrainingOptions(algorithm, 100, 20, 1000, 5, 1, 1, 0, 1, 0.2);
            case GRADIENT_BOOSTING -> new TrainingOptions(algorithm, 200, 6, 0, 5, 0.05, 0.7, 0, 1, 0.2);
            case DECISION_TREE -> new TrainingOptions(algorithm, 1, 10, 0, 5, 1, 1, 0, 1, 0.2);
            case LOGISTIC_REGRESSION -> new TrainingOptions(algorithm, 1, 1, 0, 1, 1, 1, 0.1, 1, 0.2);
        };
    }

    private static void require(boolean holds, String option, Number value, String range) {
        if (!holds) {
            throw new TrainingException("The option " + option + " is " + value + "; it has to be " + range + ".");
        }
    }
}
