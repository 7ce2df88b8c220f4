package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Arrays;

/// Weighted sums of a kernel of the row and each point: support vector machines, kernel regressions and Gaussian
/// processes. The kernel is a sum of terms, each of which is a constant times a product of factors. `terms` has the
/// number of factors of each term, and `constants` their constants; without them, there is one term of all factors.
/// `factors` lists the factors by their numbers. `parameters` has three numbers for each factor, and `scales`, if
/// the step has it, a number for each factor and column by which differences and products of the column are
/// divided, those of the first factor first. `weights` has those of all points for the first sum, then those for
/// the next. To each sum one of the `intercepts` is added at the end.
final class KernelStep implements PreparedStep {

    /// The factors by their numbers, with their parameters a, b and c. The kernels of scikit-learn, and those of
    /// Rasmussen and Williams ("Gaussian Processes for Machine Learning", 2006, chapter 4).
    private enum Factor {
        /// (a · xy + b)^c
        POLYNOMIAL,
        /// exp(-a · |x-y|²)
        GAUSSIAN,
        /// tanh(a · xy + b)
        SIGMOID,
        /// exp(-a · Σ|x-y|)
        LAPLACIAN,
        /// Matérn's with ν = a: 0.5, 1.5 or 2.5
        MATERN,
        /// (1 + |x-y|² / 2ab²)^-a
        RATIONAL_QUADRATIC,
        /// exp(-2 (sin(π|x-y| / b) / a)²)
        PERIODIC,
        /// xy / (|x| · |y|)
        COSINE
    }

    private static final int PARAMETERS = 3;

    private final int[] terms;
    private final double[] constants;
    private final Factor[] factors;
    private final double[] parameters;
    private final double[] scales;
    private final double[] points;
    private final double[] weights;
    private final double[] intercepts;
    private final int dimensions;
    private final int count;

    private KernelStep(PipelineStep step) {
        this.dimensions = step.inputs().size();
        this.points = Points.values(step);
        this.count = points.length / dimensions;
        double[] numbers = step.numbers("factors");
        int[] kinds = step.integers("factors", numbers.length, 0, Factor.values().length - 1);
        this.factors =
                Arrays.stream(kinds).mapToObj(kind -> Factor.values()[kind]).toArray(Factor[]::new);
        this.constants = step.has("constants") ? step.numbers("constants") : new double[] {1};
        this.terms = step.has("terms")
                ? step.integers("terms", constants.length, 0, factors.length)
                : new int[] {factors.length};
        if (Arrays.stream(terms).asLongStream().sum() != factors.length) {
            throw new IllegalArgumentException(
                    step.called() + " has terms of other numbers of factors than its " + factors.length);
        }
        this.parameters = step.numbers("parameters", (long) PARAMETERS * factors.length);
        this.scales = step.has("scales") ? step.numbers("scales", (long) factors.length * dimensions) : new double[0];
        this.intercepts = step.numbers("intercepts", step.outputs());
        this.weights = step.numbers("weights", (long) count * step.outputs());
        for (int i = 0; i < factors.length; i++) {
            if (factors[i] == Factor.MATERN && !isHalf(parameters[i * PARAMETERS])) {
                throw new IllegalArgumentException(step.called() + " has a Matérn kernel of "
                        + parameters[i * PARAMETERS] + "; it can have those of 0.5, 1.5 and 2.5");
            }
        }
    }

    private static boolean isHalf(double nu) {
        return nu == 0.5 || nu == 1.5 || nu == 2.5;
    }

    static PreparedStep prepare(PipelineStep step) {
        return new KernelStep(step);
    }

    @Override
    public StepOperator operator() {
        double[] row = new double[dimensions];
        double[] kernels = new double[count];
        return (inputs, rows, outputs) -> {
            for (int i = 0; i < rows; i++) {
                Points.copy(inputs, i, row);
                for (int point = 0; point < count; point++) {
                    kernels[point] = kernel(row, point);
                }
                for (int sum = 0; sum < outputs.length; sum++) {
                    outputs[sum][i] = sum(kernels, sum);
                }
            }
        };
    }

    private double sum(double[] kernels, int sum) {
        double total = 0;
        int at = sum * count;
        for (int point = 0; point < count; point++) {
            total += weights[at + point] * kernels[point];
        }
        return total + intercepts[sum];
    }

    private double kernel(double[] row, int point) {
        double sum = 0;
        int factor = 0;
        for (int term = 0; term < terms.length; term++) {
            double product = constants[term];
            for (int end = factor + terms[term]; factor < end; factor++) {
                product *= factor(row, point * dimensions, factor);
            }
            sum += product;
        }
        return sum;
    }

    private double factor(double[] row, int at, int factor) {
        double a = parameters[factor * PARAMETERS];
        double b = parameters[factor * PARAMETERS + 1];
        double c = parameters[factor * PARAMETERS + 2];
        int scale = factor * dimensions;
        return switch (factors[factor]) {
            case POLYNOMIAL -> Math.pow(a * dot(row, at, scale) + b, c);
            case GAUSSIAN -> Math.exp(-a * squares(row, at, scale));
            case SIGMOID -> Math.tanh(a * dot(row, at, scale) + b);
            case LAPLACIAN -> Math.exp(-a * absolutes(row, at, scale));
            case MATERN -> matern(a, Math.sqrt(squares(row, at, scale)));
            case RATIONAL_QUADRATIC -> Math.pow(1 + squares(row, at, scale) / (2 * a * b * b), -a);
            case PERIODIC -> {
                double sine = Math.sin(Math.PI / b * Math.sqrt(squares(row, at, scale))) / a;
                yield Math.exp(-2 * sine * sine);
            }
            case COSINE -> cosine(row, at);
        };
    }

    private static double matern(double nu, double distance) {
        double scaled = Math.sqrt(2 * nu) * distance;
        double power = Math.exp(-scaled);
        return nu == 0.5 ? power : nu == 1.5 ? (1 + scaled) * power : (1 + scaled + scaled * scaled / 3) * power;
    }

    /// A row of zeros has the length 1, so that its products are 0.
    private double cosine(double[] row, int at) {
        double product = 0;
        double left = 0;
        double right = 0;
        for (int i = 0; i < dimensions; i++) {
            product += row[i] * points[at + i];
            left += row[i] * row[i];
            right += points[at + i] * points[at + i];
        }
        return product / (left == 0 ? 1 : Math.sqrt(left)) / (right == 0 ? 1 : Math.sqrt(right));
    }

    private double dot(double[] row, int at, int scale) {
        double sum = 0;
        for (int i = 0; i < dimensions; i++) {
            double product = row[i] * points[at + i];
            sum += scales.length == 0 ? product : product / scales[scale + i];
        }
        return sum;
    }

    private double squares(double[] row, int at, int scale) {
        double sum = 0;
        for (int i = 0; i < dimensions; i++) {
            double difference = row[i] - points[at + i];
            if (scales.length > 0) {
                difference /= scales[scale + i];
            }
            sum += difference * difference;
        }
        return sum;
    }

    private double absolutes(double[] row, int at, int scale) {
        double sum = 0;
        for (int i = 0; i < dimensions; i++) {
            double difference = Math.abs(row[i] - points[at + i]);
            sum += scales.length == 0 ? difference : difference / scales[scale + i];
        }
        return sum;
    }

    @Override
    public String kernel() {
        return count + " points with a kernel";
    }

    @Override
    public long heapBytes() {
        return 200 + 8L * (points.length + weights.length + scales.length);
    }
}
