package io.nightshift.smile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import smile.classification.Classifier;
import smile.classification.DiscreteNaiveBayes;
import smile.classification.Maxent;
import smile.classification.NaiveBayes;
import smile.stat.distribution.BernoulliDistribution;
import smile.stat.distribution.BetaDistribution;
import smile.stat.distribution.BinomialDistribution;
import smile.stat.distribution.ChiSquareDistribution;
import smile.stat.distribution.Distribution;
import smile.stat.distribution.EmpiricalDistribution;
import smile.stat.distribution.ExponentialDistribution;
import smile.stat.distribution.FDistribution;
import smile.stat.distribution.GammaDistribution;
import smile.stat.distribution.GaussianDistribution;
import smile.stat.distribution.GaussianMixture;
import smile.stat.distribution.GeometricDistribution;
import smile.stat.distribution.HyperGeometricDistribution;
import smile.stat.distribution.KernelDensity;
import smile.stat.distribution.LogNormalDistribution;
import smile.stat.distribution.LogisticDistribution;
import smile.stat.distribution.Mixture;
import smile.stat.distribution.NegativeBinomialDistribution;
import smile.stat.distribution.PoissonDistribution;
import smile.stat.distribution.ShiftedGeometricDistribution;
import smile.stat.distribution.TDistribution;
import smile.stat.distribution.WeibullDistribution;
import smile.util.IntSet;

/// Naive Bayes and maximum entropy: Smile's own answers to the bit.
class SmileBayesTest {

    private static final int ROWS = 5000;
    private static final int FITTED = 500;

    /// The numbers that are subtracted from weekday, hour and minute, so that each is above zero in some
    /// rows only.
    private static final int[] OFFSETS = {2, 11, 20};

    /// Weekday, hour, minute.
    private static double[][] columns;

    @TempDir
    Path folder;

