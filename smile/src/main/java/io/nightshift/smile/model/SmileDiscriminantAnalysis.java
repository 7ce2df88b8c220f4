package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import smile.classification.LDA;
import smile.classification.QDA;
import smile.classification.RDA;
import smile.math.MathEx;
import smile.tensor.DenseMatrix;
import smile.tensor.ScalarType;
import smile.tensor.Vector;

/// Smile's discriminant analyses (LDA, QDA, RDA): for each class, the distance from its mean along the
/// eigenvectors of a covariance, which all classes share (LDA) or each class has (QDA, RDA), and the softmax
/// over the classes.
///
/// Smile multiplies with OpenBLAS, whose order of addition depends on the processor. Here sums have the order
/// of the features.
///
/// The part's rows: the logarithms of the prior probabilities; the means of the classes; the eigenvalues,
/// once or for each class; the eigenvectors, features × features row by row, equally often.
final class SmileDiscriminantAnalysis implements SmileModel {

    private final ModelPart part;
    private final double[] starts;
    private final double[][] means;
    private final double[][] eigenvalues;
    private final double[][] eigenvectors;

    SmileDiscriminantAnalysis(ModelPart part) {
        this.part = part;
        this.starts = part.numbers(0);
        int classes = starts.length;
        int shapes = part.kind().equals("LDA") ? 1 : classes;
        int features = part.numbers(1).length;
        if (part.numbers().size() != 1 + classes + 2 * shapes) {
            throw new IllegalArgumentException("it has not the rows of " + classes + " classes");
        }
        this.means = rows(1, classes, features);
        this.eigenvalues = rows(1 + classes, shapes, features);
        this.eigenvectors = rows(1 + classes + shapes, shapes, Math.multiplyExact(features, features));
    }

    private double[][] rows(int from, int count, int length) {
        double[][] rows = new double[count][];
        for (int i = 0; i < count; i++) {
            rows[i] = part.numbers(from + i, length);
        }
        return rows;
    }

    static ModelPart part(LDA analysis, SmileSizeLimit size) throws MalformedModelException {
        return part(
                "LDA",
                analysis,
                List.of((Vector) SmileReflection.of(analysis, "eigen")),
                List.of((DenseMatrix) SmileReflection.of(analysis, "scaling")),
                size);
    }

    static ModelPart part(QDA analysis, SmileSizeLimit size) throws MalformedModelException {
        return part(
                analysis instanceof RDA ? "RDA" : "QDA",
                analysis,
                List.of((Vector[]) SmileReflection.of(analysis, "eigen")),
                List.of((DenseMatrix[]) SmileReflection.of(analysis, "scaling")),
                size);
    }

    private static ModelPart part(
            String kind, Object analysis, List<Vector> eigen, List<DenseMatrix> scaling, SmileSizeLimit size)
            throws MalformedModelException {
        double[][] means = (double[][]) SmileReflection.of(analysis, "mu");
        int features = means[0].length;
        List<double[]> numbers = new ArrayList<>();
        numbers.add((double[]) SmileReflection.of(analysis, "logppriori"));
        numbers.addAll(SmilePartCodec.rows(means, size));
        for (Vector values : eigen) {
            numbers.add(SmileMatrix.numbers(values, ScalarType.Float64, features, size));
        }
        for (DenseMatrix vectors : scaling) {
            numbers.add(SmileMatrix.byRows(vectors, ScalarType.Float64, features, features, size));
        }
        return new ModelPart(kind, numbers, List.of());
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return means[0].length;
    }

    @Override
    public int classes() {
        return starts.length;
    }

    @Override
    public RowScorer scorer() {
        double[] projected = new double[features()];
        double[] probabilities = new double[classes()];
        return (row, outputs) -> {
            for (int k = 0; k < probabilities.length; k++) {
                int shape = eigenvalues.length == 1 ? 0 : k;
                project(row, means[k], eigenvectors[shape], projected);
                double[] values = eigenvalues[shape];
                double distance = 0;
                for (int i = 0; i < projected.length; i++) {
                    distance += projected[i] * projected[i] / values[i];
                }
                probabilities[k] = starts[k] - 0.5 * distance;
            }
            SmileModel.store(MathEx.softmax(probabilities), probabilities, outputs);
        };
    }

    private static void project(double[] row, double[] mean, double[] vectors, double[] projected) {
        Arrays.fill(projected, 0);
        for (int feature = 0; feature < row.length; feature++) {
            SmileMatrix.add(vectors, feature, row[feature] - mean[feature], projected, projected.length);
        }
    }

    @Override
    public String kernel() {
        return "discriminant functions, a row at a time";
    }
}
