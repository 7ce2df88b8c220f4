package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// Steps over a column for each pair of classes: the first with the second, the first with the third, and so on.
final class PairSteps {

    /// libsvm bounds the probabilities of pairs by this number and 1 less this number.
    private static final double LOWEST = 1e-7;

    private PairSteps() {}

    /// The probabilities of classes from those of pairs, each that of the first class of the pair: the second
    /// method of Wu, Lin and Weng ("Probability estimates for multi-class classification by pairwise coupling",
    /// 2004), with the iteration and the bounds of libsvm.
    static PreparedStep coupling(PipelineStep step) {
        int classes = step.outputs();
        if (classes < 2 || step.inputs().size() != (long) classes * (classes - 1) / 2) {
            throw new IllegalArgumentException("%s reads %d columns for the pairs of %d classes"
                    .formatted(step.called(), step.inputs().size(), classes));
        }
        return () -> new Coupling(classes);
    }

    private static final class Coupling implements StepOperator {

        private static final int MOST_ITERATIONS = 100;
        private static final double PRECISION = 0.005;

        private final int classes;
        private final double[][] pairs;
        private final double[][] matrix;
        private final double[] products;
        private final double[] shares;

        Coupling(int classes) {
            this.classes = classes;
            this.pairs = new double[classes][classes];
            this.matrix = new double[classes][classes];
            this.products = new double[classes];
            this.shares = new double[classes];
        }

        @Override
        public void apply(double[][] inputs, int rows, double[][] outputs) {
            for (int row = 0; row < rows; row++) {
                couple(inputs, row);
                for (int i = 0; i < classes; i++) {
                    outputs[i][row] = shares[i];
                }
            }
        }

        private void couple(double[][] inputs, int row) {
            int pair = 0;
            for (int i = 0; i < classes; i++) {
                for (int j = i + 1; j < classes; j++) {
                    pairs[i][j] = Math.min(Math.max(inputs[pair++][row], LOWEST), 1 - LOWEST);
                    pairs[j][i] = 1 - pairs[i][j];
                }
            }
            fill();
            for (int i = 0; i < Math.max(MOST_ITERATIONS, classes); i++) {
                double total = multiply();
                if (largestError(total) < PRECISION / classes) {
                    return;
                }
                improve(total);
            }
        }

        private void fill() {
            for (int i = 0; i < classes; i++) {
                shares[i] = 1.0 / classes;
                matrix[i][i] = 0;
                for (int j = 0; j < classes; j++) {
                    if (j != i) {
                        matrix[i][i] += pairs[j][i] * pairs[j][i];
                        matrix[i][j] = j < i ? matrix[j][i] : -pairs[j][i] * pairs[i][j];
                    }
                }
            }
        }

        private double multiply() {
            double total = 0;
            for (int i = 0; i < classes; i++) {
                double sum = 0;
                for (int j = 0; j < classes; j++) {
                    sum += matrix[i][j] * shares[j];
                }
                products[i] = sum;
                total += shares[i] * sum;
            }
            return total;
        }

        private double largestError(double total) {
            double largest = 0;
            for (double product : products) {
                largest = Math.max(largest, Math.abs(product - total));
            }
            return largest;
        }

        private void improve(double first) {
            double total = first;
            for (int i = 0; i < classes; i++) {
                double difference = (-products[i] + total) / matrix[i][i];
                shares[i] += difference;
                total = (total + difference * (difference * matrix[i][i] + 2 * products[i]))
                        / (1 + difference)
                        / (1 + difference);
                for (int j = 0; j < classes; j++) {
                    products[j] = (products[j] + difference * matrix[i][j]) / (1 + difference);
                    shares[j] /= 1 + difference;
                }
            }
        }
    }
}
