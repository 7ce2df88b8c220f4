package io.nightshift.scoring.form;

import io.nightshift.scoring.form.Forest.CategoryRule;
import io.nightshift.scoring.form.Forest.Comparison;
import io.nightshift.scoring.link.Link;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.util.List;

/// The properties that the trees of a [Forest] have in common.
///
/// @param precision for each feature, the precision to which its values are rounded before they are compared
/// @param arithmetic the precision of the sums and of the link
/// @param comparison what a numeric node tests
/// @param width how many numbers a leaf holds: 1, or one per class
/// @param base the initial value of each sum. A tree of width 1 adds to one sum, that of its group
/// @param link how sums become predictions
/// @param divisor a sum is divided by it before the link; 1 for no change
/// @param slope a sum is multiplied by it before the link; 1 for no change
/// @param categories how a number becomes a category at a set node
public record ForestShape(
        List<Precision> precision,
        Precision arithmetic,
        Comparison comparison,
        int width,
        List<Double> base,
        Link link,
        double divisor,
        double slope,
        CategoryRule categories) {

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
        if (!(divisor >= 1 && slope > 0 && Double.isFinite(divisor) && Double.isFinite(slope))) {
            throw new IllegalArgumentException("sums are divided by " + divisor + " and multiplied with " + slope);
        }
        if (arithmetic == Precision.FLOAT32 && (divisor != 1 || slope != 1)) {
            throw new IllegalArgumentException("single-precision sums are neither divided nor multiplied");
        }
        if (!link.isOf(arithmetic)) {
            throw new IllegalArgumentException("the link " + link + " is not one of " + arithmetic + " sums");
        }
        if (!link.accepts(base.size())) {
            throw new IllegalArgumentException("the link " + link + " does not go with " + base.size() + " sums");
        }
    }

    /// A shape whose sums go to the link unchanged, and whose categories start at 0.
    public ForestShape(
            List<Precision> precision,
            Precision arithmetic,
            Comparison comparison,
            int width,
            List<Double> base,
            Link link) {
        this(precision, arithmetic, comparison, width, base, link, 1, 1, CategoryRule.FROM_ZERO);
    }

    /// The number of input columns.
    public int features() {
        return precision.size();
    }

    /// The number of sums per row.
    public int sums() {
        return base.size();
    }

    /// The number of groups; each tree belongs to one.
    public int groups() {
        return width == 1 ? base.size() : 1;
    }
}