    @BeforeAll
    static void load() throws SQLException {
        FlightsTable flights = FlightsTable.of(ROWS * 10);
        columns = new double[3][ROWS];
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < columns.length; column++) {
                columns[column][row] = flights.columns()[2 + column][row * 10];
            }
        }
    }

    private static Distribution distribution(String name, int k) {
        return switch (name) {
            case "Gaussian" -> new GaussianDistribution(9 + 3 * k, 4.5);
            case "LogNormal" -> new LogNormalDistribution(1.5 + 0.3 * k, 0.8);
            case "Exponential" -> new ExponentialDistribution(0.1 + 0.07 * k);
            case "Gamma" -> new GammaDistribution(2.5 + k, 3);
            case "Beta" -> new BetaDistribution(0.7 + k, 1.4);
            case "Logistic" -> new LogisticDistribution(10 - 2 * k, 3);
            case "Weibull" -> new WeibullDistribution(1.5 + 0.2 * k, 8);
            case "ChiSquare" -> new ChiSquareDistribution(6 + 2 * k);
            case "F" -> new FDistribution(5 + k, 7);
            case "T" -> new TDistribution(3 + k);
            case "Poisson" -> new PoissonDistribution(8 + 2.5 * k);
            case "Bernoulli" -> new BernoulliDistribution(0.3 + 0.2 * k);
            case "Binomial" -> new BinomialDistribution(60, 0.2 + 0.1 * k);
            case "Geometric" -> new GeometricDistribution(0.1 + 0.05 * k);
            case "ShiftedGeometric" -> new ShiftedGeometricDistribution(0.1 + 0.05 * k);
            case "NegativeBinomial" -> new NegativeBinomialDistribution(3.5, 0.3 + 0.1 * k);
            case "HyperGeometric" -> new HyperGeometricDistribution(100, 40 + 10 * k, 30);
            case "Empirical" ->
                new EmpiricalDistribution(
                        new double[] {0.25 + 0.25 * k, 0.5, 0.25 - 0.25 * k}, new IntSet(new int[] {4, 5, 6}));
            case "KernelDensity" ->
                new KernelDensity(IntStream.range(0, 40)
                        .mapToDouble(i -> 3 * Math.sin(i) + 8 + k)
                        .toArray());
            case "Mixture" ->
                new Mixture(
                        new Mixture.Component(0.3, new ExponentialDistribution(0.2 + k)),
                        new Mixture.Component(0.7, new GaussianDistribution(12, 2)));
            case "GaussianMixture" ->
                new GaussianMixture(
                        new Mixture.Component(0.4, new GaussianDistribution(6 + k, 2)),
                        new Mixture.Component(0.6, new GaussianDistribution(15, 3)));
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Gaussian",
                "LogNormal",
                "Exponential",
                "Gamma",
                "Beta",
                "Logistic",
                "Weibull",
                "ChiSquare",
                "F",
                "T",
                "Poisson",
                "Bernoulli",
                "Binomial",
                "Geometric",
                "ShiftedGeometric",
                "NegativeBinomial",
                "HyperGeometric",
                "Empirical",
                "KernelDensity",
                "Mixture",
                "GaussianMixture"
            })
    void naiveBayesIsSmilesOwn(String name) {
        Distribution[][] distributions = new Distribution[2][3];
        for (int k = 0; k < 2; k++) {
            distributions[k][0] = new PoissonDistribution(3 + k);
            distributions[k][1] = distribution(name, k);
            distributions[k][2] = new GaussianDistribution(20 + 10 * k, 12 + k);
        }
        NaiveBayes smile = new NaiveBayes(new double[] {0.4, 0.6}, distributions, new IntSet(new int[] {-1, 4}));

        Model model = SmileModels.imported(smile, folder);

        assertThat(model.description().classes()).containsExactly("-1", "4");
        assertThat(model.kernel()).isEqualTo("Smile 6's own prediction, a row at a time");
        double[][] features = columns.clone();
        if (name.equals("Beta")) {
            features[1] = Arrays.stream(columns[1]).map(hour -> hour / 24).toArray();
        }
        assertSmiles(smile, model, features, SmileModels.transposed(features));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Poisson | 3e9 | 3.0E9, and has to be from -1000000 to 1000000",
                "Poisson | -3e9 | -3.0E9, and has to be from -1000000 to 1000000",
                "NegativeBinomial | 3e9 | 3.0E9, and has to be from -1000000 to 1000000",
                "Poisson | 0.5 | 0.5, and has to be whole",
                "NegativeBinomial | 0.5 | 0.5, and has to be whole",
                "Bernoulli | 0.5 | 0.5, and has to be whole",
                "Binomial | 0.5 | 0.5, and has to be whole",
                "Geometric | 0.5 | 0.5, and has to be whole",
                "ShiftedGeometric | 0.5 | 0.5, and has to be whole",
                "HyperGeometric | 0.5 | 0.5, and has to be whole",
                "Empirical | 0.5 | 0.5, and has to be whole",
                "LogNormal | -0.5 | -0.5, and has to be zero or more"
            })
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aRowOutsideOfADistributionIsNoAnswer(String name, double value, String why) {
        Distribution other = new GaussianDistribution(1, 2);
        Distribution mixed =
                new Mixture(new Mixture.Component(0.3, other), new Mixture.Component(0.7, distribution(name, 0)));
        for (Distribution inOneClass : new Distribution[] {distribution(name, 0), mixed}) {
            NaiveBayes smile =
                    new NaiveBayes(new double[] {0.5, 0.5}, new Distribution[][] {{other, other}, {other, inOneClass}});
            Model model = SmileModels.imported(smile, folder);

            assertThat(SmileModels.scores(model, new double[][] {{value}, {1}})[0][0])
                    .isBetween(0.0, 1.0);
            assertThatThrownBy(() -> SmileModels.scores(model, new double[][] {{1}, {value}}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("feature 2 of naive Bayes is " + why + " (leave such rows out by source.where)");
        }
    }

    private static <T> void assertSmiles(Classifier<T> smile, Model model, double[][] features, T[] unseen) {
        int[] classes = smile.classes();
        double[][] scores = SmileModels.scores(model, features);
        int seen = 0;
        for (int row = 0; row < unseen.length; row++) {
            double[] posteriori = new double[classes.length];
            assertThat(classes[(int) scores[0][row]]).isEqualTo(smile.predict(unseen[row], posteriori));
            for (int k = classes.length == 2 ? 1 : 0; k < classes.length; k++) {
                assertThat(scores[classes.length == 2 ? 1 : 1 + k][row]).isEqualTo(Double.valueOf(posteriori[k]));
            }
            seen |= 1 << (int) scores[0][row];
        }
        assertThat(seen).isEqualTo((1 << classes.length) - 1);
    }

    @ParameterizedTest
    @EnumSource(DiscreteNaiveBayes.Model.class)
    void naiveBayesOfCountsIsSmilesOwn(DiscreteNaiveBayes.Model kind) {
        int[][] counts = counts();
        int[] y = new int[ROWS];
        for (int row = 0; row < ROWS; row++) {
            y[row] = counts[row][1] > 4 ? 2 : counts[row][2] > 15 ? 1 : 0;
        }
        DiscreteNaiveBayes smile = new DiscreteNaiveBayes(kind, 3, 3);
        smile.update(Arrays.copyOf(counts, FITTED), Arrays.copyOf(y, FITTED));
        Model model = SmileModels.imported(smile, folder);
        double[][] scores = SmileModels.scores(model, columns(counts));

        for (int row = 0; row < ROWS; row++) {
            double[] posteriori = new double[3];
            assertThat(scores[0][row]).isEqualTo(smile.predict(counts[row], posteriori));
            assertThat(posteriori).doesNotContain(Double.NaN);
            for (int k = 0; k < 3; k++) {
                assertThat(scores[1 + k][row]).isEqualTo(Double.valueOf(posteriori[k]));
            }
        }
        assertThat(model.description().algorithm()).isEqualTo("DiscreteNaiveBayes");
        assertThat(model.heapBytes()).isPositive();
    }

    @Test
    void classesOfCountsHaveTheirLabels() {
        int[] labels = {-2, 1, 4};
        int[][] counts = counts();
        int[] y = new int[ROWS];
        for (int row = 0; row < ROWS; row++) {
            y[row] = labels[counts[row][1] > 4 ? 2 : counts[row][2] > 15 ? 1 : 0];
        }
        DiscreteNaiveBayes smile =
                new DiscreteNaiveBayes(DiscreteNaiveBayes.Model.MULTINOMIAL, 3, 3, 1, new IntSet(labels));
        smile.update(Arrays.copyOf(counts, FITTED), Arrays.copyOf(y, FITTED));

        Model model = SmileModels.imported(smile, folder);

        assertThat(model.description().classes()).containsExactly("-2", "1", "4");
        assertSmiles(smile, model, columns(counts), counts);
    }

    /// No row without a count: Smile answers those with no class. Some are negative, as if they weren't there.
    private static int[][] counts() {
        int[][] counts = new int[ROWS][3];
        for (int row = 0; row < ROWS; row++) {
            for (int column = 0; column < 3; column++) {
                int lowest = row < FITTED ? 0 : -1;
                counts[row][column] = Math.max(lowest, (int) columns[column][row] - OFFSETS[column]);
            }
            if (IntStream.of(counts[row]).noneMatch(count -> count > 0)) {
                counts[row][0] = 1;
            }
        }
        return counts;
    }

    private static double[][] columns(int[][] counts) {
        double[][] columns = new double[counts[0].length][counts.length];
        for (int row = 0; row < counts.length; row++) {
            for (int column = 0; column < columns.length; column++) {
                columns[column][row] = counts[row][column];
            }
        }
        return columns;
    }

    @Test
    void aRowWithoutCountsOrWithBrokenOnesIsNoAnswer() {
        DiscreteNaiveBayes smile = new DiscreteNaiveBayes(DiscreteNaiveBayes.Model.MULTINOMIAL, 2, 2);
        smile.update(new int[][] {{1, 2}, {3, 0}}, new int[] {0, 1});
        Model model = SmileModels.imported(smile, folder);

        assertThatThrownBy(() -> SmileModels.scores(model, new double[][] {{0}, {0}}))
                .hasMessageContaining("no count above zero");
        assertThatThrownBy(() -> SmileModels.scores(model, new double[][] {{1}, {0.5}}))
                .hasMessageContaining("feature 2 of naive Bayes is 0.5");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void maximumEntropyIsSmilesOwn(int classes) {
        double[][] present = new double[30][ROWS];
        int[][] positions = new int[ROWS][];
        int[] y = new int[ROWS];
        for (int row = 0; row < ROWS; row++) {
            int hour = (int) columns[1][row];
            positions[row] = new int[] {(int) columns[0][row], 7 + hour * 22 / 23};
            for (int position : positions[row]) {
                present[position][row] = 1;
            }
            y[row] = hour * classes / 24;
        }
        Maxent smile = Maxent.fit(30, Arrays.copyOf(positions, 500), Arrays.copyOf(y, 500));

        assertSmiles(smile, SmileModels.imported(smile, folder), present, positions);
    }

    @Test
    void anotherDistributionIsRefusedByName() {
        Distribution gaps = new EmpiricalDistribution(new double[] {0.5, 0.5}, new IntSet(new int[] {1, 3}));
        Distribution nested = new Mixture(new Mixture.Component(1, distribution("Mixture", 0)));
        for (Distribution other : new Distribution[] {gaps, nested}) {
            NaiveBayes smile = new NaiveBayes(new double[] {0.5, 0.5}, new Distribution[][] {{other}, {other}});
            assertThatThrownBy(() -> SmileModels.imported(smile, folder))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("supported are the distributions of Smile of one number");
        }
    }
}
