package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.Arrays;

/// A Smile model that is computed one row at a time. Either Smile's objects are rebuilt from the parts and
/// predict, or this module computes what Smile leaves to a native library or has no constructor for.
///
/// The constructors check everything that the loops rely on, so a forged file can only lead to a wrong
/// number.
public sealed interface SmileModel extends RowForm.RowModel
        permits SmileDelegateModel,
                SmileNearestNeighbours,
                SmileDiscreteNaiveBayes,
                SmileIsolationForest,
                SmileDiscriminantAnalysis,
                SmileFisherDiscriminant,
                SmilePerceptron,
                SmileRbfClassifier {

    /// This library's name in model files.
    String LIBRARY = "smile";

    @Override
    default String library() {
        return LIBRARY;
    }

    int features();

    /// The number of classes; 0 for a regression.
    int classes();

    default int margins() {
        return 0;
    }

    @Override
    default long heapBytes() {
        return part().heapBytes();
    }

    /// Rebuilds a model from parts, and scores one or two rows with it.
    ///
    /// @throws MalformedModelException if the parts are not a model
    static RowForm form(ModelPart part) throws MalformedModelException {
        try {
            SmileModel model = of(part);
            RowForm form = new RowForm(model.features(), model.classes(), model.margins(), model);
            RowForm.RowScorer scorer = model.scorer();
            for (double value : model instanceof SmileDiscreteNaiveBayes ? new double[] {1} : new double[] {0, 1}) {
                double[] row = new double[model.features()];
                Arrays.fill(row, value);
                scorer.score(row, new double[form.outputs() + form.margins()]);
            }
            return form;
        } catch (IndexOutOfBoundsException
                | NegativeArraySizeException
                | NullPointerException
                | IllegalArgumentException
                | IllegalStateException
                | ArithmeticException
                | UnsupportedOperationException broken) {
            throw new MalformedModelException("its parts do not fit together: " + broken.getMessage(), broken);
        } catch (StackOverflowError deep) {
            throw new MalformedModelException("its parts are nested too deeply", deep);
        }
    }

    private static SmileModel of(ModelPart part) {
        return switch (part.kind()) {
            case SmileNearestNeighbours.KIND -> new SmileNearestNeighbours(part);
            case SmileDiscreteNaiveBayes.KIND -> new SmileDiscreteNaiveBayes(part);
            case SmileIsolationForest.KIND -> new SmileIsolationForest(part);
            case "LDA", "QDA", "RDA" -> new SmileDiscriminantAnalysis(part);
            case SmileFisherDiscriminant.KIND -> new SmileFisherDiscriminant(part);
            case SmilePerceptron.KIND -> new SmilePerceptron(part);
            case SmileRbfClassifier.KIND -> new SmileRbfClassifier(part);
            default -> new SmileDelegateModel(part);
        };
    }

    /// Writes a predicted class and the probabilities: that of the second class for two classes, all of them
    /// for more.
    static void store(int predicted, double[] probabilities, double[] outputs) {
        outputs[0] = predicted;
        if (probabilities.length == 2) {
            outputs[1] = probabilities[1];
        } else {
            System.arraycopy(probabilities, 0, outputs, 1, probabilities.length);
        }
    }

    /// Writes a predicted class of a model without probabilities: the predicted class has the probability 1.
    static void store(int predicted, int classes, double[] outputs) {
        outputs[0] = predicted;
        if (classes == 2) {
            outputs[1] = predicted;
        } else {
            outputs[1 + predicted] = 1;
        }
    }
}
