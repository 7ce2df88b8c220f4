package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import java.util.function.ToDoubleFunction;
import smile.classification.Classifier;
import smile.classification.NaiveBayes;
import smile.classification.SVM;
import smile.model.svm.KernelMachine;
import smile.regression.Regression;

/// A model that Smile's own object computes. The object is only read, so threads share it.
final class SmileDelegateModel implements SmileModel {

    private final ModelPart part;
    private final Object model;
    private final int[] classes;

    SmileDelegateModel(ModelPart part) {
        this.part = part;
        this.model = SmilePartCodec.rebuild(part);
        this.classes = model instanceof Classifier<?> classifier ? classifier.classes() : new int[0];
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return features(part);
    }

    private static int features(ModelPart part) {
        return switch (part.kind()) {
            case "SVM", "KernelMachine", "GaussianProcessRegression", SmilePartCodec.ANOMALY -> part.numbers(2).length;
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

    /// A classifier whose score is a sum over vectors, or a model that predicts a value.
    @Override
    public int margins() {
        return model instanceof Classifier<?> && !(model instanceof SVM<?>) ? 0 : 1;
    }

    @Override
    @SuppressWarnings("unchecked") // all models built of parts take numbers
    public RowScorer scorer() {
        return switch (model) {
            case NaiveBayes bayes -> scorer(bayes);
            case Classifier<?> classifier -> scorer((Classifier<double[]>) classifier);
            case Regression<?> regression -> value(((Regression<double[]>) regression)::predict);
            case KernelMachine<?> machine -> value(((KernelMachine<double[]>) machine)::score);
            default -> throw new IllegalStateException("no model: " + model.getClass());
        };
    }

    private static RowScorer value(ToDoubleFunction<double[]> function) {
        return (row, outputs) -> {
            outputs[0] = function.applyAsDouble(row);
            outputs[1] = outputs[0];
        };
    }

    /// Both ways to predict agree, and its classes are numbered from 0.
    private RowScorer scorer(NaiveBayes bayes) {
        SmileDistributions.Domain domain = new SmileDistributions.Domain(part);
        double[] probabilities = new double[classes.length];
        return (row, outputs) -> {
            domain.check(row);
            SmileModel.store(bayes.predict(row, probabilities), probabilities, outputs);
        };
    }

    private RowScorer scorer(Classifier<double[]> classifier) {
        double[] probabilities = new double[classes.length];
        return (row, outputs) -> {
            int predicted = position(classifier.predict(row));
            if (classifier.isSoft()) {
                classifier.predict(row, probabilities);
                SmileModel.store(predicted, probabilities, outputs);
            } else {
                SmileModel.store(predicted, classes.length, outputs);
            }
            if (classifier instanceof SVM<double[]> machine) {
                outputs[2] = machine.score(row);
            }
        };
    }

    private int position(int label) {
        for (int i = 0; i < classes.length; i++) {
            if (classes[i] == label) {
                return i;
            }
        }
        throw new IllegalStateException("Smile predicts a class that the model does not have");
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
