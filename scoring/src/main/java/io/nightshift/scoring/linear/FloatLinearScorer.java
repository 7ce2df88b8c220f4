package io.nightshift.scoring.linear;

import io.nightshift.scoring.form.LinearForm;
import io.nightshift.scoring.form.LinearForm.Term;
import io.nightshift.scoring.link.FloatLink;
import io.nightshift.scoring.model.Scorer;
import java.util.Arrays;

/// Scores a [LinearForm] in single precision, as XGBoost's `gblinear` does.
public final class FloatLinearScorer implements Scorer {

    private static final int BLOCK = 256;

    private final LinearForm form;
    private final int[] columns;
    private final float[][] weights;
    private final float[][] sums;

    FloatLinearScorer(LinearForm form) {
        this.form = form;
        this.columns = form.terms().stream().mapToInt(Term::feature).toArray();
        this.weights = new float[form.weights().size()][columns.length + 1];
        for (int sum = 0; sum < weights.length; sum++) {
            for (int term = 0; term <= columns.length; term++) {
                weights[sum][term] = form.weights().get(sum).get(term).floatValue();
            }
        }
        this.sums = new float[weights.length][BLOCK];
    }

    @Override
    public void score(double[][] features, int rows, double[][] outputs) {
        for (int from = 0; from < rows; from += BLOCK) {
            int count = Math.min(BLOCK, rows - from);
            for (int sum = 0; sum < sums.length; sum++) {
                Arrays.fill(sums[sum], 0, count, weights[sum][columns.length]);
                for (int term = 0; term < columns.length; term++) {
                    add(features[columns[term]], from, count, weights[sum][term], sums[sum]);
                }
            }
            FloatLink.apply(form.link(), sums, from, count, outputs);
        }
    }

    private static void add(double[] column, int from, int count, float weight, float[] sum) {
        for (int row = 0; row < count; row++) {
            float value = (float) column[from + row];
            if (!Float.isNaN(value)) {
                sum[row] += value * weight;
            }
        }
    }
}
