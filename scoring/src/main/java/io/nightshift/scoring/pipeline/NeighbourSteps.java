package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// Steps that compare a row with points.
final class NeighbourSteps {

    private NeighbourSteps() {}

    /// The distance to each of the points.
    static PreparedStep distances(PipelineStep step) {
        Points points = Points.of(step);
        StepKind.requireColumns(step, points.dimensions(), points.count());
        return new PreparedStep() {
            @Override
            public StepOperator operator() {
                double[] row = new double[points.dimensions()];
                return (inputs, rows, outputs) -> {
                    for (int i = 0; i < rows; i++) {
                        Points.copy(inputs, i, row);
                        for (int point = 0; point < outputs.length; point++) {
                            outputs[point][i] = points.distance(points.reduced(row, point));
                        }
                    }
                };
            }

            @Override
            public long heapBytes() {
                return points.heapBytes();
            }
        };
    }

    /// The mean of the nearest points' numbers: of so many of them as `neighbours` says, or of those whose distance
    /// is at most `radius`. `values` has the numbers of all points for the first column, then those for the next.
    /// If `weighted` is 1, the weight of a point is the reciprocal of its distance; where a distance is 0, only the
    /// points of this distance count. If there is a `reach` for each point, the last column is the mean of the
    /// larger one of the distance and the reach. Where no point is within the radius, the columns are `otherwise`;
    /// without it, the row fails. If several points have the same distance, the first ones count.
    static PreparedStep neighbours(PipelineStep step) {
        return new Neighbours(step);
    }

    private static final class Neighbours implements PreparedStep {

        private final PipelineStep step;
        private final Points points;
        private final int most;
        private final double radius;
        private final double[] values;
        private final double[] reach;
        private final double[] otherwise;
        private final boolean isWeighted;

        Neighbours(PipelineStep step) {
            this.step = step;
            this.points = Points.of(step);
            StepKind.requireColumns(step, points.dimensions(), step.outputs());
            boolean hasRadius = step.has("radius");
            this.most = hasRadius ? points.count() : step.integers("neighbours", 1, 1, points.count())[0];
            this.radius = hasRadius ? points.reduced(step.numbers("radius", 1)[0]) : Double.POSITIVE_INFINITY;
            this.reach = step.has("reach") ? step.numbers("reach", points.count()) : new double[0];
            int means = step.outputs() - (reach.length > 0 ? 1 : 0);
            if (means < 1) {
                throw new IllegalArgumentException(step.called() + " has no columns for its values");
            }
            this.values = step.numbers("values", (long) means * points.count());
            this.otherwise = step.has("otherwise") ? step.numbers("otherwise", step.outputs()) : new double[0];
            this.isWeighted = step.integers("weighted", 1, 0, 1)[0] == 1;
        }

        @Override
        public StepOperator operator() {
            return new Search(this);
        }

        @Override
        public String kernel() {
            return points.count() + " points, compared one by one";
        }

        @Override
        public long heapBytes() {
            return points.heapBytes() + 8L * (values.length + reach.length);
        }
    }

    private static final class Search implements StepOperator {

        private final Neighbours of;
        private final double[] row;
        private final double[] distances;
        private final int[] nearest;
        private int found;

        Search(Neighbours of) {
            this.of = of;
            this.row = new double[of.points.dimensions()];
            this.distances = new double[of.most];
            this.nearest = new int[of.most];
        }

        @Override
        public void apply(double[][] inputs, int rows, double[][] outputs) {
            for (int i = 0; i < rows; i++) {
                Points.copy(inputs, i, row);
                if (of.most == of.points.count()) {
                    within();
                } else {
                    search();
                }
                if (found == 0) {
                    otherwise(i, outputs);
                } else {
                    mean(i, outputs);
                }
            }
        }

        /// All points within the radius, in their own order.
        private void within() {
            found = 0;
            for (int point = 0; point < of.most; point++) {
                double reduced = of.points.reduced(row, point);
                if (reduced <= of.radius) {
                    distances[found] = reduced;
                    nearest[found++] = point;
                }
            }
        }

        /// The nearest points, in the order of their distances.
        private void search() {
            found = 0;
            for (int point = 0; point < of.points.count(); point++) {
                double reduced = of.points.reduced(row, point);
                if (found < of.most) {
                    insert(found++, reduced, point);
                } else if (reduced < distances[found - 1]) {
                    insert(found - 1, reduced, point);
                }
            }
        }

        private void insert(int free, double reduced, int point) {
            int at = free;
            while (at > 0 && distances[at - 1] > reduced) {
                distances[at] = distances[at - 1];
                nearest[at] = nearest[at - 1];
                at--;
            }
            distances[at] = reduced;
            nearest[at] = point;
        }

        private void otherwise(int i, double[][] outputs) {
            if (of.otherwise.length == 0) {
                throw new IllegalStateException(of.step.name() + " has no point within its radius");
            }
            for (int column = 0; column < outputs.length; column++) {
                outputs[column][i] = of.otherwise[column];
            }
        }

        private void mean(int i, double[][] outputs) {
            boolean hits = false;
            for (int k = 0; k < found; k++) {
                distances[k] = of.points.distance(distances[k]);
                hits |= distances[k] == 0;
            }
            for (double[] output : outputs) {
                output[i] = 0;
            }
            double total = 0;
            int means = of.values.length / of.points.count();
            for (int k = 0; k < found; k++) {
                double weight = weight(distances[k], hits);
                total += weight;
                for (int column = 0; column < means; column++) {
                    outputs[column][i] += weight * of.values[column * of.points.count() + nearest[k]];
                }
                if (of.reach.length > 0) {
                    outputs[means][i] += weight * Math.max(distances[k], of.reach[nearest[k]]);
                }
            }
            for (double[] output : outputs) {
                output[i] /= total;
            }
        }

        private double weight(double distance, boolean hits) {
            if (!of.isWeighted) {
                return 1;
            }
            return hits ? distance == 0 ? 1 : 0 : 1 / distance;
        }
    }
}
