package io.nightshift.scoring.kernel;

import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.Arrays;
import java.util.BitSet;

/// The test of a set node, for a block of rows at a time.
final class CategorySet {

    /// Sets with higher categories are searched by bisection, so that no set takes more memory than its
    /// categories.
    private static final int MAX_BITS = 1 << 13;

    private final int[] categories;
    private final BitSet bits = new BitSet();
    private final boolean dense;
    private final boolean narrow;
    private final CategoryRule rule;

    private CategorySet(int[] categories, boolean narrow, CategoryRule rule) {
        this.categories = categories;
        this.narrow = narrow;
        this.rule = rule;
        this.dense = categories.length == 0 || categories[categories.length - 1] < MAX_BITS;
        if (dense) {
            Arrays.stream(categories).forEach(bits::set);
        }
    }

    /// The test of a feature for a set of the forest.
    static CategorySet of(Forest forest, int feature, int set) {
        return new CategorySet(
                forest.categories(set),
                forest.precision(feature) == Precision.FLOAT32,
                forest.shape().categories());
    }

    /// Whether a row with this value goes right.
    boolean isRight(double given, boolean missingLeft) {
        if (Double.isNaN(given)) {
            return !missingLeft;
        }
        int category = rule.category(narrow ? (float) given : given);
        return category < 0 || !(dense ? bits.get(category) : Arrays.binarySearch(categories, category) >= 0);
    }

    long heapBytes() {
        return 96 + 4L * categories.length + bits.size() / Byte.SIZE;
    }
}
