package io.nightshift.smile.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.HostileFiles;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.scoring.form.ModelPart;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.smile.SmileBlasFixtures;
import io.nightshift.smile.SmileLapackFixtures;
import io.nightshift.smile.SmileModels;
import io.nightshift.smile.SmileSample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import smile.anomaly.IsolationForest;
import smile.classification.Classifier;
import smile.classification.DiscreteNaiveBayes;
import smile.classification.KNN;
import smile.classification.Maxent;
import smile.classification.NaiveBayes;
import smile.classification.OneVersusRest;
import smile.classification.PlattScaling;
import smile.classification.QDA;
import smile.classification.RandomForest;
import smile.classification.SVM;
import smile.data.formula.Formula;
import smile.math.distance.EuclideanDistance;
import smile.math.kernel.GaussianKernel;
import smile.neighbor.LinearSearch;
import smile.stat.distribution.BetaDistribution;
import smile.stat.distribution.BinomialDistribution;
import smile.stat.distribution.ChiSquareDistribution;
import smile.stat.distribution.Distribution;
import smile.stat.distribution.FDistribution;
import smile.stat.distribution.GammaDistribution;
import smile.stat.distribution.GaussianDistribution;
import smile.stat.distribution.HyperGeometricDistribution;
import smile.stat.distribution.KernelDensity;
import smile.stat.distribution.Mixture;
import smile.stat.distribution.NegativeBinomialDistribution;
import smile.stat.distribution.PoissonDistribution;
import smile.stat.distribution.TDistribution;
import smile.tensor.DenseMatrix;
import smile.tensor.Vector;
import smile.util.IntSet;

/// Files of Smile's that an attacker made.
class HostileSmileModelTest extends HostileFiles {

    @Override
    protected ModelLoader loader() {
        return SmileModels.LOADER;
    }

    /// A class like those that an attacker would look for on the class path: it acts when it is read.
    static final class Gadget implements Serializable {
        private static final long serialVersionUID = 1L;
        static final AtomicInteger FIRED = new AtomicInteger();

        private void readObject(ObjectInputStream in) {
            FIRED.incrementAndGet();
        }

        @Override
        public int hashCode() {
            return FIRED.incrementAndGet();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Gadget;
        }
    }

    record Compare() implements Comparator<Integer>, Serializable {
        @Override
        public int compare(Integer a, Integer b) {
            Gadget.FIRED.incrementAndGet();
            return a.compareTo(b);
        }
    }

    private static NaiveBayes bayes(int features, Distribution distribution) {
        Distribution[] row = new Distribution[features];
        Arrays.fill(row, distribution);
        return new NaiveBayes(new double[] {0.5, 0.5}, new Distribution[][] {row, row});
    }

