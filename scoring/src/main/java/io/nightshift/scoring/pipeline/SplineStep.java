package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// B-splines over one column: a column for each spline. `knots` and `degree` define them. Outside of the inner
/// knots the splines go on as polynomials; or as lines with the values `low` and `high` at the ends and the slopes
/// `low-slopes` and `high-slopes`; or they begin again, if `periodic` is 1; or the row fails, if `limited` is 1.
final class SplineStep implements PreparedStep {

    private static final int MOST_DEGREE = 32;

    private final PipelineStep step;
    private final double[] knots;
    private final int degree;
    private final int splines;
    private final boolean isPeriodic;
    private final boolean isLimited;
    private final double[] low;
    private final double[] lowSlopes;
    private final double[] high;
    private final double[] highSlopes;
    private final double first;
    private final double last;

    private SplineStep(PipelineStep step) {
        this.step = step;
        this.knots = step.numbers("knots");
        this.degree = step.integers("degree", 1, 0, MOST_DEGREE)[0];
        this.isPeriodic = isSet("periodic");
        this.isLimited = isSet("limited");
        this.splines = knots.length - degree - 1;
        if (splines <= degree) {
            throw new IllegalArgumentException(
                    "%s has %d knots for the degree %d".formatted(step.called(), knots.length, degree));
        }
        if (isPeriodic && splines < 2 * degree) {
            throw new IllegalArgumentException(step.called() + " has too few knots to be periodic");
        }
        StepKind.requireColumns(step, 1, isPeriodic ? splines - degree : splines);
        LookupSteps.requireAscending(step, "knots", knots);
        this.first = knots[degree];
        this.last = knots[splines];
        boolean isLinear = step.has("low");
        this.low = isLinear ? step.numbers("low", step.outputs()) : new double[0];
        this.lowSlopes = isLinear ? step.numbers("low-slopes", step.outputs()) : new double[0];
        this.high = isLinear ? step.numbers("high", step.outputs()) : new double[0];
        this.highSlopes = isLinear ? step.numbers("high-slopes", step.outputs()) : new double[0];
    }

    static PreparedStep prepare(PipelineStep step) {
        return new SplineStep(step);
    }

    private boolean isSet(String parameter) {
        return step.has(parameter) && step.integers(parameter, 1, 0, 1)[0] == 1;
    }

    @Override
    public StepOperator operator() {
        double[] values = new double[degree + 1];
        double[] before = new double[degree + 1];
        return (inputs, rows, outputs) -> {
            for (double[] output : outputs) {
                Arrays.fill(output, 0, rows, 0);
            }
            for (int row = 0; row < rows; row++) {
                double x = inputs[0][row];
                if (Double.isNaN(x) || (isLimited && (x < first || x > last))) {
                    throw new IllegalStateException(step.name() + " has no value at " + x);
                }
                if (low.length > 0 && x < first) {
                    line(low, lowSlopes, x - first, row, outputs);
                } else if (high.length > 0 && x > last) {
                    line(high, highSlopes, x - last, row, outputs);
                } else {
                    splines(isPeriodic ? first + modulo(x - first, last - first) : x, values, before, row, outputs);
                }
            }
        };
    }

    private static void line(double[] values, double[] slopes, double distance, int row, double[][] outputs) {
        for (int spline = 0; spline < values.length; spline++) {
            outputs[spline][row] = values[spline] + distance * slopes[spline];
        }
    }

    /// The remainder with the sign of the divisor, as NumPy has it.
    private static double modulo(double value, double divisor) {
        double rest = value % divisor;
        return rest != 0 && (rest < 0) != (divisor < 0) ? rest + divisor : rest;
    }

    /// The values of the splines that are not 0 at a place, by the recursion of de Boor and Cox.
    private void splines(double x, double[] values, double[] before, int row, double[][] outputs) {
        int interval = interval(x);
        values[0] = 1;
        for (int order = 1; order <= degree; order++) {
            System.arraycopy(values, 0, before, 0, order);
            values[0] = 0;
            for (int n = 1; n <= order; n++) {
                double upper = knots[interval + n];
                double lower = knots[interval + n - order];
                if (upper == lower) {
                    values[n] = 0;
                    continue;
                }
                double share = before[n - 1] / (upper - lower);
                values[n - 1] += share * (upper - x);
                values[n] = share * (x - lower);
            }
        }
        for (int n = 0; n <= degree; n++) {
            int spline = interval - degree + n;
            outputs[spline < outputs.length ? spline : spline - outputs.length][row] += values[n];
        }
    }

    /// The interval between inner knots that has the place; for places outside, the nearest one.
    private int interval(double x) {
        int from = degree;
        int to = splines - 1;
        while (from < to) {
            int middle = (from + to + 1) >>> 1;
            if (knots[middle] <= x) {
                from = middle;
            } else {
                to = middle - 1;
            }
        }
        return from;
    }
}
