package io.nightshift.smile.training;

import io.nightshift.scoring.model.Task;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// The quality of predictions, as facts for people with six decimals.
final class EvaluationMetrics {

    /// Keeps the logarithm of a probability finite.
    private static final double LEAST_PROBABILITY = 1e-15;

    private EvaluationMetrics() {}

    /// @param actual the target's numbers, or the positions of its classes; at least one row
    /// @param outputs a scorer's output columns
    static Map<String, String> of(Task task, double[] actual, double[][] outputs) {
        Map<String, String> metrics = new TreeMap<>();
        switch (task) {
            case REGRESSION -> {
                metrics.put("rmse", text(rootMeanSquareError(actual, outputs[0])));
                metrics.put("r2", text(determination(actual, outputs[0])));
            }
            case BINARY -> {
                metrics.put("accuracy", text(accuracy(actual, outputs[0])));
                metrics.put("log-loss", text(binaryLogLoss(actual, outputs[1])));
                double auc = areaUnderCurve(actual, outputs[1]);
                if (!Double.isNaN(auc)) {
                    metrics.put("auc", text(auc));
                }
            }
            case MULTICLASS -> {
                metrics.put("accuracy", text(accuracy(actual, outputs[0])));
                metrics.put("log-loss", text(logLoss(actual, outputs)));
            }
        }
        return metrics;
    }

    /// The fraction of rows whose class was predicted.
    static double accuracy(double[] actual, double[] predicted) {
        int right = 0;
        for (int row = 0; row < actual.length; row++) {
            right += actual[row] == predicted[row] ? 1 : 0;
        }
        return (double) right / actual.length;
    }

    /// The area under the ROC curve: the probability that a positive row has a higher score than a negative
    /// row, with ties counted half (the Mann–Whitney statistic). NaN if there are no such pairs.
    static double areaUnderCurve(double[] actual, double[] probability) {
        Integer[] order = IntStream.range(0, actual.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(row -> probability[row]));
        double rankSum = 0;
        double positives = 0;
        for (int from = 0; from < order.length; ) {
            int to = from;
            double tied = 0;
            while (to < order.length && probability[order[to]] == probability[order[from]]) {
                tied += actual[order[to]];
                to++;
            }
            rankSum += tied * (from + to + 1) / 2.0;
            positives += tied;
            from = to;
        }
        double negatives = actual.length - positives;
        return (rankSum - positives * (positives + 1) / 2) / (positives * negatives);
    }

    static double rootMeanSquareError(double[] actual, double[] predicted) {
        return Math.sqrt(squaredError(actual, predicted) / actual.length);
    }

    /// The fraction of the target's variance that the predictions explain; negative if the mean predicts
    /// better.
    static double determination(double[] actual, double[] predicted) {
        double[] mean = new double[actual.length];
        Arrays.fill(mean, Arrays.stream(actual).average().orElse(0));
        return 1 - squaredError(actual, predicted) / squaredError(actual, mean);
    }

    private static double squaredError(double[] actual, double[] predicted) {
        double sum = 0;
        for (int row = 0; row < actual.length; row++) {
            sum += (actual[row] - predicted[row]) * (actual[row] - predicted[row]);
        }
        return sum;
    }

    private static double binaryLogLoss(double[] actual, double[] probability) {
        double sum = 0;
        for (int row = 0; row < actual.length; row++) {
            sum -= log(actual[row] == 1 ? probability[row] : 1 - probability[row]);
        }
        return sum / actual.length;
    }

    private static double logLoss(double[] actual, double[][] outputs) {
        double sum = 0;
        for (int row = 0; row < actual.length; row++) {
            sum -= log(outputs[1 + (int) actual[row]][row]);
        }
        return sum / actual.length;
    }

    private static double log(double probability) {
        return Math.log(Math.max(LEAST_PROBABILITY, probability));
    }

    private static String text(double metric) {
        return String.format(Locale.ROOT, "%.6f", metric);
    }
}
