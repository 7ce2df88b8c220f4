package io.nightshift.scoring.format.catboost;

import io.nightshift.scoring.document.FlatbufferTable;
import io.nightshift.scoring.format.MalformedModelException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A statistic of categories in a CatBoost model (CatBoost's CTR): a formula over a table of counts.
///
/// @param table which table
/// @param target the class that it counts, or before the classes that it counts
/// @param prior added to what it counts
/// @param weight added to what it divides by
/// @param shift added to the share
/// @param scale what the sum is multiplied by
record CatBoostStatistic(Table table, int target, float prior, float weight, float shift, float scale) {

    private static final int STATISTIC_TABLE = 0;
    private static final int TARGET = 1;
    private static final int PRIOR = 2;
    private static final int WEIGHT = 3;
    private static final int SHIFT = 4;
    private static final int SCALE = 5;

    /// A split in a combination. For a number, it is whether the number is above a border; for a category, whether
    /// it is a value.
    ///
    /// @param index of the feature among those of its kind
    /// @param bits the border's bits, or the value
    record Part(int index, int bits) {

        float border() {
            return Float.intBitsToFloat(bits);
        }
    }

    /// The formulas of CatBoost, in the order of their numbers in the file.
    enum Kind {
        BORDERS(0),
        BUCKETS(1),
        BINARIZED_TARGET_MEAN_VALUE(2),
        FLOAT_TARGET_MEAN_VALUE(2),
        COUNTER(3),
        FEATURE_FREQUENCY(3);

        /// The form of the pipeline step `target-statistics`.
        final int form;

        Kind(int form) {
            this.form = form;
        }

        /// Whether the formula is about a class.
        boolean usesTarget() {
            return this == BORDERS || this == BUCKETS;
        }

        /// The numbers in a row of the table.
        ///
        /// @param classes the number of classes
        int width(int classes) {
            return switch (this) {
                // CatBoost reads two counts for up to two classes.
                case BORDERS -> Math.max(2, classes);
                case BUCKETS -> classes;
                case BINARIZED_TARGET_MEAN_VALUE, FLOAT_TARGET_MEAN_VALUE -> 2;
                case COUNTER, FEATURE_FREQUENCY -> 1;
            };
        }
    }

    /// By what a file refers to a table of counts.
    ///
    /// @param categories the indexes of the categorical features of the combination
    /// @param above the splits of numbers in the combination
    /// @param values the splits of categories in the combination
    /// @param kind the formula
    /// @param classifier the number of the division of the target into classes
    record Table(List<Integer> categories, List<Part> above, List<Part> values, Kind kind, int classifier) {

        private static final int COMBINATION = 0;
        private static final int KIND = 1;
        private static final int CLASSIFIER = 2;
        private static final int CATEGORIES = 0;
        private static final int ABOVE = 1;
        private static final int VALUES = 2;

        static Table read(FlatbufferTable base) throws MalformedModelException {
            FlatbufferTable combination = base.table(COMBINATION);
            int kind = base.octet(KIND);
            if (kind >= Kind.values().length) {
                throw new MalformedModelException("it has a statistic of categories of the unknown kind " + kind);
            }
            return new Table(
                    Arrays.stream(combination.integers(CATEGORIES)).boxed().toList(),
                    parts(combination, ABOVE),
                    parts(combination, VALUES),
                    Kind.values()[kind],
                    base.integer(CLASSIFIER, 0));
        }

        private static List<Part> parts(FlatbufferTable combination, int field) throws MalformedModelException {
            ByteBuffer bytes = combination.structures(field, 2 * Integer.BYTES);
            List<Part> parts = new ArrayList<>();
            while (bytes.hasRemaining()) {
                parts.add(new Part(bytes.getInt(), bytes.getInt()));
            }
            return parts;
        }

        /// The combination in messages.
        String called() {
            return "the combination of the categorical features " + categories
                    + (above.isEmpty() && values.isEmpty() ? "" : " and " + (above.size() + values.size()) + " splits");
        }
    }

    static CatBoostStatistic read(FlatbufferTable statistic) throws MalformedModelException {
        return new CatBoostStatistic(
                Table.read(statistic.table(STATISTIC_TABLE)),
                statistic.integer(TARGET, 0),
                statistic.single(PRIOR, 0),
                statistic.single(WEIGHT, 1),
                statistic.single(SHIFT, 0),
                statistic.single(SCALE, 1));
    }
}
