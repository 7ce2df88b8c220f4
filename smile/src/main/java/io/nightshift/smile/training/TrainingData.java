package io.nightshift.smile.training;

import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.training.TrainingColumn;
import java.util.ArrayList;
import java.util.List;
import smile.data.DataFrame;
import smile.data.measure.NominalScale;
import smile.data.type.DataTypes;
import smile.data.type.StructField;
import smile.data.vector.DoubleVector;
import smile.data.vector.IntVector;
import smile.data.vector.ValueVector;

/// Training data, without missing values, in the forms that Smile and the scorer need.
final class TrainingData {

    private final List<TrainingColumn> features;
    private final TrainingColumn target;

    TrainingData(List<TrainingColumn> features, TrainingColumn target) {
        this.features = List.copyOf(features);
        this.target = target;
    }

    int rows() {
        return target.rows();
    }

    String targetName() {
        return target.name();
    }

    boolean hasClasses() {
        return target instanceof TrainingColumn.Categories;
    }

    /// The class labels; empty for a numeric target.
    List<String> classes() {
        return target instanceof TrainingColumn.Categories(String name, List<String> levels, int[] positions)
                ? levels
                : List.of();
    }

    /// The target's numbers, or the positions of its classes.
    double[] target() {
        return values(target);
    }

    /// The columns as a [io.nightshift.scoring.model.Scorer] takes them.
    double[][] features() {
        return features.stream().map(TrainingData::values).toArray(double[][]::new);
    }

    List<TrainingColumn> columns() {
        return features;
    }

    List<ModelFeature> description() {
        List<ModelFeature> described = new ArrayList<>();
        for (TrainingColumn feature : features) {
            FeatureType type = switch (feature) {
                case TrainingColumn.Numbers numbers -> new FeatureType.Numeric(Precision.FLOAT64);
                case TrainingColumn.Categories categories -> new FeatureType.Nominal(categories.levels());
            };
            described.add(new ModelFeature(feature.name(), type, false));
        }
        return described;
    }

    /// All columns as Smile takes them, with the target last.
    DataFrame frame() {
        List<ValueVector> vectors = new ArrayList<>();
        for (TrainingColumn feature : features) {
            vectors.add(vector(feature));
        }
        vectors.add(vector(target));
        return new DataFrame(vectors.toArray(new ValueVector[0]));
    }

    /// The rows at these positions.
    TrainingData select(int[] rows) {
        return new TrainingData(
                features.stream().map(feature -> select(feature, rows)).toList(), select(target, rows));
    }

    private static TrainingColumn select(TrainingColumn column, int[] rows) {
        return switch (column) {
            case TrainingColumn.Numbers(String name, double[] values) -> {
                double[] taken = new double[rows.length];
                for (int i = 0; i < rows.length; i++) {
                    taken[i] = values[rows[i]];
                }
                yield new TrainingColumn.Numbers(name, taken);
            }
            case TrainingColumn.Categories(String name, List<String> levels, int[] positions) -> {
                int[] taken = new int[rows.length];
                for (int i = 0; i < rows.length; i++) {
                    taken[i] = positions[rows[i]];
                }
                yield new TrainingColumn.Categories(name, levels, taken);
            }
        };
    }

    private static double[] values(TrainingColumn column) {
        return switch (column) {
            case TrainingColumn.Numbers(String name, double[] values) -> values;
            case TrainingColumn.Categories(String name, List<String> levels, int[] positions) -> {
                double[] values = new double[positions.length];
                for (int row = 0; row < values.length; row++) {
                    values[row] = positions[row];
                }
                yield values;
            }
        };
    }

    private static ValueVector vector(TrainingColumn column) {
        return switch (column) {
            case TrainingColumn.Numbers(String name, double[] values) -> new DoubleVector(name, values);
            case TrainingColumn.Categories(String name, List<String> levels, int[] positions) ->
                new IntVector(new StructField(name, DataTypes.IntType, new NominalScale(levels)), positions);
        };
    }
}