    private static byte[] serialised(Object object) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(object);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return bytes.toByteArray();
    }

    @Nested
    class ObjectStreams {

        /// Reading a `Hashtable` whose keys all have one hash takes time that is quadratic in its size.
        @Test
        void hashtablesForCollidingKeysAreRefusedUnread() {
            Map<String, Integer> table = new Hashtable<>();
            for (int i = 0; i < 200_000; i++) {
                table.put("key" + i, i);
            }
            Object[] tables = new Object[200];
            for (int i = 0; i < tables.length; i++) {
                Map<String, Integer> each = new Hashtable<>(3_000);
                for (int j = 0; j < 2_000; j++) {
                    each.put("key" + j, j);
                }
                tables[i] = each;
            }
            for (Object hostile : List.of(table, tables)) {
                assertThatThrownBy(() -> loader().load("hostile.ser", serialised(hostile)))
                        .isInstanceOf(ModelException.class)
                        .hasMessageContaining("are more or larger, than those of any supported model");
            }
        }

        /// Texts of one hash: every two letters of them are one of two pairs of one hash.
        private static List<String> textsOfOneHash(int count) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                StringBuilder text = new StringBuilder();
                for (int bit = 0; bit < 20; bit++) {
                    text.append((i >> bit & 1) == 0 ? "Aa" : "BB");
                }
                texts.add(text.toString());
            }
            return texts;
        }

        /// Numbers of one hash.
        private static List<Double> numbersOfOneHash(int count) {
            return LongStream.rangeClosed(1, count)
                    .mapToObj(half -> Double.longBitsToDouble(half << 32 | half))
                    .toList();
        }

        @Test
        @Timeout(60)
        void aMapOfManyKeysIsReadEvenIfTheyHaveOneHash() throws IOException {
            for (List<?> keys : List.of(textsOfOneHash(100_000), numbersOfOneHash(100_000))) {
                Map<Object, Integer> map = new HashMap<>();
                keys.forEach(key -> map.put(key, 1));
                assertThat(keys.stream().map(Object::hashCode).distinct()).hasSize(1);

                assertRefused(serialised(map), "java.util.HashMap", "supported are Smile's");
            }
        }

        /// Java puts keys of one hash in order only if they have one class.
        @Test
        void aMapWithKeysOfSeveralClassesIsRefused() throws IOException {
            Map<Object, Integer> map = new HashMap<>();
            map.put("text", 1);
            map.put(2.5, 1);

            assertRefused(serialised(map), "a collection holds what no model has there");
        }

        /// Their maps search all keys of one hash.
        @Test
        void immutableCollectionsAreRefusedBeforeTheyAreMade() throws IOException {
            for (Object collection : List.of(Map.of("a", 1, "b", 2), List.of("a", "b", "c"))) {
                assertRefused(serialised(collection), "it holds an object of the class java.util.CollSer");
            }
        }

        @Test
        void aClassThatActsWhenReadIsRefusedBeforeItDoes() throws IOException {
            PriorityQueue<Integer> queue = new PriorityQueue<>(new Compare());
            queue.addAll(List.of(1, 2, 3));
            Map<Object, Object> map = new HashMap<>();
            map.put(new Gadget(), "value");
            List<Object> nested = new ArrayList<>(List.of("innocent", new Gadget()));

            for (Serializable payload : List.of(
                    new Gadget(), queue, (Serializable) map, (Serializable) nested, new Gadget[] {new Gadget()})) {
                byte[] stream = serialised(payload);
                Gadget.FIRED.set(0);

                assertRefused(stream, "it holds an object of the class", "supported are Smile's RandomForest");
                assertThat(Gadget.FIRED).hasValue(0);
            }
        }

        @Test
        void collectionsNestedToHashForeverAreRefused() throws IOException {
            List<Object> bomb = new ArrayList<>();
            for (int depth = 0; depth < 90; depth++) {
                List<Object> outer = new ArrayList<>();
                outer.add(bomb);
                outer.add(bomb);
                bomb = outer;
            }
            Map<Integer, Object> map = new HashMap<>(Map.of(1, "key"));
            byte[] stream = serialised(new Object[] {map, bomb});

            assertRefused(stream, "a collection holds what no model has there");
        }

        @Test
        void objectsNestedTooDeeplyAreRefused() throws IOException {
            Object[] nest = new Object[1];
            for (int depth = 0; depth < 600; depth++) {
                nest = new Object[] {nest};
            }

            assertRefused(serialised(nest), "nested deeper");
        }

        @Test
        void allowedObjectsThatAreNoModelAreRefused() throws IOException {
            assertRefused(serialised("text"), "java.lang.String", "supported are Smile's");
            assertRefused(serialised(new HashMap<>(Map.of("a", 1))), "java.util.HashMap", "supported are Smile's");
        }

        @Test
        void aTruncatedObjectStreamIsRefused() throws IOException {
            byte[] whole = serialised(RandomForest.fit(
                    Formula.lhs("two"), SmileSample.random(100, 1).frame("two"), new RandomForest.Options(2)));
            for (int length = 2; length < whole.length; length += 97) {
                assertRefused(Arrays.copyOf(whole, length));
            }
        }

        @Test
        void anAlteredObjectStreamIsReadOrRefused() throws IOException {
            byte[] whole = serialised(RandomForest.fit(
                    Formula.lhs("two"), SmileSample.random(100, 1).frame("two"), new RandomForest.Options(2)));
            readsOrRefuses(whole, 200, 0);
        }

        @ParameterizedTest
        @ValueSource(strings = {"ols", "glm-poisson"})
        void anAlteredLinearModelOfSmilesIsReadOrRefused(String name) throws IOException {
            readsOrRefuses(SmileLapackFixtures.content(name), 400, 0);
        }

        @Test
        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
        void anAlteredMachineOfSmilesIsReadOrRefused() throws IOException {
            double[][] vectors = {{1, 2}, {3, 4}};
            SVM<double[]> machine = new SVM<>(new GaussianKernel(1), vectors, new double[] {1, -1}, 0.5);
            PlattScaling platt = new PlattScaling(1, 2);
            readsOrRefuses(serialised(machine), 400, 0);
            readsOrRefuses(
                    serialised(new OneVersusRest<>(
                            List.of(machine, machine).toArray(new SVM[0]), new PlattScaling[] {platt, platt})),
                    400,
                    0);
        }

        /// Reading a model that contains itself must not recurse forever.
        @Test
        @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
        void aModelThatContainsItselfIsRefused() throws IOException {
            Classifier<double[]>[] members = new Classifier[2];
            OneVersusRest<double[]> rest = new OneVersusRest<>(members, null);
            Arrays.fill(members, rest);

            assertRefused(serialised(rest), "made of objects of the class smile.classification.OneVersusRest");
        }
    }

    /// Models that are taken apart.
    @Nested
    class ModelParts {

        @SuppressWarnings("UnusedMethod") // by its name
        private static List<String> ofParts() {
            return Stream.concat(
                            SmileBlasFixtures.NAMES.stream(),
                            Stream.of("tree", "cover", "bayes", "counts", "entropy", "isolation", "anomaly"))
                    .toList();
        }

        /// A small model of each kind that is taken apart.
        private static byte[] ofParts(String name) throws IOException {
            double[][] points = new double[30][3];
            int[] labels = new int[points.length];
            int[][] counts = new int[points.length][3];
            for (int i = 0; i < points.length; i++) {
                points[i] = new double[] {i % 7, i % 5, i};
                counts[i] = new int[] {i % 7, 1, i};
                labels[i] = i % 3 == 0 ? 1 : 0;
            }
            return switch (name) {
                case "tree" -> serialised(KNN.fit(points, labels, 3));
                case "cover" -> serialised(KNN.fit(points, labels, 3, new EuclideanDistance()));
                case "bayes" ->
                    serialised(new NaiveBayes(new double[] {0.5, 0.5}, new Distribution[][] {
                        {
                            new GaussianDistribution(1, 2),
                            new PoissonDistribution(2),
                            new KernelDensity(new double[] {1, 2})
                        },
                        {new GaussianDistribution(3, 2), new BinomialDistribution(9, 0.5), new GammaDistribution(1, 2)}
                    }));
                case "counts" -> {
                    DiscreteNaiveBayes bayes = new DiscreteNaiveBayes(DiscreteNaiveBayes.Model.BERNOULLI, 2, 3);
                    bayes.update(counts, labels);
                    yield serialised(bayes);
                }
                case "entropy" ->
                    serialised(new Maxent.Multinomial(new double[][] {{1, 2, 3}, {4, 5, 6}}, 0, 0, IntSet.of(3)));
                case "isolation" -> serialised(IsolationForest.fit(points, new IsolationForest.Options(5, 0, 0.5, 1)));
                case "anomaly" ->
                    serialised(new smile.anomaly.SVM<>(new GaussianKernel(1), points, new double[points.length], 0.5));
                default -> Files.readAllBytes(SmileBlasFixtures.file(name + ".ser"));
            };
        }

        @ParameterizedTest
        @MethodSource("ofParts")
        void aTruncatedStreamOfPartsIsRefused(String name) throws IOException {
            byte[] whole = ofParts(name);
            for (int length = 2; length < whole.length; length += 1 + whole.length / 40) {
                assertRefused(Arrays.copyOf(whole, length));
            }
        }

        /// In the stream, and in our own file, whose checksum an attacker can compute.
        @ParameterizedTest
        @MethodSource("ofParts")
        void anAlteredModelOfPartsIsReadOrRefused(String name) throws IOException {
            byte[] whole = ofParts(name);
            Random random = new Random(3);
            for (int i = 0; i < 100; i++) {
                byte[] altered = whole.clone();
                altered[2 + random.nextInt(altered.length - 2)] = (byte) random.nextInt(256);
                scoreOrRefuse(altered, 1);
            }
            Files.write(folder.resolve("model"), whole);
            byte[] flat = ModelFile.encode(load(folder.resolve("model")));
            for (int i = 0; i < 150; i++) {
                byte[] body = Arrays.copyOf(flat, flat.length - 32);
                for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                    body[12 + random.nextInt(body.length - 12)] = (byte) random.nextInt(256);
                }
                scoreOrRefuse(sealed(body), 1);
            }
        }

        @Test
        void neighboursThatAreNotThereAreRefused() throws IOException {
            double[][] points = {{1, 2}, {3, 4}, {5, 6}};
            int[] labels = {0, 1, 1};
            LinearSearch<double[], double[]> search = LinearSearch.of(points, new EuclideanDistance());
            for (int k : new int[] {0, -1, 4, Integer.MAX_VALUE}) {
                assertRefused(serialised(new KNN<>(search, labels, k)), k + " where 1 to 3 can stand");
            }
            assertRefused(serialised(new KNN<>(search, new int[] {0, 1}, 1)), "lacks the row 1 of 3 numbers");
            points[1] = new double[] {3};
            assertRefused(serialised(new KNN<>(search, labels, 1)), "rows of different lengths");
            points[1] = new double[] {3, Double.NaN};
            assertRefused(serialised(new KNN<>(search, labels, 1)), "its point 1 has a coordinate that is no number");
        }

        /// The size of a matrix is two numbers in the stream, beside its array.
        @ParameterizedTest
        @CsvSource({"lda, 4", "qda, 4", "fld-wide, 4", "rbf-network, 13", "mlp-three, 8"})
        void aMatrixOfAnotherSizeCostsNoMemory(String name, int rows) throws IOException {
            byte[] whole = ofParts(name);
            int forged = 0;
            for (int at = 0; at + 4 <= whole.length; at++) {
                byte[] altered = whole.clone();
                if (ByteBuffer.wrap(whole, at, 4).getInt() == rows) {
                    ByteBuffer.wrap(altered, at, 4).putInt(1 << 30);
                    forged++;
                    scoreOrRefuse(altered, 1);
                }
            }
            assertThat(forged).isPositive();
        }

        /// Nodes that share their children would be written down twice at each level.
        @Test
        void anIsolationTreeWhoseNodesShareAChildIsRefused() throws Exception {
            Class<?> type = Class.forName("smile.anomaly.IsolationTree$Node");
            Constructor<?> leaf = type.getDeclaredConstructor(double.class);
            Constructor<?> inner =
                    type.getDeclaredConstructor(double.class, double[].class, double[].class, double.class, type, type);
            leaf.setAccessible(true);
            inner.setAccessible(true);
            Object node = leaf.newInstance(1.0);
            for (int depth = 0; depth < 60; depth++) {
                node = inner.newInstance(1.0, new double[] {1}, new double[] {1}, 0.5, node, node);
            }
            IsolationForest forest =
                    IsolationForest.fit(new double[][] {{1}, {2}, {3}, {4}}, new IsolationForest.Options(1, 0, 0.9, 0));
            Field root = forest.trees()[0].getClass().getDeclaredField("root");
            root.setAccessible(true);
            root.set(forest.trees()[0], node);

            assertRefused(serialised(forest), "a node with two parents");
        }
    }

    @Nested
    class EndlessWork {

        /// In the stream, and in our own file.
        @ParameterizedTest
        @ValueSource(
                strings = {
                    "shape of Gamma",
                    "alpha of Beta",
                    "beta of Beta",
                    "ChiSquare",
                    "first of F",
                    "second of F",
                    "T",
                    "Binomial",
                    "NegativeBinomial",
                    "HyperGeometric"
                })
        @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void aDistributionThatWouldTakeForeverIsRefused(String name) throws IOException {
            int size = 777;
            Distribution endless = switch (name) {
                case "shape of Gamma" -> new GammaDistribution(size, 3);
                case "alpha of Beta" -> new BetaDistribution(size, 3);
                case "beta of Beta" -> new BetaDistribution(3, size);
                case "ChiSquare" -> new ChiSquareDistribution(size);
                case "first of F" -> new FDistribution(size, 3);
                case "second of F" -> new FDistribution(3, size);
                case "T" -> new TDistribution(size);
                case "Binomial" -> new BinomialDistribution(size, 0.5);
                case "NegativeBinomial" -> new NegativeBinomialDistribution(size, 0.5);
                case "HyperGeometric" -> new HyperGeometricDistribution(size, 5, 3);
                default -> throw new IllegalArgumentException(name);
            };
            byte[] stream = serialised(bayes(1, endless));
            byte[] forged = name.matches("ChiSquare|.*F|T|Binomial|HyperGeometric")
                    ? replaced(stream, bytes(size), bytes(2_000_000_000))
                    : replaced(stream, bytes((double) size), bytes(2e9));
            assertRefused(forged, endless.getClass().getSimpleName() + " has 2.0E9 trials");

            assertRefused(forgedFile(stream, size, 2e9), endless.getClass().getSimpleName() + " has 2.0E9 trials");
            Distribution mixed =
                    new Mixture(new Mixture.Component(0.5, endless), new Mixture.Component(0.5, new TDistribution(3)));
            assertRefused(
                    forgedFile(serialised(bayes(1, mixed)), size, 2e9),
                    endless.getClass().getSimpleName() + " has 2.0E9 trials");
        }

        @Test
        @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void manyDistributionsOfTheAllowedSizeAreRefused() throws IOException {
            int most = SmileDistributions.MAX_TRIALS;
            byte[] few = serialised(bayes(5, new BinomialDistribution(most, 0.5)));
            byte[] many = serialised(bayes(1000, new BinomialDistribution(most, 0.5)));

            scoreOrRefuse(few, 0, 1);
            assertThat(load(folder.resolve("model")).description().features()).hasSize(5);
            assertRefused(many, "its distributions have 2.0E9 trials", "in all; supported are 10000000");
            assertRefused(
                    forgedFile(serialised(bayes(1000, new BinomialDistribution(777, 0.5))), 777, most),
                    "its distributions have 2.0E9 trials");
        }

        /// Our own file of a model in a stream, with another number wherever one stood.
        private byte[] forgedFile(byte[] stream, double number, double other) throws IOException {
            byte[] flat = ModelFile.encode(load(Files.write(folder.resolve("model"), stream)));
            byte[] body = Arrays.copyOf(flat, flat.length - 32);
            return sealed(replaced(body, reversed(bytes(number)), reversed(bytes(other))));
        }

        private static byte[] bytes(int number) {
            return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
        }

        private static byte[] bytes(double number) {
            return ByteBuffer.allocate(Double.BYTES).putDouble(number).array();
        }

        private static byte[] reversed(byte[] bytes) {
            byte[] reversed = new byte[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                reversed[i] = bytes[bytes.length - 1 - i];
            }
            return reversed;
        }

        private static byte[] replaced(byte[] whole, byte[] part, byte[] other) {
            byte[] replaced = whole.clone();
            for (int at = 0; at + part.length <= whole.length; at++) {
                if (Arrays.equals(whole, at, at + part.length, part, 0, part.length)) {
                    System.arraycopy(other, 0, replaced, at, other.length);
                }
            }
            assertThat(replaced).isNotEqualTo(whole);
            return replaced;
        }

        /// Each root and each level costs a row a step.
        @Test
        @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void isolationTreesThatWouldTakeForeverAreRefused() {
            int inner = 100_000;
            assertThatThrownBy(() -> SmileModel.form(chains(inner, new double[1])))
                    .hasMessageContaining("a tree of more than 400 levels");
            assertThatThrownBy(() -> SmileModel.form(chains(300, new double[1_000_000])))
                    .hasMessageContaining("its node 0 stands in two places");
            ModelPart shared = chains(300, new double[] {0, 1});
            assertThatThrownBy(() -> SmileModel.form(shared)).hasMessageContaining("its node 1 stands in two places");
            assertThat(new SmileIsolationForest(chains(300, new double[1])).features())
                    .isEqualTo(1);
        }

        /// Inner nodes that all lead to the next one by a feature below 0.5, and then their leaves.
        private static ModelPart chains(int inner, double[] roots) {
            int nodes = 2 * inner + 1;
            double[] right = new double[nodes];
            double[] weights = new double[nodes];
            for (int node = 0; node < inner; node++) {
                right[node] = nodes - 1 - node;
                weights[node] = 1;
            }
            double[] bias = new double[nodes];
            Arrays.fill(bias, 0.5);
            double[] slopes = new double[inner];
            Arrays.fill(slopes, 1);
            return new ModelPart(
                    "IsolationForest",
                    List.of(new double[] {1}, new double[] {1}, right, bias, weights, new double[inner], slopes, roots),
                    List.of());
        }

        /// All points are neighbours, and each is nearer than those before.
        @Test
        @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
        void neighboursThatWouldTakeForeverToSortAreFound() throws MalformedModelException {
            int points = 500_000;
            List<double[]> numbers = new ArrayList<>();
            numbers.add(new double[] {points});
            double[] labels = new double[points];
            labels[0] = 1;
            numbers.add(labels);
            for (int point = 0; point < points; point++) {
                numbers.add(new double[] {10.0 + points - point});
            }
            ModelPart distance = new ModelPart("ChebyshevDistance", List.of(new double[0]), List.of());

            assertThat(SmileModel.form(new ModelPart("KNN", numbers, List.of(distance)))
                            .classes())
                    .isEqualTo(2);
        }
    }

    @Nested
    class Memory {

        /// A reference to a matrix takes five bytes.
        @Test
        void aMatrixOfAllClassesCostsNoMemory() throws IOException {
            int features = 300;
            int classes = 30_000;
            double[][] square = new double[features][features];
            double[] ones = new double[features];
            Arrays.fill(ones, 1);
            double[] starts = new double[classes];
            Arrays.fill(starts, 1.0 / classes);
            double[][] means = new double[classes][];
            Arrays.fill(means, ones);
            Vector[] eigenvalues = new Vector[classes];
            Arrays.fill(eigenvalues, Vector.column(ones));
            DenseMatrix[] eigenvectors = new DenseMatrix[classes];
            Arrays.fill(eigenvectors, DenseMatrix.of(square));

            assertRefused(
                    serialised(new QDA(starts, means, eigenvalues, eigenvectors)),
                    "it refers to the same numbers again");
        }

        @Test
        void repeatedPointsAndDensitiesCostNoMemory() throws IOException {
            double[][] points = new double[30_000][];
            Arrays.fill(points, new double[10_000]);
            int[] labels = new int[points.length];
            labels[0] = 1;
            assertRefused(
                    serialised(new KNN<>(LinearSearch.of(points, new EuclideanDistance()), labels, 1)),
                    "it refers to the same numbers again");
            assertRefused(
                    serialised(bayes(30_000, new KernelDensity(new double[10_000], 1))),
                    "it refers to the same numbers again");
        }
    }
}
