package io.nightshift.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import smile.classification.RandomForest;
import smile.data.formula.Formula;

class HostileModelTest {

    @TempDir
    Path folder;

    /// What an attacker would have on the class path: a class that acts when it is read.
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

    @Test
    void aClassThatActsWhenReadIsRefusedBeforeItDoes() throws IOException {
        PriorityQueue<Integer> queue = new PriorityQueue<>(new Compare());
        queue.addAll(List.of(1, 2, 3));
        Map<Object, Object> map = new HashMap<>();
        map.put(new Gadget(), "value");
        List<Object> nested = new ArrayList<>(List.of("innocent", new Gadget()));

        for (Serializable payload :
                List.of(new Gadget(), queue, (Serializable) map, (Serializable) nested, new Gadget[] {new Gadget()})) {
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
        readsOrRefuses(whole, 200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xgb100x6.ubj", "xgb100x6.json"})
    void aTruncatedXgboostFileIsRefused(String file) throws IOException {
        byte[] whole = Files.readAllBytes(Flights.resource(file));
        for (int length = 2; length < whole.length; length += whole.length / 12) {
            assertRefused(Arrays.copyOf(whole, length));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xgb100x6.ubj", "xgb100x6.json"})
    void anAlteredXgboostFileIsReadOrRefused(String file) throws IOException {
        readsOrRefuses(Files.readAllBytes(Flights.resource(file)), 40);
    }

    @Test
    void aTruncatedModelFileIsRefused() throws IOException {
        byte[] whole = flat();
        for (int length = 8; length < whole.length; length += whole.length / 60) {
            assertRefused(Arrays.copyOf(whole, length));
        }
    }

    @Test
    void aModelFileWithOneBitFlippedIsRefused() throws IOException {
        byte[] whole = flat();
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            byte[] altered = whole.clone();
            altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(8));
            assertRefused(altered);
        }
    }

    /// An attacker can compute a checksum too.
    @Test
    void aForgedModelFileWithAChecksumIsReadOrRefused() throws IOException {
        byte[] whole = ModelFile.encode(ModelTraining.train(
                List.of(new TrainingColumn.Numbers(
                        "length", SmileSample.random(100, 1).length())),
                new TrainingColumn.Numbers("value", SmileSample.random(100, 1).value()),
                TrainingOptions.defaults(TrainingOptions.Algorithm.DECISION_TREE)));
        Random random = new Random(2);
        for (int i = 0; i < 800; i++) {
            byte[] body = Arrays.copyOf(whole, whole.length - 32);
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                body[12 + random.nextInt(body.length - 12)] = (byte) random.nextInt(256);
            }
            scoreOrRefuse(ModelFile.sealed(body));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'tree\nversion=v4\n',      LightGBM",
        "'',                        empty",
        "'hello, world',            not known",
        "'{\"a\": 1}',              learner",
        "'{\"a\": }',               not valid JSON",
        "'[1, 2]',                  not known",
        "'binf0000',                old binary format"
    })
    void anotherFormatIsRefusedByName(String content, String found) throws IOException {
        assertRefused(content.getBytes(StandardCharsets.UTF_8), found);
    }

    @Test
    void anOnnxModelIsRefusedByName() throws IOException {
        assertRefused(new byte[] {8, 9, 18, 7, 's', 'k', 'l'}, "ONNX", "Supported are XGBoost");
    }

    @Test
    void aMissingFileAndADirectoryAreNamed() {
        assertThatThrownBy(() -> ModelImport.read(folder.resolve("none")))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("none")
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> ModelImport.read(folder))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("directory");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"name\":\"gbtree\" | \"name\":\"gblinear\" | booster is gblinear",
                "\"name\":\"binary:logistic\" | \"name\":\"survival:cox\" | objective is survival:cox",
                "\"num_target\":\"1\" | \"num_target\":\"3\" | 3 targets",
                "\"split_type\":[0 | \"split_type\":[1 | categorical split",
                "\"size_leaf_vector\":\"1\" | \"size_leaf_vector\":\"4\" | leaves of 4 values",
                "\"left_children\":[1 | \"left_children\":[99999 | points to node 99999",
                "\"left_children\":[1 | \"left_children\":[0 | points to node 0",
                "\"left_children\":[1 | \"left_children\":[2 | two parents",
                "\"split_indices\":[ | \"split_indices\":[77, | different lengths",
                "\"base_score\":\"1.99496E-1\" | \"base_score\":\"2\" | base_score"
            })
    void whatIsNotSupportedInXgboostIsNamed(String part, String forged, String found) throws IOException {
        String json = Files.readString(Flights.resource("xgb100x6.json"));
        assertThat(json).contains(part);

        assertRefused(json.replace(part, forged).getBytes(StandardCharsets.UTF_8), found);
    }

    @Test
    void aUbjsonLengthThatIsNotThereCostsNoMemory() throws IOException {
        assertRefused(
                new byte[] {'{', 'U', 1, 'a', '[', '$', 'D', '#', 'L', 0, 0, 0, 127, -1, -1, -1, -1}, "ends early");
        assertRefused(new byte[] {'{', 'U', 1, 'a', '[', '#', 'L', 0, 0, 0, 127, -1, -1, -1, -1}, "ends early");
        assertRefused(new byte[] {'{', 'U', 1, 'a', 'S', 'l', 127, -1, -1, -1}, "ends early");
        assertRefused(new byte[] {'{', 'U', 1, 'a', '[', '$', 'Z', '#', 'l', 127, -1, -1, -1}, "type for all elements");
        byte[] deep = new byte[100_000];
        Arrays.fill(deep, (byte) '[');
        System.arraycopy(new byte[] {'{', 'U', 1, 'a'}, 0, deep, 0, 4);
        assertRefused(deep, "deeper than");
    }

    private byte[] flat() {
        return ModelFile.encode(ModelImport.read(Flights.resource("xgb100x6.ubj")));
    }

    private void readsOrRefuses(byte[] whole, int times) throws IOException {
        Random random = new Random(3);
        for (int i = 0; i < times; i++) {
            byte[] altered = whole.clone();
            altered[2 + random.nextInt(altered.length - 2)] = (byte) random.nextInt(256);
            scoreOrRefuse(altered);
        }
    }

    /// Anything but a [FailureException] fails the test.
    private void scoreOrRefuse(byte[] content) throws IOException {
        Path file = Files.write(folder.resolve("model"), content);
        try {
            Model model = ModelImport.read(file);
            int features = model.description().features().size();
            model.scorer()
                    .score(
                            new double[features][20],
                            20,
                            new double[model.description().outputs()][20]);
        } catch (FailureException refused) {
            assertThat(refused).hasMessageContaining(file.toString());
        }
    }

    private void assertRefused(byte[] content, String... parts) throws IOException {
        Path file = Files.write(folder.resolve("model"), content);
        assertThatThrownBy(() -> ModelImport.read(file))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        refused -> assertThat(refused.failure().isPermanent()).isTrue())
                .hasMessageContaining(file.toString())
                .satisfies(refused -> {
                    for (String part : parts) {
                        assertThat(refused).hasMessageContaining(part);
                    }
                });
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
}
