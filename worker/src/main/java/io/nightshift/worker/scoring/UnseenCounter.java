package io.nightshift.worker.scoring;

import io.nightshift.source.BoundJob.Feature;
import io.nightshift.source.Categories;
import io.nightshift.source.Categories.Unseen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Counts the values of categorical features that are no category that the model knows, and makes them missing
/// values unless the model has an answer for them. For one thread.
///
/// A model without categories pays nothing: it has no features to look at.
public final class UnseenCounter {

    /// The code of a name that is no known category.
    static final int NONE = -1;

    /// Codes from here on are searched by bisection, so that the memory does not depend on the largest code.
    private static final int DENSE = 1 << 16;

    private final List<Known> features = new ArrayList<>();

    /// A feature's known codes.
    private static final class Known {
        private final int feature;
        private final boolean[] dense;
        private final int[] sparse;
        private final boolean isKept;
        private long count;

        Known(int feature, List<Integer> codes, boolean isKept) {
            this.feature = feature;
            this.isKept = isKept;
            this.sparse = codes.stream().mapToInt(Integer::intValue).toArray();
            this.dense = new boolean[Math.min(DENSE, sparse[sparse.length - 1] + 1)];
            for (int code : sparse) {
                if (code < dense.length) {
                    dense[code] = true;
                }
            }
        }

        void check(double[] values, int rows) {
            for (int row = 0; row < rows; row++) {
                double value = values[row];
                if (!contains(value) && !Double.isNaN(value)) {
                    values[row] = isKept ? value : Double.NaN;
                    count++;
                }
            }
        }

        /// The code of a fraction is its whole part, as it is for the libraries.
        private boolean contains(double value) {
            int code = (int) value;
            if (value > NONE && code < dense.length) {
                return dense[code];
            }
            return value > NONE && Arrays.binarySearch(sparse, code) >= 0;
        }
    }

    /// @param features of the model
    public UnseenCounter(List<Feature> features) {
        for (int i = 0; i < features.size(); i++) {
            Categories categories = features.get(i).categories();
            if (categories != null && categories.areKnown() && categories.unseen() != Unseen.QUARANTINE) {
                this.features.add(new Known(i, categories.codes(), categories.unseen() == Unseen.SCORED));
            }
        }
    }

    /// Counts the unseen categories in a block, and replaces them by NaN.
    void check(double[][] columns, int rows) {
        for (Known known : features) {
            known.check(columns[known.feature], rows);
        }
    }

    /// The number of rows with an unseen category, by the feature's position; 0 for features that are not
    /// checked.
    public long count(int feature) {
        return features.stream()
                .filter(known -> known.feature == feature)
                .mapToLong(known -> known.count)
                .sum();
    }
}
