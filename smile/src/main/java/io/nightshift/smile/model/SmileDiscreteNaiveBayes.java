package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.form.RowForm.RowScorer;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.ArrayList;
import java.util.List;
import smile.classification.DiscreteNaiveBayes;
import smile.math.MathEx;

/// Smile's naive Bayes classifier of counts, for example of the words in a text. Sums have Smile's order.
///
/// Like Smile, it has no class for a row without any count above zero.
///
/// The part's rows: the prior probabilities of the classes; then for each class the logarithms of the
/// features' probabilities. The kind of its only part is Smile's name of the model of counts.
final class SmileDiscreteNaiveBayes implements SmileModel {

    static final String KIND = "DiscreteNaiveBayes";

    private final ModelPart part;
    private final DiscreteNaiveBayes.Model model;
    private final double[] starts;
    private final double[][] present;
    private final double[][] absent;

    SmileDiscreteNaiveBayes(ModelPart part) {
        this.part = part;
        this.model = DiscreteNaiveBayes.Model.valueOf(part.part(0).kind());
        this.present = part.rows(1);
        double[] shares = part.numbers(0, present.length);
        this.starts = new double[shares.length];
        this.absent = new double[present.length][model == DiscreteNaiveBayes.Model.BERNOULLI ? features() : 0];
        for (int k = 0; k < starts.length; k++) {
            starts[k] = switch (model) {
                case MULTINOMIAL, POLYAURN, BERNOULLI -> Math.log(shares[k]);
                case CNB, WCNB, TWCNB -> 0;
            };
            for (int i = 0; i < absent[k].length; i++) {
                absent[k][i] = Math.log(1.0 - Math.exp(present[k][i]));
            }
        }
    }

    static ModelPart part(DiscreteNaiveBayes bayes, SmileSizeLimit size) throws MalformedModelException {
        List<double[]> numbers = new ArrayList<>();
        numbers.add(bayes.priori());
        numbers.addAll(SmilePartCodec.rows((double[][]) SmileReflection.of(bayes, "logcondprob"), size));
        String model = ((DiscreteNaiveBayes.Model) SmileReflection.of(bayes, "model")).name();
        return new ModelPart(KIND, numbers, List.of(new ModelPart(model, List.of(), List.of())));
    }

    @Override
    public ModelPart part() {
        return part;
    }

    @Override
    public int features() {
        return present[0].length;
    }

    @Override
    public int classes() {
        return present.length;
    }

    @Override
    public RowScorer scorer() {
        int[] counts = new int[features()];
        double[] probabilities = new double[classes()];
        return (row, outputs) -> {
            count(row, counts);
            for (int k = 0; k < probabilities.length; k++) {
                probabilities[k] = switch (model) {
                    case MULTINOMIAL, POLYAURN -> weighted(counts, starts[k], present[k], 1);
                    case BERNOULLI -> occurring(counts, k);
                    case CNB, WCNB, TWCNB -> weighted(counts, starts[k], present[k], -1);
                };
            }
            MathEx.softmax(probabilities);
            SmileModel.store(MathEx.whichMax(probabilities), probabilities, outputs);
        };
    }

    private static void count(double[] row, int[] counts) {
        boolean any = false;
        for (int i = 0; i < row.length; i++) {
            counts[i] = (int) row[i];
            if (counts[i] != row[i]) {
                throw new IllegalArgumentException(
                        "feature " + (i + 1) + " of naive Bayes is " + row[i] + ", and has to be a count");
            }
            any |= counts[i] > 0;
        }
        if (!any) {
            throw new IllegalArgumentException("a row has no count above zero, so naive Bayes has no class for it"
                    + " (leave such rows out by source.where)");
        }
    }

    private static double weighted(int[] counts, double start, double[] logarithms, int sign) {
        double sum = start;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                sum += sign * (counts[i] * logarithms[i]);
            }
        }
        return sum;
    }

    private double occurring(int[] counts, int k) {
        double sum = starts[k];
        for (int i = 0; i < counts.length; i++) {
            sum += counts[i] > 0 ? present[k][i] : absent[k][i];
        }
        return sum;
    }

    @Override
    public String kernel() {
        return "naive Bayes of counts, a row at a time";
    }

    @Override
    public long heapBytes() {
        return part.heapBytes() + 8L * classes() * absent[0].length;
    }
}
