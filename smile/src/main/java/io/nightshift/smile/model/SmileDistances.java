package io.nightshift.smile.model;

import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import smile.math.MathEx;
import smile.math.distance.ChebyshevDistance;
import smile.math.distance.Distance;
import smile.math.distance.EuclideanDistance;
import smile.math.distance.ManhattanDistance;
import smile.math.distance.Metric;
import smile.math.distance.MinkowskiDistance;

/// Smile's distances between rows of numbers. The part's first row holds the weights, or nothing; the second
/// row the order, if the distance has one.
public final class SmileDistances {

    public static final String SUPPORTED =
            "supported are the distances Euclidean, Manhattan, Chebyshev and Minkowski, of plain numbers";

    public static final Plain PLAIN = new Plain();

    private static final double[] NONE = {};

    private SmileDistances() {}

    /// The distance that Smile's trainers use. Its results may differ from those of [EuclideanDistance],
    /// which multiplies by the number of columns and divides by the number of columns present.
    public record Plain() implements Metric<double[]> {
        @Override
        public double d(double[] x, double[] y) {
            return MathEx.distance(x, y);
        }
    }

    static ModelPart part(@Nullable Object distance) throws MalformedModelException {
        return switch (distance) {
            case EuclideanDistance euclidean -> part("EuclideanDistance", euclidean);
            case ManhattanDistance manhattan -> part("ManhattanDistance", manhattan);
            case ChebyshevDistance chebyshev -> new ModelPart("ChebyshevDistance", List.of(NONE), List.of());
            case MinkowskiDistance minkowski ->
                new ModelPart(
                        "MinkowskiDistance",
                        List.of(weights(minkowski), new double[] {SmileReflection.number(minkowski, "p")}),
                        List.of());
            case null -> throw new MalformedModelException("it lacks its distance");
            default -> {
                if (PLAIN.equals(distance)) {
                    yield new ModelPart("PlainDistance", List.of(NONE), List.of());
                }
                throw new MalformedModelException(
                        "its distance is " + distance.getClass().getSimpleName() + "; " + SUPPORTED);
            }
        };
    }

    private static ModelPart part(String kind, Object distance) {
        return new ModelPart(kind, List.of(weights(distance)), List.of());
    }

    private static double[] weights(Object distance) {
        double[] weights = (double[]) SmileReflection.ofNullable(distance, "weight");
        return weights == null ? NONE : weights;
    }

    /// @param features the length of the rows, and of weights
    static Distance<double[]> of(ModelPart part, int features) {
        boolean weighted = part.numbers(0).length > 0;
        double[] weights = part.numbers(0, weighted ? features : 0);
        return switch (part.kind()) {
            case "EuclideanDistance" -> weighted ? new EuclideanDistance(weights) : new EuclideanDistance();
            case "ManhattanDistance" -> weighted ? new ManhattanDistance(weights) : new ManhattanDistance();
            case "ChebyshevDistance" -> new ChebyshevDistance();
            case "MinkowskiDistance" -> {
                int order = part.count(1, 1, Integer.MAX_VALUE);
                yield weighted ? new MinkowskiDistance(order, weights) : new MinkowskiDistance(order);
            }
            case "PlainDistance" -> PLAIN;
            default -> throw new IllegalArgumentException("it has a distance of the unknown kind " + part.kind());
        };
    }
}
