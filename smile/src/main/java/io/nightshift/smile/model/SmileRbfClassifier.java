package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import smile.classification.RBFNetwork;
import smile.model.rbf.RBF;
import smile.tensor.DenseMatrix;
import smile.tensor.ScalarType;

/// Smile's RBF network for classification: a weighted sum of the basis functions for each class. As in Smile,
/// the class whose sum has the largest magnitude is predicted. Sums have the order of the basis functions,
/// with the intercept last; Smile leaves the order to OpenBLAS.
///
/// The part's rows: which distance ([SmilePartCodec#bases]); the weights, (basis functions + intercept) ×
/// classes, row by row; then the basis functions.
final class SmileRbfClassifier implements SmileModel {

    static final String KIND = "RBFNetwork of classes";

    private final ModelPart part;
    private final double[] weights;
    private final RBF<double[]>[] bases;
    private final int features;

    SmileRbfClassifier(ModelPart part) {
        this.part = part;
        this.weights = part.numbers(1);
        this.features = part.rows(2)[0].length - 1;
        this.bases = SmilePartCodec.bases(part, part.count(0, 0, 1) == 1);
        if (features < 1 || weights.length % (bases.length + 1) != 0) {
            throw new IllegalArgumentException("it has " + weights.length + " weights for " + bases.length + " bases");
        }
    }

    static ModelPart part(RBFNetwork<?> network, SmileSizeLimit size) throws MalformedModelException {
        RBF<?>[] bases = (RBF<?>[]) SmileReflection.of(network, "rbf");
        List<double[]> numbers = new ArrayList<>();
        numbers.add(new double[] {SmilePartCodec.isPlain(bases) ? 1 : 0});
        numbers.add(SmileMatrix.byRows(
                (DenseMatrix) SmileReflection.of(network, "w"),
                ScalarType.Float64,
                bases.length + 1,
                network.classes().length,
                size));
        numbers.addAll(SmilePartCodec.bases(bases, size));
        return new ModelPart(KIND, numbers, List.of());
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return features;
    }

    @Override
    public int classes() {
        return weights.length / (bases.length + 1);
    }

    @Override
    public RowScorer scorer() {
        double[] sums = new double[classes()];
        return (row, outputs) -> {
            Arrays.fill(sums, 0);
            for (int basis = 0; basis <= bases.length; basis++) {
                double value = basis < bases.length ? bases[basis].f(row) : 1;
                SmileMatrix.add(weights, basis, value, sums, sums.length);
            }
            SmileModel.store(SmileMatrix.largest(sums), sums.length, outputs);
        };
    }

    @Override
    public String kernel() {
        return "basis functions, a row at a time";
    }

    @Override
    public long heapBytes() {
        return 2 * part.heapBytes();
    }
}
