package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Steps that find a value in a table.
final class LookupSteps {

    /// A column's position that stands for none: all columns are 0.
    private static final int NONE = -1;

    private LookupSteps() {}

    /// The positions of values in a table of distinct values. NaN equals NaN, and zeros of both signs are equal.
    private static final class Index {

        /// So many whole numbers from 0 on are found without a search, and four times as many as there are keys:
        /// then a file can't ask for more memory than its size explains.
        private static final int DIRECT = 64;

        private final PipelineStep step;
        private final double[] sorted;
        private final int[] positions;
        private final int[] direct;
        private final int ofMissing;

        Index(PipelineStep step) {
            this.step = step;
            double[] keys = step.numbers("keys");
            for (int i = 0; i < keys.length; i++) {
                keys[i] += 0.0;
            }
            this.sorted = keys.clone();
            Arrays.sort(sorted);
            this.positions = new int[keys.length];
            for (int i = 0; i < keys.length; i++) {
                positions[Arrays.binarySearch(sorted, keys[i])] = i;
            }
            for (int i = 1; i < sorted.length; i++) {
                if (Double.compare(sorted[i - 1], sorted[i]) == 0) {
                    throw new IllegalArgumentException(step.called() + " has the key " + sorted[i] + " twice");
                }
            }
            this.ofMissing = search(Double.NaN);
            this.direct = new int[DIRECT + 4 * keys.length];
            Arrays.setAll(direct, this::search);
        }

        int size() {
            return sorted.length;
        }

        /// The position of a value among the keys; -1 if it is none.
        int of(double value) {
            int whole = (int) value;
            if (whole == value && whole >= 0 && whole < direct.length) {
                return direct[whole];
            }
            return Double.isNaN(value) ? ofMissing : search(value);
        }

        private int search(double value) {
            int found = Arrays.binarySearch(sorted, value + 0.0);
            return found < 0 ? NONE : positions[found];
        }

        /// Fails for a row with a value that is none of the keys.
        void requireKnown(double[] values, int start, int rows) {
            for (int row = start; row < start + rows; row++) {
                if (of(values[row]) < 0) {
                    throw unknown(values[row]);
                }
            }
        }

        IllegalStateException unknown(double value) {
            String unknown = Double.isNaN(value)
                    ? "a missing value"
                    : value == FeatureType.Nominal.OTHER ? "the text, or the number -1" : "the category " + value;
            return new IllegalStateException(step.name() + " does not know " + unknown);
        }
    }

    /// A column for each of some groups of categories: 1 in the column of the value's category. `keys` are the
    /// categories, `columns` their columns, -1 for none, and `unknown` the column of other values, -1 for none.
    /// Without `unknown`, another value fails.
    static PreparedStep oneHot(PipelineStep step) {
        StepKind.requireColumns(step, 1, step.outputs());
        Index index = new Index(step);
        int last = step.outputs() - 1;
        int[] columns = step.integers("columns", index.size(), NONE, last);
        boolean refuses = !step.has("unknown");
        int unknown = refuses ? NONE : step.integers("unknown", 1, NONE, last)[0];
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (double[] output : outputs) {
                Arrays.fill(output, 0, rows, 0);
            }
            for (int row = 0; row < rows; row++) {
                int category = index.of(inputs[0][row]);
                if (category < 0 && refuses) {
                    throw index.unknown(inputs[0][row]);
                }
                int column = category < 0 ? unknown : columns[category];
                if (column >= 0) {
                    outputs[column][row] = 1;
                }
            }
        });
    }

    /// The numbers of a value: `values` has those of the first column for each of the `keys`, then those of the
    /// next. `unknown` has the numbers of other values. Without it, another value fails.
    static PreparedStep lookup(PipelineStep step) {
        StepKind.requireColumns(step, 1, step.outputs());
        Index index = new Index(step);
        double[] values = step.numbers("values", (long) index.size() * step.outputs());
        boolean refuses = !step.has("unknown");
        double[] unknown = refuses ? new double[0] : step.numbers("unknown", step.outputs());
        double[][] tables = new double[step.outputs()][];
        for (int column = 0; column < tables.length; column++) {
            tables[column] = Arrays.copyOfRange(values, column * index.size(), (column + 1) * index.size());
        }
        return StepKind.inPlace((inputs, starts, rows, outputs) -> {
            if (refuses) {
                index.requireKnown(inputs[0], starts[0], rows);
            }
            for (int column = 0; column < outputs.length; column++) {
                find(index, inputs[0], starts[0], rows, tables[column], refuses ? 0 : unknown[column], outputs[column]);
            }
        });
    }

    private static void find(
            Index index, double[] values, int start, int rows, double[] table, double unknown, double[] found) {
        for (int row = 0; row < rows; row++) {
            int category = index.of(values[start + row]);
            found[row] = category < 0 ? unknown : table[category];
        }
    }

    /// The number of ascending `edges` that are not above the value.
    static PreparedStep bin(PipelineStep step) {
        StepKind.requireColumns(step, 1, 1);
        double[] edges = step.numbers("edges");
        requireAscending(step, "edges", edges);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[0][row] = below(edges, inputs[0][row]);
            }
        });
    }

    private static int below(double[] edges, double value) {
        int from = 0;
        int to = edges.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (edges[middle] <= value) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }

    /// Refuses numbers that do not ascend, or NaN.
    static void requireAscending(PipelineStep step, String parameter, double[] numbers) {
        for (int i = 0; i < numbers.length; i++) {
            if (Double.isNaN(numbers[i]) || (i > 0 && numbers[i] < numbers[i - 1])) {
                throw new IllegalArgumentException(step.called() + " has " + parameter + " that do not ascend");
            }
        }
    }
}
