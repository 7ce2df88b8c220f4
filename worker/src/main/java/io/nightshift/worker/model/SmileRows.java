package io.nightshift.worker.model;

import io.nightshift.worker.scoring.RowForm.RowScorer;
import java.util.HashMap;
import java.util.Map;
import smile.classification.Classifier;
import smile.classification.SVM;
import smile.model.svm.KernelMachine;
import smile.regression.Regression;

/// A model of Smile's that Smile computes. Smile's objects are only read, so threads share them.
final class SmileRows implements SmileModel {

    private final SmilePart part;
    private final Object model;
    private final int[] classes;
    private final Map<Integer, Integer> positions = new HashMap<>();

    SmileRows(SmilePart part) {
        this.part = part;
        this.model = SmileParts.build(part);
        this.classes = model instanceof Classifier<?> classifier ? classifier.classes() : new int[0];
        for (int label : classes) {
            positions.put(label, positions.size());
        }
    }

    @Override
    public SmilePart part() {
        return part;
    }

    @Override
    public int features() {
        return features(part);
    }

    private static int features(SmilePart part) {
        return switch (part.kind()) {
            case "SVM", "KernelMachine", "GaussianProcessRegression", SmileParts.ANOMALY -> part.numbers(2).length;
            case "RBFNetwork" -> part.numbers(2).length - 1;
            case "NaiveBayes" -> SmileDistributions.features(part);
            case "LinearSVM" -> part.numbers(0).length;
            case "LogisticRegression" -> part.numbers(0).length - 1;
            default -> features(part.part(0).part(0));
        };
    }

    @Override
    public int classes() {
        return classes.length;
    }

    /// One where Smile's score is a sum over vectors, or the value itself.
    @Override
    public int margins() {
        return model instanceof Classifier<?> && !(model instanceof SVM<?>) ? 0 : 1;
    }

    @Override
    public RowScorer scorer() {
        return this::score;
    }

    @SuppressWarnings("unchecked") // all models built of parts take numbers
    private void score(double[] row, double[] outputs) {
        switch (model) {
            case Regression<?> regression -> {
                outputs[0] = ((Regression<double[]>) regression).predict(row);
                outputs[1] = outputs[0];
            }
            case Classifier<?> classifier -> score((Classifier<double[]>) classifier, row, outputs);
            case KernelMachine<?> machine -> {
                outputs[0] = ((KernelMachine<double[]>) machine).score(row);
                outputs[1] = outputs[0];
            }
            default -> throw new IllegalStateException("no model: " + model.getClass());
        }
    }

    private void score(Classifier<double[]> classifier, double[] row, double[] outputs) {
        Integer predicted = positions.get(classifier.predict(row));
        if (predicted == null) {
            throw new IllegalStateException("Smile predicts a class that the model does not have");
        }
        double[] probabilities = new double[classes.length];
        if (classifier.isSoft()) {
            classifier.predict(row, probabilities);
        } else {
            probabilities[predicted] = 1;
        }
        SmileModel.store(predicted, probabilities, outputs);
        if (classifier instanceof SVM<double[]> machine) {
            outputs[2] = machine.score(row);
        }
    }

    @Override
    public String kernel() {
        return "Smile 6's own prediction, a row at a time";
    }

    @Override
    public long heapBytes() {
        return 2 * part.heapBytes();
    }
}
