package io.nightshift.worker.scoring;

import io.nightshift.protocol.model.FeatureType.Precision;
import io.nightshift.worker.scoring.Forest.Comparison;
import java.util.List;

/// What the trees of a [Forest] have in common.
///
/// @param precision for each feature, the precision to which its values are rounded before they are compared
/// @param arithmetic the precision of the sums and of the link
/// @param comparison what a numeric node tests
/// @param width how many numbers a leaf holds: 1, or one a class
/// @param base where the sums start, one number a sum; a tree of width 1 adds to one of them, its group
/// @param link how sums become predictions
public record ForestShape(
        List<Precision> precision,
        Precision arithmetic,
        Comparison comparison,
        int width,
        List<Double> base,
        Link link) {

    public ForestShape {
        precision = List.copyOf(precision);
        base = List.copyOf(base);
        if (precision.isEmpty()) {
            throw new IllegalArgumentException("a forest has features");
        }
        if (width < 1 || (width > 1 && width != base.size())) {
            throw new IllegalArgumentException(
                    "a leaf holds one number, or one for each of " + base.size() + " sums, not " + width);
        }
        if (arithmetic == Precision.FLOAT32 && width > 1) {
            throw new IllegalArgumentException("single-precision sums are of leaves with one number");
        }
        if (!link.accepts(base.size())) {
            throw new IllegalArgumentException("the link " + link + " does not go with " + base.size() + " sums");
        }
    }

    public int features() {
        return precision.size();
    }

    /// The number of sums a row has.
    public int sums() {
        return base.size();
    }

    /// The number of groups that trees may belong to.
    public int groups() {
        return width == 1 ? base.size() : 1;
    }
}
