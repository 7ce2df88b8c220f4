package io.nightshift.scoring.form;

/// Computes the mean output of a forest over its training rows from the covers of its nodes. It is the bias of
/// path-dependent SHAP values.
public final class Expectations {

    private Expectations() {}

    /// For each sum, the base and the expectations of the trees.
    ///
    /// @param forest a forest with covers
    public static double[] of(Forest forest) {
        double[] sums =
                forest.shape().base().stream().mapToDouble(Double::doubleValue).toArray();
        for (int tree = 0; tree < forest.trees(); tree++) {
            for (int position = 0; position < forest.shape().width(); position++) {
                int sum = forest.shape().width() == 1 ? forest.group(tree) : position;
                sums[sum] += expectation(forest, forest.root(tree), position);
            }
        }
        return sums;
    }

    private static double expectation(Forest forest, int node, int position) {
        if (forest.isLeaf(node)) {
            return forest.leaf(forest.child(node), position);
        }
        double mean = 0;
        for (int child = forest.child(node); child <= forest.child(node) + 1; child++) {
            // A child that no weight reached does not count, even if its parent has none either.
            double share = forest.cover(child) == 0 ? 0 : forest.cover(child) / forest.cover(node);
            mean += share == 0 ? 0 : share * expectation(forest, child, position);
        }
        return mean;
    }
}
