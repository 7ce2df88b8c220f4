package io.nightshift.smile;

import java.util.List;
import java.util.Random;
import smile.data.DataFrame;
import smile.data.measure.NominalScale;
import smile.data.type.DataTypes;
import smile.data.type.StructField;
import smile.data.vector.DoubleVector;
import smile.data.vector.FloatVector;
import smile.data.vector.IntVector;

/// Rows with columns of each kind that a Smile model can have, and targets that depend on them.
@SuppressWarnings("ArrayRecordComponent") // never compared
public record SmileSample(
        double[] length, float[] weight, int[] age, int[] colour, int[] two, int[] three, double[] value) {

    public static final List<String> COLOURS = List.of("blue", "green", "red", "white");

    public static SmileSample random(int rows, long seed) {
        Random random = new Random(seed);
        SmileSample sample = new SmileSample(
                new double[rows],
                new float[rows],
                new int[rows],
                new int[rows],
                new int[rows],
                new int[rows],
                new double[rows]);
        for (int row = 0; row < rows; row++) {
            sample.length[row] = random.nextGaussian();
            sample.weight[row] = random.nextInt(20) / 3f;
            sample.age[row] = random.nextInt(90);
            sample.colour[row] = random.nextInt(COLOURS.size());
            double score = sample.length[row]
                    + sample.weight[row] / 4
                    + (sample.colour[row] == 2 ? 1.5 : 0)
                    - sample.age[row] / 60.0
                    + random.nextGaussian() / 2;
            sample.value[row] = score;
            sample.two[row] = score > 0.6 ? 1 : 0;
            sample.three[row] = score > 1.2 ? 2 : score > 0 ? 1 : 0;
        }
        return sample;
    }

    public int rows() {
        return length.length;
    }

    /// The features, and one of the targets `two`, `three` and `value`.
    public DataFrame frame(String target) {
        return new DataFrame(
                new DoubleVector("length", length),
                new FloatVector("weight", weight),
                new IntVector("age", age),
                new IntVector(new StructField("colour", DataTypes.IntType, new NominalScale(COLOURS)), colour),
                switch (target) {
                    case "two" ->
                        new IntVector(new StructField("two", DataTypes.IntType, new NominalScale("no", "yes")), two);
                    case "three" -> new IntVector("three", three);
                    case "value" -> new DoubleVector("value", value);
                    default -> throw new IllegalArgumentException(target);
                });
    }

    /// The features as a scorer takes them.
    public double[][] features() {
        double[][] features = new double[4][rows()];
        for (int row = 0; row < rows(); row++) {
            features[0][row] = length[row];
            features[1][row] = weight[row];
            features[2][row] = age[row];
            features[3][row] = colour[row];
        }
        return features;
    }
}
