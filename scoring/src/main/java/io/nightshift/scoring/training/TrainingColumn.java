package io.nightshift.scoring.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A column of training data, in memory.
public sealed interface TrainingColumn {

    /// The name of the feature or of the target.
    String name();

    /// The number of rows.
    int rows();

    /// A numeric column.
    ///
    /// @param name of the feature or of the target
    /// @param values one for each row; NaN is a missing value
    @SuppressWarnings("ArrayRecordComponent") // a column is not compared
    record Numbers(String name, double[] values) implements TrainingColumn {
        @Override
        public int rows() {
            return values.length;
        }

        /// This column as categories: one per distinct number, in ascending order. Whole numbers are named
        /// without a decimal point.
        public Categories toCategories() {
            double[] distinct = Arrays.stream(values).sorted().distinct().toArray();
            List<String> levels =
                    Arrays.stream(distinct).mapToObj(Numbers::label).toList();
            int[] positions = new int[values.length];
            for (int row = 0; row < positions.length; row++) {
                positions[row] = Double.isNaN(values[row]) ? -1 : Arrays.binarySearch(distinct, values[row]);
            }
            boolean missing = distinct.length > 0 && Double.isNaN(distinct[distinct.length - 1]);
            return new Categories(name, missing ? levels.subList(0, levels.size() - 1) : levels, positions);
        }

        private static String label(double value) {
            return value == Math.rint(value) && Math.abs(value) < 1e15
                    ? Long.toString((long) value)
                    : Double.toString(value);
        }
    }

    /// A column of categories.
    ///
    /// @param name of the feature or of the target
    /// @param levels the distinct categories
    /// @param positions for each row, the position of its category among the levels, or -1 for a missing value
    @SuppressWarnings("ArrayRecordComponent") // a column is not compared
    record Categories(String name, List<String> levels, int[] positions) implements TrainingColumn {

        public Categories {
            levels = List.copyOf(levels);
            for (int position : positions) {
                if (position < -1 || position >= levels.size()) {
                    throw new IllegalArgumentException("the column " + name + " has no category " + position);
                }
            }
        }

        @Override
        public int rows() {
            return positions.length;
        }

        /// This column without the levels that no row has.
        public Categories occurring() {
            int[] to = new int[levels.size()];
            Arrays.fill(to, -1);
            Arrays.stream(positions).filter(position -> position >= 0).forEach(position -> to[position] = 0);
            List<String> kept = new ArrayList<>();
            for (int level = 0; level < to.length; level++) {
                if (to[level] == 0) {
                    to[level] = kept.size();
                    kept.add(levels.get(level));
                }
            }
            int[] moved = Arrays.stream(positions)
                    .map(position -> position < 0 ? -1 : to[position])
                    .toArray();
            return new Categories(name, kept, moved);
        }
    }

    /// A column of texts. The distinct texts, sorted, are its levels.
    ///
    /// @param values one per row; null is a missing value
    static Categories texts(String name, List<? extends @Nullable String> values) {
        String[] levels =
                values.stream().filter(Objects::nonNull).distinct().sorted().toArray(String[]::new);
        int[] positions = new int[values.size()];
        for (int row = 0; row < positions.length; row++) {
            String value = values.get(row);
            positions[row] = value == null ? -1 : Arrays.binarySearch(levels, value);
        }
        return new Categories(name, List.of(levels), positions);
    }
}
