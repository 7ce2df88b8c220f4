package io.nightshift.worker.model;

import io.nightshift.worker.scoring.RowForm;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import smile.classification.Classifier;
import smile.classification.SVM;
import smile.regression.Regression;

/// A model of Smile's that Smile computes. Smile's objects are only read, so threads share them.
final class SmileRows implements RowForm.RowModel {

    /// Rows that a model is tried with.
    private static final double[] TRIED = {0, 1};

    private final SmilePart part;
    private final Object model;
    private final int[] classes;
    private final Map<Integer, Integer> positions = new HashMap<>();

    private SmileRows(SmilePart part) {
        this.part = part;
        this.model = SmileParts.build(part);
        this.classes = model instanceof Classifier<?> classifier ? classifier.classes() : new int[0];
        for (int label : classes) {
            positions.put(label, positions.size());
        }
    }

    /// What the parts compute, tried on two rows.
    static RowForm form(SmilePart part) throws MalformedModelException {
        try {
            SmileRows rows = new SmileRows(part);
            int features = features(part);
            int classes = rows.classes.length;
            int margins = rows.model instanceof Regression<?> || rows.model instanceof SVM<?> ? 1 : 0;
            RowForm form = new RowForm(features, classes, margins, rows);
            for (double value : TRIED) {
                double[] row = new double[features];
                Arrays.fill(row, value);
                rows.score(row, new double[form.outputs() + margins]);
            }
            return form;
        } catch (IndexOutOfBoundsException
                | NegativeArraySizeException
                | NullPointerException
                | IllegalArgumentException
                | IllegalStateException
                | UnsupportedOperationException broken) {
            throw new MalformedModelException("its parts do not go together: " + broken.getMessage(), broken);
        }
    }

    private static int features(SmilePart part) {
        return switch (part.kind()) {
            case "SVM", "KernelMachine", "GaussianProcessRegression" -> part.numbers(2).length;
            case "RBFNetwork" -> part.numbers(2).length - 1;
            case "LinearSVM" -> part.numbers(0).length;
            case "LogisticRegression" -> part.numbers(0).length - 1;
            default -> features(part.part(0).part(0));
        };
    }

    SmilePart part() {
        return part;
    }

    int[] classes() {
        return classes.clone();
    }

    @Override
    @SuppressWarnings("unchecked") // all models built of parts take numbers
    public void score(double[] row, double[] outputs) {
        switch (model) {
            case Regression<?> regression -> {
                outputs[0] = ((Regression<double[]>) regression).predict(row);
                outputs[1] = outputs[0];
            }
            case Classifier<?> classifier -> score((Classifier<double[]>) classifier, row, outputs);
            default -> throw new IllegalStateException("no model: " + model.getClass());
        }
    }

    private void score(Classifier<double[]> classifier, double[] row, double[] outputs) {
        Integer predicted = positions.get(classifier.predict(row));
        if (predicted == null) {
            throw new IllegalStateException("Smile predicts a class that the model does not have");
        }
        outputs[0] = predicted;
        double[] probabilities = new double[classes.length];
        if (classifier.isSoft()) {
            classifier.predict(row, probabilities);
        } else {
            probabilities[predicted] = 1;
        }
        if (classes.length == 2) {
            outputs[1] = probabilities[1];
        } else {
            System.arraycopy(probabilities, 0, outputs, 1, probabilities.length);
        }
        if (classifier instanceof SVM<double[]> machine) {
            outputs[2] = machine.score(row);
        }
    }

    @Override
    public String library() {
        return "Smile 6";
    }

    @Override
    public long heapBytes() {
        return 2 * part.heapBytes();
    }
}
