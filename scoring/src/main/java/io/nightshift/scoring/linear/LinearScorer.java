package io.nightshift.scoring.linear;

import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.link.ClassScores;
import io.nightshift.scoring.model.Scorer;
import java.util.Arrays;

/// Scores a [LinearForm], term by term over a block of rows.
public final class LinearScorer implements Scorer {

    private static final int BLOCK = 256;

    private final LinearForm form;
    private final Term[] terms;
    private final double[][] weights;
    private final double[] values = new double[BLOCK];
    private final double[][] sums;

    LinearScorer(LinearForm form) {
        this.form = form;
        this.terms = form.terms().toArray(new Term[0]);
        this.weights = form.weights().stream()
                .map(row -> row.stream().mapToDouble(Double::doubleValue).toArray())
                .toArray(double[][]::new);
        this.sums = new double[weights.length][BLOCK];
    }

    @Override
    public void score(double[][] features, int rows, double[][] outputs) {
        for (int from = 0; from < rows; from += BLOCK) {
            int count = Math.min(BLOCK, rows - from);
            for (int sum = 0; sum < sums.length; sum++) {
                Arrays.fill(sums[sum], 0, count, form.interceptLast() ? 0 : weights[sum][terms.length]);
            }
            for (int term = 0; term < terms.length; term++) {
                evaluate(terms[term], features, from, count);
                for (int sum = 0; sum < sums.length; sum++) {
                    addWeighted(values, weights[sum][term], sums[sum], count);
                }
            }
            if (form.interceptLast()) {
                addIntercepts(count);
            }
            int first = form.outputs();
            for (int i = 0; first + i < outputs.length; i++) {
                System.arraycopy(sums[i], 0, outputs[first + i], from, count);
            }
            link(from, count, outputs);
        }
    }

    private void evaluate(Term term, double[][] features, int from, int count) {
        double[] column = features[term.feature()];
        for (int row = 0; row < count; row++) {
            values[row] = term.of(column[from + row]);
        }
    }

    private void addIntercepts(int count) {
        for (int sum = 0; sum < sums.length; sum++) {
            double intercept = weights[sum][terms.length];
            for (int row = 0; row < count; row++) {
                sums[sum][row] += intercept;
            }
        }
    }

    private static void addWeighted(double[] values, double weight, double[] sum, int count) {
        for (int row = 0; row < count; row++) {
            sum[row] += values[row] * weight;
        }
    }

    private void link(int from, int count, double[][] outputs) {
        for (int row = 0; row < count; row++) {
            double sum = sums[0][row];
            switch (form.link()) {
                case IDENTITY -> outputs[0][from + row] = sum;
                case EXPONENTIAL -> outputs[0][from + row] = Math.exp(sum);
                case SIGMOID -> outputs[0][from + row] = ClassScores.logistic(sum);
                case LOGISTIC_FROM_HALF -> {
                    double probability = ClassScores.logistic(sum);
                    outputs[0][from + row] = probability < 0.5 ? 0 : 1;
                    outputs[1][from + row] = probability;
                }
                case LOGISTIC_ABOVE_ZERO -> {
                    outputs[0][from + row] = sum > 0 ? 1 : 0;
                    outputs[1][from + row] = ClassScores.logistic(sum);
                }
                case STEP -> {
                    outputs[0][from + row] = sum > 0 ? 1 : 0;
                    outputs[1][from + row] = outputs[0][from + row];
                }
                case SOFTMAX -> {
                    ClassScores.softmax(sums, row);
                    outputs[0][from + row] = ClassScores.highest(sums, row);
                    ClassScores.store(sums, row, outputs, from + row);
                }
                default -> throw new IllegalStateException("no link of a linear model: " + form.link());
            }
        }
    }
}
