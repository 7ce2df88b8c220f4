package io.nightshift.scoring.pipeline;

import static java.util.Map.entry;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.link.ClassScores;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/// Steps that apply a function to each value. The names of the functions are those of NumPy.
final class FunctionSteps {

    private static final Map<String, DoubleUnaryOperator> FUNCTIONS = Map.ofEntries(
            entry("absolute", Math::abs),
            entry("arccos", Math::acos),
            entry("arcsin", Math::asin),
            entry("arctan", Math::atan),
            entry("cbrt", Math::cbrt),
            entry("ceil", Math::ceil),
            entry("cos", Math::cos),
            entry("cosh", Math::cosh),
            entry("deg2rad", x -> x * (Math.PI / 180)),
            entry("exp", Math::exp),
            entry("exp2", x -> Math.pow(2, x)),
            entry("expm1", Math::expm1),
            entry("floor", Math::floor),
            entry("log", Math::log),
            entry("log10", Math::log10),
            entry("log1p", Math::log1p),
            entry("log2", x -> Math.log(x) / Math.log(2)),
            entry("logistic", ClassScores::logistic),
            entry("negative", x -> -x),
            entry("rad2deg", x -> x * (180 / Math.PI)),
            entry("reciprocal", x -> 1 / x),
            entry("rint", Math::rint),
            entry("sign", Math::signum),
            entry("sin", Math::sin),
            entry("sinh", Math::sinh),
            entry("sqrt", Math::sqrt),
            entry("square", x -> x * x),
            entry("tan", Math::tan),
            entry("tanh", Math::tanh),
            entry("trunc", x -> x < 0 ? Math.ceil(x) : Math.floor(x)));

    /// The distance from 1 to the next number: below it, an exponent counts as zero.
    private static final double SPACING = Math.ulp(1.0);

    private FunctionSteps() {}

    static boolean isFunction(String kind) {
        return FUNCTIONS.containsKey(kind);
    }

    /// A function of each value.
    static PreparedStep function(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        DoubleUnaryOperator function = FUNCTIONS.getOrDefault(step.kind(), DoubleUnaryOperator.identity());
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                for (int row = 0; row < rows; row++) {
                    outputs[column][row] = function.applyAsDouble(inputs[column][row]);
                }
            }
        });
    }

    /// The power of each value with one of the `exponents` for each column.
    static PreparedStep pow(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        double[] exponents = step.numbers("exponents", columns);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                for (int row = 0; row < rows; row++) {
                    outputs[column][row] = Math.pow(inputs[column][row], exponents[column]);
                }
            }
        });
    }

    /// The power transform of Yeo and Johnson ("A new family of power transformations to improve normality or
    /// symmetry", 2000), or that of Box and Cox if `boxcox` is 1, with one of the `lambdas` for each column.
    static PreparedStep power(PipelineStep step) {
        int columns = StepKind.requireColumnForColumn(step);
        double[] lambdas = step.numbers("lambdas", columns);
        boolean isBoxCox = step.integers("boxcox", 1, 0, 1)[0] == 1;
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                double lambda = lambdas[column];
                for (int row = 0; row < rows; row++) {
                    double value = inputs[column][row];
                    outputs[column][row] = isBoxCox ? boxCox(step, value, lambda) : yeoJohnson(value, lambda);
                }
            }
        });
    }

    private static double yeoJohnson(double value, double lambda) {
        if (value >= 0) {
            return Math.abs(lambda) < SPACING ? Math.log1p(value) : (Math.pow(value + 1, lambda) - 1) / lambda;
        }
        return Math.abs(lambda - 2) > SPACING
                ? -(Math.pow(1 - value, 2 - lambda) - 1) / (2 - lambda)
                : -Math.log1p(-value);
    }

    private static double boxCox(PipelineStep step, double value, double lambda) {
        if (value <= 0) {
            throw new IllegalStateException(step.name() + " takes positive numbers only, and not " + value);
        }
        return lambda == 0 ? Math.log(value) : Math.expm1(lambda * Math.log(value)) / lambda;
    }
}
