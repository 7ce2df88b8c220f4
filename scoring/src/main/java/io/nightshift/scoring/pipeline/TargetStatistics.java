package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Statistics over the training rows with the same categories as the row, as CatBoost computes them (Prokhorenkova
/// et al., «CatBoost: unbiased boosting with categorical features», NeurIPS 2018): from counts, a smoothed share
/// or mean of the target, or a share of rows.
///
/// A combination of columns identifies these rows: first the hashes of texts, so many as `categories` says, then
/// numbers of which it counts whether they are above `borders` (`missing` is 1 if NaN is), and then hashes of texts
/// of which it counts whether they are `values`. `hashes` has the hashes of the known combinations, two numbers of
/// 32 bits each, `rows` the row of each in the table `counts`, and `width` the numbers in a row of that table.
///
/// Each column has the statistic (good + prior) / (total + weight), plus `shift`, times `scale`, in single
/// precision; a combination that is not known has no rows. The `form` says what good and total are.
///
/// - 0: good are the rows of classes after `target`, total those of all classes.
/// - 1: good are the rows of the class `target`, total those of all classes.
/// - 2: good is the sum of the target, total the number of rows.
/// - 3: good is the number of rows, total the `denominator`.
final class TargetStatistics implements PreparedStep {

    /// CatBoost's factor for hashes of combinations.
    private static final long FACTOR = 0x4906ba494954cb65L;

    private static final int ABOVE = 0;
    private static final int CLASS = 1;
    private static final int MEAN = 2;
    private static final int FREQUENCY = 3;

    /// The counts of a statistic are those of at most so many classes.
    private static final int MOST_CLASSES = 1 << 20;

    private final int categories;
    private final double[] borders;
    private final int[] missing;
    private final int[] values;
    private final HashIndex index;
    private final int[] rowOf;
    private final int form;
    private final int width;
    private final int[] counts;
    private final float[] sums;
    private final float denominator;
    private final int[] target;
    private final float[] prior;
    private final float[] weight;
    private final float[] shift;
    private final float[] scale;

    private TargetStatistics(PipelineStep step) {
        this.borders = step.numbers("borders");
        this.missing = step.integers("missing", borders.length, 0, 1);
        int inputs = step.inputs().size();
        this.categories = step.integers("categories", 1, 0, inputs)[0];
        int hashed = inputs - categories - borders.length;
        this.values = step.integers("values", Math.max(0, hashed), Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (hashed < 0) {
            throw new IllegalArgumentException(step.called() + " has more borders than columns");
        }
        int outputs = step.outputs();
        this.form = step.integers("form", 1, ABOVE, FREQUENCY)[0];
        int least = form == ABOVE || form == MEAN ? 2 : 1;
        int most = form == MEAN ? 2 : form == FREQUENCY ? 1 : MOST_CLASSES;
        this.width = step.integers("width", 1, least, most)[0];
        this.target = step.integers("target", outputs, 0, form == ABOVE || form == CLASS ? width - 1 : 0);
        this.prior = singles(step, "prior");
        this.weight = singles(step, "weight");
        this.shift = singles(step, "shift");
        this.scale = singles(step, "scale");
        this.denominator = step.integers("denominator", 1, Integer.MIN_VALUE, Integer.MAX_VALUE)[0];
        double[] numbers = step.numbers("counts");
        this.counts = new int[numbers.length];
        this.sums = new float[form == MEAN ? numbers.length : 0];
        for (int i = 0; i < numbers.length; i++) {
            counts[i] = (int) numbers[i];
            if (form == MEAN) {
                sums[i] = (float) numbers[i];
            }
        }
        long[] hashes = hashes(step);
        this.rowOf = step.integers("rows", hashes.length, 0, Math.max(0, numbers.length / width - 1));
        if (hashes.length > 0 && numbers.length < width) {
            throw new IllegalArgumentException(step.called() + " has no counts");
        }
        this.index = new HashIndex(hashes, step.called());
    }

    static PreparedStep prepare(PipelineStep step) {
        return new TargetStatistics(step);
    }

    private static float[] singles(PipelineStep step, String parameter) {
        double[] numbers = step.numbers(parameter, step.outputs());
        float[] singles = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            singles[i] = (float) numbers[i];
        }
        return singles;
    }

    private static long[] hashes(PipelineStep step) {
        int count = step.numbers("hashes").length;
        int[] halves = step.integers("hashes", count & -2, Integer.MIN_VALUE, Integer.MAX_VALUE);
        long[] hashes = new long[count / 2];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = (long) halves[2 * i] << Integer.SIZE | (halves[2 * i + 1] & 0xffffffffL);
        }
        return hashes;
    }

    @Override
    public StepOperator operator() {
        return new Operator();
    }

    @Override
    public long heapBytes() {
        return index.heapBytes() + 4L * (counts.length + sums.length + rowOf.length) + 24L * target.length;
    }

    private float statistic(int output, float good, float total) {
        float share = (good + prior[output]) / (total + weight[output]);
        return (share + shift[output]) * scale[output];
    }

    /// The first number of a row of the table.
    private int start(int row) {
        return rowOf[row] * width;
    }

    private float ofClasses(int output, int row) {
        int good = 0;
        int total = 0;
        int start = start(row);
        for (int i = 0; i < width; i++) {
            int count = counts[start + i];
            total += count;
            if (form == ABOVE ? i > target[output] : i == target[output]) {
                good += count;
            }
        }
        return statistic(output, good, total);
    }

    private float of(int output, int row) {
        return switch (form) {
            case MEAN -> statistic(output, sums[start(row)], counts[start(row) + 1]);
            case FREQUENCY -> statistic(output, counts[start(row)], denominator);
            default -> ofClasses(output, row);
        };
    }

    private float ofNoRows(int output) {
        return statistic(output, 0, form == FREQUENCY ? denominator : 0);
    }

    private static long added(long hash, long value) {
        return FACTOR * (hash + FACTOR * value);
    }

    private final class Operator implements StepOperator {

        private long[] hashes = {};
        private int[] found = {};

        @Override
        public void apply(double[][] inputs, int rows, double[][] outputs) {
            if (hashes.length < rows) {
                hashes = new long[rows];
                found = new int[rows];
            }
            combine(inputs, rows);
            for (int row = 0; row < rows; row++) {
                found[row] = index.of(hashes[row]);
            }
            for (int output = 0; output < outputs.length; output++) {
                float unknown = ofNoRows(output);
                for (int row = 0; row < rows; row++) {
                    outputs[output][row] = found[row] == HashIndex.NONE ? unknown : of(output, found[row]);
                }
            }
        }

        private void combine(double[][] inputs, int rows) {
            Arrays.fill(hashes, 0, rows, 0);
            for (int i = 0; i < categories; i++) {
                for (int row = 0; row < rows; row++) {
                    hashes[row] = added(hashes[row], (int) inputs[i][row]);
                }
            }
            for (int i = 0; i < borders.length; i++) {
                double[] column = inputs[categories + i];
                for (int row = 0; row < rows; row++) {
                    float value = (float) column[row];
                    boolean isAbove = value > borders[i] || (missing[i] == 1 && Float.isNaN(value));
                    hashes[row] = added(hashes[row], isAbove ? 1 : 0);
                }
            }
            for (int i = 0; i < values.length; i++) {
                double[] column = inputs[categories + borders.length + i];
                for (int row = 0; row < rows; row++) {
                    hashes[row] = added(hashes[row], (int) column[row] == values[i] ? 1 : 0);
                }
            }
        }
    }
}
