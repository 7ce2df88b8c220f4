package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.model.ModelFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smile.classification.Classifier;
import smile.classification.DataFrameClassifier;
import smile.classification.KNN;
import smile.data.DataFrame;
import smile.data.formula.Formula;
import smile.data.vector.DoubleVector;
import smile.data.vector.IntVector;
import smile.io.Write;
import smile.math.distance.ChebyshevDistance;
import smile.math.distance.Distance;
import smile.math.distance.EuclideanDistance;
import smile.math.distance.JensenShannonDistance;
import smile.math.distance.ManhattanDistance;
import smile.math.distance.MinkowskiDistance;
import smile.neighbor.CoverTree;
import smile.neighbor.KNNSearch;
import smile.neighbor.LinearSearch;

/// Nearest neighbours: Smile's own answers, also for the many flights that are equally far.
class SmileNearestNeighboursTest {

    private static final int POINTS = 300;
    private static final int ROWS = 1500;
    private static final int[] LABELS = {3, 5, 9};

    /// Weekday, hour and distance in hundreds of miles: whole numbers, many of them twice.
    private static double[][] columns;

    private static double[][] rows;
    private static double[][] points;
    private static int[] labels;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws SQLException {
        FlightsTable flights = FlightsTable.of(100_000);
        columns = new double[3][ROWS];
        points = new double[POINTS][3];
        labels = new int[POINTS];
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < columns.length; column++) {
                columns[column][row] = number(flights, column, row * 14);
            }
        }
        for (int point = 0; point < POINTS; point++) {
            int row = 50_000 + point * 131;
            for (int column = 0; column < columns.length; column++) {
                points[point][column] = number(flights, column, row);
            }
            labels[point] = flights.delayed()[row] > 0 ? 9 : points[point][1] < 12 ? 3 : 5;
        }
        rows = SmileModels.transposed(columns);
    }

    private static double number(FlightsTable flights, int column, int row) {
        double number = flights.columns()[column == 2 ? 5 : column + 2][row];
        return column == 2 ? Math.rint(number / 100) : number;
    }

    private static Distance<double[]> distance(String name) {
        return switch (name) {
            case "Euclidean" -> new EuclideanDistance();
            case "weighted Euclidean" -> new EuclideanDistance(new double[] {1, 0.5, 0.25});
            case "Manhattan" -> new ManhattanDistance();
            case "weighted Manhattan" -> new ManhattanDistance(new double[] {1, 0.5, 0.25});
            case "Chebyshev" -> new ChebyshevDistance();
            case "Minkowski" -> new MinkowskiDistance(3);
            case "weighted Minkowski" -> new MinkowskiDistance(3, new double[] {1, 0.5, 0.25});
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 300})
    void neighboursInATreeOfCoordinatesAreSmilesOwn(int k) {
        Model model = assertSmiles(KNN.fit(points, labels, k), columns, rows);

        assertThat(model.kernel()).isEqualTo("nearest neighbours by Smile 6's k-d tree, a row at a time");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Euclidean",
                "weighted Euclidean",
                "Manhattan",
                "weighted Manhattan",
                "Chebyshev",
                "Minkowski",
                "weighted Minkowski"
            })
    void neighboursByADistanceAreSmilesOwn(String name) {
        Distance<double[]> distance = distance(name);

        assertSmiles(KNN.fit(points, labels, 5, distance), columns, rows);
        for (int k : new int[] {1, 2, 4, 29, 300}) {
            assertSmiles(new KNN<>(LinearSearch.of(points, distance), labels, k), columns, rows);
        }
    }

    /// With ten columns or more Smile takes a cover tree, and a distance that is a function in the stream.
    @Test
    void neighboursOfWideRowsAreSmilesOwn() {
        double[][] wide = new double[12][];
        for (int column = 0; column < wide.length; column++) {
            wide[column] = columns[column % 3];
        }
        double[][] widePoints = new double[POINTS][12];
        for (int point = 0; point < POINTS; point++) {
            for (int column = 0; column < 12; column++) {
                widePoints[point][column] = points[point][column % 3];
            }
        }

        Model model = assertSmiles(KNN.fit(widePoints, labels, 3), wide, SmileModels.transposed(wide));

        assertThat(model.kernel()).isEqualTo("nearest neighbours by comparing all, a row at a time");
        assertThat(model.description().algorithm()).isEqualTo("KNN");
    }

    private Model assertSmiles(KNN<double[]> smile, double[][] features, double[][] unseen) {
        Model model = SmileModels.imported(smile, folder);
        assertThat(model.description().classes()).containsExactly("3", "5", "9");
        double[][] scores = SmileModels.scores(model, features);
        for (int row = 0; row < unseen.length; row++) {
            double[] posteriori = new double[LABELS.length];
            assertThat(LABELS[(int) scores[0][row]]).isEqualTo(smile.predict(unseen[row], posteriori));
            for (int k = 0; k < LABELS.length; k++) {
                assertThat(scores[1 + k][row]).isEqualTo(posteriori[k]);
            }
        }
        return model;
    }

    @Test
    void neighboursOnADataFrameKeepItsColumns() {
        DataFrame frame = new DataFrame(
                new DoubleVector("weekday", column(0)),
                new DoubleVector("hour", column(1)),
                new DoubleVector("miles", column(2)),
                new IntVector("label", labels));
        Classifier.Trainer<double[], KNN<double[]>> trainer = (x, y, options) -> KNN.fit(x, y, 5);
        DataFrameClassifier smile = DataFrameClassifier.of(Formula.lhs("label"), frame, new Properties(), trainer);

        Model model = SmileModels.imported(smile, folder);

        assertThat(model.description().features())
                .extracting(ModelFeature::name)
                .containsExactly("weekday", "hour", "miles");
        double[][] scores = SmileModels.scores(model, new double[][] {column(0), column(1), column(2)});
        for (int point = 0; point < POINTS; point++) {
            assertThat(LABELS[(int) scores[0][point]]).isEqualTo(smile.predict(frame.get(point)));
        }
    }

    private static double[] column(int column) {
        return Arrays.stream(points).mapToDouble(point -> point[column]).toArray();
    }

    @Test
    void twoClassesHaveTheProbabilityOfTheSecond() {
        int[] two = new int[POINTS];
        for (int i = 0; i < POINTS; i++) {
            two[i] = labels[i] == 9 ? 1 : 0;
        }
        KNN<double[]> smile = KNN.fit(points, two, 9);

        double[][] scores = SmileModels.scores(SmileModels.imported(smile, folder), columns);

        for (int row = 0; row < ROWS; row++) {
            double[] posteriori = new double[2];
            assertThat(scores[0][row]).isEqualTo(smile.predict(rows[row], posteriori));
            assertThat(scores[1][row]).isEqualTo(posteriori[1]);
        }
    }

    @Test
    void anotherDistanceIsRefusedByName() {
        KNNSearch<double[], double[]> search = LinearSearch.of(points, new JensenShannonDistance());
        assertThatThrownBy(() -> SmileModels.imported(new KNN<>(search, labels, 3), folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("its distance is JensenShannonDistance; supported are the distances Euclidean");
    }

    @Test
    void anotherFunctionInTheStreamIsNotLookedUp() throws IOException {
        KNNSearch<double[], double[]> search = CoverTree.of(points, smile.math.MathEx::distance);
        assertThatThrownBy(() -> SmileModels.imported(new KNN<>(search, labels, 3), folder))
                .hasMessageContaining("it holds an object of the class " + SmileNearestNeighboursTest.class.getName());

        double[][] wide = new double[POINTS][12];
        for (int point = 0; point < POINTS; point++) {
            wide[point][0] = points[point][2];
        }
        Path file = folder.resolve("wide.ser");
        Write.object(KNN.fit(wide, labels, 3), file);
        String whole = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        String forged = whole.replace("t\0\bdistance", "t\0\blog2pow!");
        assertThat(forged).isNotEqualTo(whole);
        Files.write(file, forged.getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> SmileModels.load(file))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("it holds the function smile/math/MathEx.log2pow!([D[D)D; supported are");
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void aRowWithoutNeighboursIsNoAnswer(boolean tree) {
        KNN<double[]> smile = tree ? KNN.fit(points, labels, 3) : KNN.fit(points, labels, 3, new EuclideanDistance());
        Model model = SmileModels.imported(smile, folder);

        assertThatThrownBy(() -> SmileModels.scores(model, new double[][] {{1e200}, {1}, {1}}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("too far from all points");
    }

    /// A point in our file is its coordinates, a header and a reference; in the tree there are two nodes for it.
    @Test
    void theHeapOfPointsIsCounted() {
        long tree = SmileModels.imported(KNN.fit(points, labels, 3), folder).heapBytes();
        long all = SmileModels.imported(KNN.fit(points, labels, 3, new EuclideanDistance()), folder)
                .heapBytes();

        assertThat(all).isBetween(POINTS * (3 * 8L + 16 + 8), POINTS * 100L);
        assertThat(tree - all).isBetween(POINTS * 50L, POINTS * 150L);
    }
}
