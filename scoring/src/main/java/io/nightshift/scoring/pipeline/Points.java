package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;

/// Rows that a model has kept from its training, or centres, and the distances to them.
final class Points {

    /// The metrics by their numbers in the parameter `metric`.
    private enum Metric {
        EUCLIDEAN,
        MANHATTAN,
        CHEBYSHEV,
        MINKOWSKI
    }

    private final double[] values;
    private final int dimensions;
    private final int count;
    private final Metric metric;
    private final double power;

    private Points(double[] values, int dimensions, Metric metric, double power) {
        this.values = values;
        this.dimensions = dimensions;
        this.count = values.length / dimensions;
        this.metric = metric;
        this.power = power;
    }

    /// Points of a step: `points` has all columns of the first point, then those of the next. `metric` is 0 for the
    /// Euclidean distance, 1 for that of Manhattan, 2 for that of Chebyshev, and 3 for that of Minkowski, whose
    /// exponent is `power`.
    ///
    /// @param step the step, which reads a column for each dimension
    /// @throws IllegalArgumentException if the step lacks points, or has none of these metrics
    static Points of(PipelineStep step) {
        Metric metric = Metric.values()[step.integers("metric", 1, 0, Metric.values().length - 1)[0]];
        double power = metric == Metric.MINKOWSKI ? step.numbers("power", 1)[0] : 1;
        if (!(power > 0 && power < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    step.called() + " has the power " + power + "; it can have finite ones above 0");
        }
        return new Points(values(step), step.inputs().size(), metric, power);
    }

    /// The coordinates of a step's points.
    ///
    /// @throws IllegalArgumentException if there are none, or they do not go with the step's columns
    static double[] values(PipelineStep step) {
        int dimensions = step.inputs().size();
        double[] values = step.numbers("points");
        if (dimensions == 0 || values.length == 0 || values.length % dimensions != 0) {
            throw new IllegalArgumentException(
                    "%s has %d numbers for points of %d columns".formatted(step.called(), values.length, dimensions));
        }
        return values;
    }

    /// The number of points.
    int count() {
        return count;
    }

    /// The number of columns of a point.
    int dimensions() {
        return dimensions;
    }

    long heapBytes() {
        return 64 + 8L * values.length;
    }

    /// A number that ascends with the distance, and is equal for equal distances: the distance without its root.
    ///
    /// @param row a row of numbers
    /// @param point the index of the point
    double reduced(double[] row, int point) {
        int at = point * dimensions;
        double sum = 0;
        switch (metric) {
            case EUCLIDEAN -> {
                for (int i = 0; i < dimensions; i++) {
                    double difference = row[i] - values[at + i];
                    sum += difference * difference;
                }
            }
            case MANHATTAN -> {
                for (int i = 0; i < dimensions; i++) {
                    sum += Math.abs(row[i] - values[at + i]);
                }
            }
            case CHEBYSHEV -> {
                for (int i = 0; i < dimensions; i++) {
                    sum = Math.max(sum, Math.abs(row[i] - values[at + i]));
                }
            }
            case MINKOWSKI -> {
                for (int i = 0; i < dimensions; i++) {
                    sum += Math.pow(Math.abs(row[i] - values[at + i]), power);
                }
            }
        }
        return sum;
    }

    /// The distance of a reduced distance.
    double distance(double reduced) {
        return switch (metric) {
            case EUCLIDEAN -> Math.sqrt(reduced);
            case MANHATTAN, CHEBYSHEV -> reduced;
            case MINKOWSKI -> Math.pow(reduced, 1 / power);
        };
    }

    /// The reduced distance of a distance.
    double reduced(double distance) {
        return switch (metric) {
            case EUCLIDEAN -> distance * distance;
            case MANHATTAN, CHEBYSHEV -> distance;
            case MINKOWSKI -> Math.pow(distance, power);
        };
    }

    /// Copies a row of columns.
    ///
    /// @param columns one array for each column
    /// @param row the index of the row
    /// @param to an array with a number for each column
    static void copy(double[][] columns, int row, double[] to) {
        for (int i = 0; i < to.length; i++) {
            to[i] = columns[i][row];
        }
    }
}
