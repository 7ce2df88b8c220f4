package io.nightshift.scoring.pipeline;

import io.nightshift.scoring.form.PipelineStep;
import io.nightshift.scoring.link.ClassScores;
import io.nightshift.scoring.pipeline.StepKind.PreparedStep;
import java.util.function.DoubleUnaryOperator;

/// Steps that apply a function to each value. The names of the functions are those of NumPy.
final class FunctionSteps {

    /// The distance from 1 to the next number: below it, an exponent counts as zero.
    private static final double SPACING = Math.ulp(1.0);

    private FunctionSteps() {}

    /// A function of each value.
    ///
    /// @throws IllegalArgumentException if there is no such function
    static PreparedStep function(PipelineStep step) {
        DoubleUnaryOperator function = named(step);
        int columns = StepKind.requireColumnForColumn(step);
        return StepKind.stateless((inputs, rows, outputs) -> {
            for (int column = 0; column < columns; column++) {
                for (int row = 0; row < rows; row++) {
                    outputs[column][row] = function.applyAsDouble(inputs[column][row]);
                }
            }
        });
    }

    private static DoubleUnaryOperator named(PipelineStep step) {
        return switch (step.kind()) {
            case "absolute" -> Math::abs;
            case "arccos" -> Math::acos;
            case "arcsin" -> Math::asin;
            case "arctan" -> Math::atan;
            case "cbrt" -> Math::cbrt;
            case "ceil" -> Math::ceil;
            case "cos" -> Math::cos;
            case "cosh" -> Math::cosh;
            case "deg2rad" -> x -> x * (Math.PI / 180);
            case "exp" -> Math::exp;
            case "exp2" -> x -> Math.pow(2, x);
            case "expm1" -> Math::expm1;
            case "floor" -> Math::floor;
            case "log" -> Math::log;
            case "log10" -> Math::log10;
            case "log1p" -> Math::log1p;
            case "log2" -> x -> Math.log(x) / Math.log(2);
            case "logistic" -> ClassScores::logistic;
            case "negative" -> x -> -x;
            case "rad2deg" -> x -> x * (180 / Math.PI);
            case "reciprocal" -> x -> 1 / x;
            case "rint" -> Math::rint;
            case "sign" -> Math::signum;
            case "sin" -> Math::sin;
            case "sinh" -> Math::sinh;
            case "sqrt" -> Math::sqrt;
            case "square" -> x -> x * x;
            case "tan" -> Math::tan;
            case "tanh" -> Math::tanh;
            case "trunc" -> x -> x < 0 ? Math.ceil(x) : Math.floor(x);
            default -> throw new IllegalArgumentException(step.called() + " is of an unknown kind");
        };
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
