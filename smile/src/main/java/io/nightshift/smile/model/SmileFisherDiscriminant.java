package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import smile.classification.FLD;
import smile.tensor.DenseMatrix;
import smile.tensor.ScalarType;
import smile.tensor.Vector;

/// Smile's Fisher's linear discriminant: a row is projected, and the class of the nearest projected mean is
/// predicted. Sums have the order of the features; Smile leaves the order to OpenBLAS.
///
/// The part's rows: the projection, features × dimensions row by row; the projected mean of all rows; the
/// projected means of the classes.
final class SmileFisherDiscriminant implements SmileModel {

    static final String KIND = "FLD";

    private final ModelPart part;
    private final double[] projection;
    private final double[] mean;
    private final double[][] means;

    SmileFisherDiscriminant(ModelPart part) {
        this.part = part;
        this.projection = part.numbers(0);
        double[][] rows = part.rows(1);
        this.mean = rows[0];
        this.means = Arrays.copyOfRange(rows, 1, rows.length);
        if (projection.length == 0 || projection.length % mean.length != 0) {
            throw new IllegalArgumentException(
                    "it has a projection of " + projection.length + " numbers to " + mean.length + " dimensions");
        }
    }

    static ModelPart part(FLD analysis, SmileSizeLimit size) throws MalformedModelException {
        DenseMatrix scaling = analysis.getProjection();
        int dimensions = scaling.ncol();
        List<double[]> numbers = new ArrayList<>();
        numbers.add(SmileMatrix.byRows(
                scaling, ScalarType.Float64, (int) SmileReflection.number(analysis, "p"), dimensions, size));
        numbers.add(SmileMatrix.numbers(
                (Vector) SmileReflection.of(analysis, "mean"), ScalarType.Float64, dimensions, size));
        for (Vector mean : (Vector[]) SmileReflection.of(analysis, "mu")) {
            numbers.add(SmileMatrix.numbers(mean, ScalarType.Float64, dimensions, size));
        }
        return new ModelPart(KIND, numbers, List.of());
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return projection.length / mean.length;
    }

    @Override
    public int classes() {
        return means.length;
    }

    @Override
    public RowScorer scorer() {
        double[] projected = new double[mean.length];
        return (row, outputs) -> {
            project(row, projected);
            int nearest = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int k = 0; k < means.length; k++) {
                double sum = 0;
                for (int i = 0; i < projected.length; i++) {
                    double difference = projected[i] - means[k][i];
                    sum += difference * difference;
                }
                double distance = Math.sqrt(sum);
                if (distance < least) {
                    least = distance;
                    nearest = k;
                }
            }
            SmileModel.store(nearest, means.length, outputs);
        };
    }

    private void project(double[] row, double[] projected) {
        Arrays.fill(projected, 0);
        for (int feature = 0; feature < row.length; feature++) {
            SmileMatrix.add(projection, feature, row[feature], projected, projected.length);
        }
        for (int i = 0; i < projected.length; i++) {
            projected[i] -= mean[i];
        }
    }

    @Override
    public String kernel() {
        return "projection to the nearest mean, a row at a time";
    }
}
