package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;

/// The mean of the logistic function over a normal distribution, as scikit-learn approximates it: by five error
/// functions (Williams and Barber, "Bayesian classification with Gaussian processes", 1998, appendix A). The error
/// function is that of Cephes (`ndtr.c`), which SciPy has.
final class GaussianIntegral {

    private static final double[] SLOPES = {0.41, 0.4, 0.37, 0.44, 0.39};
    private static final double[] FACTORS = {-1854.8214151, 3516.89893646, 221.29346712, 128.12323805, -2010.49422654};

    private static final double[] CENTRE_P = {
        9.60497373987051638749E0,
        9.00260197203842689217E1,
        2.23200534594684319226E3,
        7.00332514112805075473E3,
        5.55923013010394962768E4
    };
    private static final double[] CENTRE_Q = {
        1,
        3.35617141647503099647E1,
        5.21357949780152679795E2,
        4.59432382970980127987E3,
        2.26290000613890934246E4,
        4.92673942608635921086E4
    };
    private static final double[] TAIL_P = {
        2.46196981473530512524E-10,
        5.64189564831068821977E-1,
        7.46321056442269912687E0,
        4.86371970985681366614E1,
        1.96520832956077098242E2,
        5.26445194995477358631E2,
        9.34528527171957607540E2,
        1.02755188689515710272E3,
        5.57535335369399327526E2
    };
    private static final double[] TAIL_Q = {
        1,
        1.32281951154744992508E1,
        8.67072140885989742329E1,
        3.54937778887819891062E2,
        9.75708501743205489753E2,
        1.82390916687909736289E3,
        2.24633760818710981792E3,
        1.65666309194161350182E3,
        5.57535340817727675546E2
    };

    /// From here on, the error function is 1 in double precision.
    private static final double FAR = 6;

    private GaussianIntegral() {}

    /// The mean of the logistic function over the normal distribution whose mean is the first column, and whose
    /// variance is the second.
    static PreparedStep prepare(PipelineStep step) {
        StepKind.requireColumns(step, 2, 1);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int row = 0; row < rows; row++) {
                outputs[0][row] = mean(inputs[0][row], inputs[1][row]);
            }
        });
    }

    private static double mean(double mean, double variance) {
        double alpha = 1 / (2 * variance);
        double norm = 2 * Math.sqrt(variance * 2 * Math.PI);
        double sum = 0;
        double factors = 0;
        for (int i = 0; i < SLOPES.length; i++) {
            double argument = SLOPES[i] * mean * Math.sqrt(alpha / (alpha + SLOPES[i] * SLOPES[i]));
            sum += FACTORS[i] * (Math.sqrt(Math.PI / alpha) * erf(argument) / norm);
            factors += FACTORS[i];
        }
        return sum + 0.5 * factors;
    }

    static double erf(double x) {
        double size = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        if (size <= 1) {
            double square = x * x;
            return x * polynomial(square, CENTRE_P) / polynomial(square, CENTRE_Q);
        }
        double tail = size > FAR ? 0 : Math.exp(-size * size) * polynomial(size, TAIL_P) / polynomial(size, TAIL_Q);
        return x < 0 ? tail - 1 : 1 - tail;
    }

    private static double polynomial(double x, double[] coefficients) {
        double sum = 0;
        for (double coefficient : coefficients) {
            sum = sum * x + coefficient;
        }
        return sum;
    }
}
