package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.form.Forest.NodeKind;
import io.nightshift.scoring.form.ForestBuilder;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.catboost.CatBoostFeatures.NumberFeature;
import java.util.Arrays;

/// The splits that the trees of a CatBoost model refer to by their numbers: the borders of the first feature, then
/// those of the second, and so on; then the values of categories, and then the borders of statistics of categories.
/// A split is true for a number above its border.
final class CatBoostSplits {

    private int[] column = new int[16];
    private double[] border = new double[16];
    private NodeKind[] kind = new NodeKind[16];
    private int size;

    /// Adds the borders of a feature.
    void add(NumberFeature feature) {
        for (float next : feature.borders()) {
            add(
                    feature.position(),
                    next,
                    feature.isNanAbove(next) ? NodeKind.NUMERIC_MISSING_RIGHT : NodeKind.NUMERIC_MISSING_LEFT);
        }
    }

    /// Adds a border of a column that is computed.
    void add(int computed, float next) {
        add(computed, next, NodeKind.NUMERIC_MISSING_LEFT);
    }

    private void add(int of, double value, NodeKind test) {
        if (size == column.length) {
            column = Arrays.copyOf(column, 2 * size);
            border = Arrays.copyOf(border, 2 * size);
            kind = Arrays.copyOf(kind, 2 * size);
        }
        column[size] = of;
        border[size] = value;
        kind[size++] = test;
    }

    /// Fills the next node of a forest. The left child is where the split is false.
    ///
    /// @param split the number of the split
    void addTo(ForestBuilder forest, int split) throws MalformedModelException {
        if (split < 0 || split >= size) {
            throw new MalformedModelException("a tree has the split " + split + " of " + size);
        }
        forest.split(kind[split], column[split], border[split]);
    }
}
