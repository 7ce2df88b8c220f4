package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// Replaces missing values by the mean of the nearest rows of the training data that have the value. `rows` has
/// these rows, one after the other, NaN where a value is missing, `neighbors` their number; with `distance` 1, each
/// counts by the inverse of its distance. The distance of two rows is that of the columns that both have, times
/// the share of these columns. Rows that have no column in common have no distance; they are the last of the
/// nearest, and count with `all` 1 only.
final class KnnImputation implements PreparedStep {

    private final int columns;
    private final double[] trained;
    private final int trainedRows;
    private final int neighbors;
    private final boolean isByDistance;
    private final boolean countsAll;
    private final double[] means;

    private KnnImputation(PipelineStep step) {
        this.columns = StepKind.requireColumnForColumn(step);
        this.trained = step.numbers("rows");
        if (columns == 0 || trained.length == 0 || trained.length % columns != 0) {
            throw new IllegalArgumentException(
                    "%s has %d numbers for rows of %d".formatted(step.called(), trained.length, columns));
        }
        this.trainedRows = trained.length / columns;
        this.neighbors = Math.min(trainedRows, step.integers("neighbors", 1, 1, Integer.MAX_VALUE)[0]);
        this.isByDistance = step.has("distance") && step.integers("distance", 1, 0, 1)[0] == 1;
        this.countsAll = step.has("all") && step.integers("all", 1, 0, 1)[0] == 1;
        this.means = new double[columns];
        for (int column = 0; column < columns; column++) {
            means[column] = mean(column);
        }
    }

    static PreparedStep prepare(PipelineStep step) {
        return new KnnImputation(step);
    }

    private double mean(int column) {
        double total = 0;
        int count = 0;
        for (int row = 0; row < trainedRows; row++) {
            double value = trained[row * columns + column];
            if (!Double.isNaN(value)) {
                total += value;
                count++;
            }
        }
        return total / count;
    }

    @Override
    public StepOperator operator() {
        return new Operator();
    }

    @Override
    public long heapBytes() {
        return 8L * trained.length + 8L * trainedRows;
    }

    private final class Operator implements StepOperator {

        private final double[] distances = new double[trainedRows];
        private final int[] nearest = new int[neighbors];

        @Override
        public void apply(double[][] inputs, int rows, double[][] outputs) {
            for (int column = 0; column < columns; column++) {
                System.arraycopy(inputs[column], 0, outputs[column], 0, rows);
            }
            for (int row = 0; row < rows; row++) {
                boolean known = false;
                for (int column = 0; column < columns; column++) {
                    if (Double.isNaN(inputs[column][row])) {
                        if (!known) {
                            measure(inputs, row);
                            known = true;
                        }
                        outputs[column][row] = imputed(column);
                    }
                }
            }
        }

        private void measure(double[][] inputs, int row) {
            for (int other = 0; other < trainedRows; other++) {
                double sum = 0;
                int present = 0;
                for (int column = 0; column < columns; column++) {
                    double difference = inputs[column][row] - trained[other * columns + column];
                    if (!Double.isNaN(difference)) {
                        sum += difference * difference;
                        present++;
                    }
                }
                distances[other] = present == 0 ? Double.NaN : Math.sqrt(sum / present * columns);
            }
        }

        private double imputed(int column) {
            int found = 0;
            for (int other = 0; other < trainedRows; other++) {
                if (Double.isNaN(trained[other * columns + column])
                        || (found == neighbors && !isNearer(other, nearest[found - 1]))) {
                    continue;
                }
                int place = found < neighbors ? found++ : found - 1;
                while (place > 0 && isNearer(other, nearest[place - 1])) {
                    nearest[place] = nearest[place - 1];
                    place--;
                }
                nearest[place] = other;
            }
            if (found == 0 || Double.isNaN(distances[nearest[0]])) {
                return means[column];
            }
            boolean isOnOne = isByDistance && distances[nearest[0]] == 0;
            double total = 0;
            double weights = 0;
            for (int i = 0; i < found; i++) {
                double distance = distances[nearest[i]];
                double weight = weight(distance, isOnOne);
                total += weight * trained[nearest[i] * columns + column];
                weights += weight;
            }
            return total / weights;
        }

        private double weight(double distance, boolean isOnOne) {
            if (!isByDistance) {
                return Double.isNaN(distance) && !countsAll ? 0 : 1;
            }
            if (isOnOne) {
                return distance == 0 ? 1 : 0;
            }
            return Double.isNaN(distance) ? 0 : 1 / distance;
        }

        /// Rows without a distance come last. Of equal distances, the first row is the nearest.
        private boolean isNearer(int row, int other) {
            return Double.compare(distances[row], distances[other]) < 0;
        }
    }
}
