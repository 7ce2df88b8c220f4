package io.nightshift.worker.scoring;

import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.worker.scoring.Forest.CategoryRule;
import java.util.Arrays;
import java.util.BitSet;

/// The test of a set node, for a block of rows at a time.
final class CategorySet {

    /// Sets of higher categories are searched, so that no set takes more memory than its categories do.
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

    /// A set of the forest, as a test of a feature.
    static CategorySet of(Forest forest, int feature, int set) {
        return new CategorySet(
                forest.categories(set),
                forest.precision(feature) == Precision.FLOAT32,
                forest.shape().categories());
    }

    /// Whether a value goes right.
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
