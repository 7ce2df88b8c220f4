package io.nightshift.scoring.format.mojo;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFormatContract;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The contract, and what is special to H2O's MOJO files.
class MojoContractTest extends ModelFormatContract {

    private static final Path KEPT = Path.of("src/test/resources/mojo");
    private static final int TRIES = 500 * Integer.getInteger("nightshift.tries.factor", 1);

    @Override
    protected Map<String, byte[]> models() {
        MojoSample packed = new MojoSample(6, "Gradient Boosting Machine", "1.40", 5, 9, 3)
                .with("distribution", "multinomial")
                .with("init_f", 0.0)
                .trees(4, 4, 3);
        return Map.of(
                "regression", boosting().file(),
                "classes", packed.file(),
                "forest", forest().file(),
                "linear", linear().file());
    }

    private static MojoSample boosting() {
        MojoSample sample = MojoSample.boosting(4, "gaussian", 1, 9);
        sample.isStored = true;
        return sample;
    }

    private static MojoSample forest() {
        MojoSample sample = MojoSample.bagging(7, "1.40", 2, 1, 9).with("balance_classes", true);
        sample.isStored = true;
        return sample;
    }

    private static MojoSample linear() {
        MojoSample sample = MojoSample.linear(5, "multinomial", "multinomial", 3);
        sample.isStored = true;
        return sample;
    }

    /// The fuzzer starts with these files. With `-Dnightshift.write.mojo=true`, the test writes them.
    @Test
    void theKeptFilesAreThoseOfTheGenerator() throws IOException {
        for (Map.Entry<String, byte[]> model : models().entrySet()) {
            Path file = KEPT.resolve(model.getKey() + ".zip");
            if (Boolean.getBoolean("nightshift.write.mojo")) {
                Files.createDirectories(KEPT);
                Files.write(file, model.getValue());
            }
            assertThat(file).hasBinaryContent(model.getValue());
        }
    }

    /// An attacker can compute the checksums too.
    @ParameterizedTest
    @ValueSource(strings = {"boosting", "forest", "linear"})
    void anAlteredFileOfAnArchiveIsLoadedOrRefused(String name) throws IOException {
        MojoSample sample = name.equals("boosting") ? boosting() : name.equals("forest") ? forest() : linear();
        Map<String, byte[]> files = sample.files();
        List<String> names = new ArrayList<>(files.keySet());
        Random random = new Random(5);
        for (int i = 0; i < TRIES; i++) {
            Map<String, byte[]> altered = new LinkedHashMap<>(files);
            String file = names.get(random.nextInt(names.size()));
            byte[] content = altered.get(file).clone();
            for (int flips = 1 + random.nextInt(3); flips > 0 && content.length > 0; flips--) {
                content[random.nextInt(content.length)] = (byte) random.nextInt(256);
            }
            altered.put(file, content);
            scoreOrRefuse(MojoSample.zip(altered, true), 1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Deep Learning",
                "K-means",
                "Stacked Ensemble",
                "XGBoost",
                "Isolation Forest",
                "Generalized Additive Model",
                "Cox Proportional Hazards"
            })
    void otherAlgorithmsAreRefusedByName(String algorithm) throws IOException {
        assertRefused(
                altered(sample -> sample.with("algorithm", algorithm)),
                "it is a MOJO of the algorithm «" + algorithm + "»; supported are Gradient Boosting Machine");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mojo_version | 1.50 | its mojo_version is 1.50; supported are those from 1.0 to 1.4",
                "mojo_version | 0.9 | its mojo_version is 0.9",
                "endianness | BIG_ENDIAN | its endianness is BIG_ENDIAN",
                "offset_column | exposure | it needs the offset of each row (offset_column = exposure)",
                "calib_method | platt | its probabilities are calibrated (calib_method = platt)",
                "_genmodel_encoding | OneHotExplicit | its categorical_encoding is OneHotExplicit",
                "distribution | custom | its distribution is custom, with 1 classes",
                "distribution | bernoulli | its distribution is bernoulli, with 1 classes",
                "link_function | inverse | its link_function is inverse, for the distribution gaussian",
                "n_classes | 3 | it has 1 trees in each group for 3 classes",
                "n_trees | 0 | it has no trees",
                "n_trees | -1 | its model.ini has «-1» for n_trees",
                "n_features | 0 | it has 0 features among",
                "n_features | 1000 | it has 1000 features among",
                "init_f | NaN | its model.ini has «NaN» for init_f",
                "init_f | null | its model.ini has no init_f",
                "supervised | false | supported are features and a response"
            })
    void unsupportedFactsAreNamed(String fact, String value, String message) throws IOException {
        assertRefused(altered(sample -> sample.with(fact, value)), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "family | fractionalbinomial | its family is fractionalbinomial, with 3 classes",
                "family | gaussian | its family is gaussian, with 3 classes",
                "mojo_version | 1.10 | its mojo_version is 1.10; supported are those from 1.0 to 1.0",
                "cats | 1000000 | features, and terms for 1000000 with levels",
                "cat_offsets | [0] | features with levels, and cat_offsets [0]",
                "cat_modes | [0] | it has cat_modes for 1 of",
                "num_means | [0.5] | it has 1 means of",
                "beta | [1.0, 2.0] | it has 2 coefficients; there should be 3 times",
                "beta | [NaN] | its model.ini has «NaN» for beta",
                "beta | 5 | its model.ini has «5» for beta"
            })
    void brokenLinearModelsAreNamed(String fact, String value, String message) throws IOException {
        assertRefused(linear().with(fact, value).file(), message);
    }

    @Test
    void anUnsupportedLinkOfALinearModelIsNamed() throws IOException {
        assertRefused(
                MojoSample.linear(1, "gaussian", "probit", 1).file(), "its link is probit; supported are identity");
    }

    @Test
    void anArchiveThatIsNoMojoIsNamed() throws IOException {
        assertRefused(
                MojoSample.zip(Map.of("data.pkl", new byte[10]), false),
                "it is a ZIP archive, but no MOJO of H2O, which has a file model.ini");
    }

    @Test
    void brokenColumnsAreNamed() throws IOException {
        assertRefused(archive("domains/d000.txt", "a\na\n"), "its file domains/d000.txt has the level «a» twice");
        assertRefused(archive("domains/d000.txt", "a\n"), "its file domains/d000.txt has 1 levels; there should be");
        assertRefused(archive("model.ini", "hello"), "its model.ini begins with the line «hello»");
        assertRefused(archive("model.ini", "[info]\nhello"), "its model.ini has the line «hello» under [info]");
        assertRefused(archive("model.ini", ""), "its model.ini has no algorithm");
        MojoSample twins = boosting();
        twins.columns.set(1, twins.columns.getFirst());
        assertRefused(twins.file(), "it has two columns «x0»");
    }

    @Test
    void brokenTreesAreNamed() throws IOException {
        assertRefused(tree(0, 255, 255, 0, 0), "its file trees/t00_000.bin ends early");
        assertRefused(tree(0, 255, 255, 0, 0, 0, 0, 9), "has bytes behind its last node");
        assertRefused(tree(0, 255, 255, 0, 0, 192, 127), "has a leaf that is not a number");
        assertRefused(tree(0xf0, 99, 0, 2, 0, 0, 0, 0), "splits on feature 99 of");
        assertRefused(tree(0xf0, 0, 0, 6, 0, 0, 0, 0), "has the unknown direction 6 of missing values");
        assertRefused(tree(0xf0, 0, 0, 2, 0, 0, 192, 127), "compares with NaN");
        assertRefused(tree(0xf4, 0, 0, 2), "has a test of the unknown type 4");
        assertRefused(tree(0xf8, 0, 0, 1), "has a set of levels at a node that only separates missing values");
        assertRefused(tree(0xfc, 0, 0, 2, 0, 0, 255, 255, 255, 127), "has a set of 2147483647 levels");
        assertRefused(tree(0xfc, 0, 0, 2, 0, 0, 255, 0, 0, 0), "ends early");
        assertRefused(tree(0xc0, 0, 0, 2, 0, 0, 0, 0, 200), "has a node with a left part outside of the file");
        assertRefused(tree(0xd0, 0, 0, 2, 0, 0, 0, 0), "has a node with a left part outside of the file");
        assertRefused(tree(0x70, 0, 0, 2, 0, 0, 0, 0), "has a node of the unknown type 112");
        assertRefused(
                tree(0xc0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0),
                "has a node whose left part does not end where it should");
    }

    @Test
    void brokenWeightsAreNamed() throws IOException {
        String file = "trees/t00_000_aux.bin";
        byte[] sound = boosting().others.get(file);
        byte[] twice = Arrays.copyOf(sound, sound.length + 40);
        byte[] negative = sound.clone();
        byte[] nan = sound.clone();
        ByteBuffer.wrap(negative).order(ByteOrder.LITTLE_ENDIAN).putFloat(8, -3);
        ByteBuffer.wrap(nan).order(ByteOrder.LITTLE_ENDIAN).putFloat(12, Float.NaN);

        assertRefused(weights(Arrays.copyOf(sound, sound.length - 1)), "its file " + file + " ends early");
        assertRefused(weights(Arrays.copyOf(sound, sound.length - 40)), "its file " + file + " has no record of split");
        assertRefused(weights(new byte[0]), "its file " + file + " has no record of split 0");
        assertRefused(weights(twice), "its file " + file + " has two records of split 0");
        assertRefused(weights(negative), "tree 0 has a node with the cover -3.0");
        assertRefused(weights(nan), "tree 0 has a node with the cover NaN");
    }

    private static byte[] weights(byte[] content) {
        return altered(sample -> sample.others.put("trees/t00_000_aux.bin", content));
    }

    @Test
    void aTreeThatNoWeightReachedLeavesTheModelWithoutCovers() throws IOException {
        byte[] content = boosting().others.get("trees/t00_000_aux.bin");
        ByteBuffer weights = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < content.length; at += 40) {
            weights.putFloat(at + 8, 0).putFloat(at + 12, 0);
        }

        Model model = load(Files.write(folder.resolve("model"), weights(content)));

        assertThat(model.description().facts())
                .containsEntry("covers", "none, because no training weight reached tree 0");
    }

    /// A tree of so many levels needs no stack.
    @Test
    void aVeryDeepTreeIsLoaded() throws IOException {
        byte[] file = altered(sample -> {
            sample.others.put("trees/t00_000.bin", chain(100_000));
            sample.others.remove("trees/t00_000_aux.bin");
        });

        scoreOrRefuse(file, 1);
    }

    /// A tree with a split on each level, and a leaf at its left.
    private static byte[] chain(int depth) {
        ByteBuffer tree = ByteBuffer.allocate(12 * depth + 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int level = 0; level < depth; level++) {
            boolean isLast = level == depth - 1;
            tree.put((byte) (isLast ? 0xf0 : 0x30))
                    .putShort((short) 0)
                    .put((byte) 2)
                    .putFloat(0)
                    .putFloat(1);
        }
        return tree.putFloat(-1).array();
    }

    /// The packed bytes say that a small archive has a large file.
    @Test
    void aSmallArchiveOfALargeFileIsRefused() throws IOException {
        MojoSample bomb = MojoSample.boosting(4, "gaussian", 1, 9);
        bomb.others.put("trees/t00_000.bin", new byte[10 << 20]);

        assertRefused(bomb.file(), "its files become more than 100 times as large unpacked");
    }

    /// Every tree refers to the packed bytes of one.
    @Test
    void filesThatShareTheirBytesAreRefused() throws IOException {
        MojoSample sample = MojoSample.boosting(4, "gaussian", 1, 9).with("n_trees", 900);
        sample.others.clear();
        byte[] large = chain(10_000);
        for (int tree = 0; tree < 900; tree++) {
            sample.others.put("trees/t00_%03d.bin".formatted(tree), tree == 0 ? large : new byte[0]);
        }
        byte[] file = sample.file();
        share(file, "trees/t00_000.bin");

        assertRefused(file, "its files become more than 100 times as large unpacked");
    }

    /// Lets all files of a ZIP archive whose names are as long refer to the bytes of one.
    private static void share(byte[] file, String name) {
        ByteBuffer zip = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> entries = new ArrayList<>();
        int shared = 0;
        for (int at = zip.getInt(file.length - 6); zip.getInt(at) == 0x02014b50; ) {
            int length = zip.getShort(at + 28);
            String found = new String(file, at + 46, length, StandardCharsets.UTF_8);
            entries.add(at);
            shared = found.equals(name) ? at : shared;
            at += 46 + length + zip.getShort(at + 30) + zip.getShort(at + 32);
        }
        for (int entry : entries) {
            if (new String(file, entry + 46, zip.getShort(entry + 28), StandardCharsets.UTF_8).startsWith("trees/")) {
                zip.put(entry + 10, file, shared + 10, 18);
                zip.putInt(entry + 42, zip.getInt(shared + 42));
            }
        }
    }

    @Test
    void anAlteredByteOfAPackedFileIsFound() throws IOException {
        byte[] file = boosting().file();
        int at = new String(file, StandardCharsets.ISO_8859_1).indexOf("init_f");
        file[at + 9] ^= 1;

        assertRefused(file, "the checksum of its file model.ini is wrong");
    }

    @Test
    void encryptedAndOtherwisePackedFilesAreNamed() throws IOException {
        byte[] encrypted = boosting().file();
        byte[] packed = encrypted.clone();
        int first = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).getInt(packed.length - 6);
        int entry = new String(packed, StandardCharsets.ISO_8859_1).indexOf("model.ini", first) - 46;
        encrypted[entry + 8] |= 1;
        packed[entry + 10] = 12;

        assertRefused(encrypted, "its file model.ini is encrypted");
        assertRefused(packed, "its file model.ini is packed by the method 12");
    }

    @Test
    void columnsBehindTheFeaturesAreNoFeatures() throws IOException {
        MojoSample sample = boosting();
        int features = sample.features();
        sample.columns.add("weight");
        sample.levels.add(List.of());

        Model model = load(Files.write(folder.resolve("model"), sample.file()));

        assertThat(model.description().features())
                .hasSize(features)
                .extracting(ModelFeature::name)
                .doesNotContain("weight", "response");
    }

    @Test
    void levelsWithLineBreaksAndBackslashesAreThoseOfTraining() throws IOException {
        List<String> levels = List.of("a\nb", "a\\nb", "\\", "", " c ");
        MojoSample sample = new MojoSample(1, "Gradient Boosting Machine", "1.40", 1, 0, 1)
                .with("distribution", "gaussian")
                .with("init_f", 1.5)
                .trees(1, 1, 1);
        sample.levels.set(0, levels);

        Model model = load(Files.write(folder.resolve("model"), sample.file()));

        assertThat(model.description().features().getFirst().type()).isEqualTo(new FeatureType.Nominal(levels));
    }

    @Test
    void theDescriptionNamesTheLibraryTheDistributionAndTheThreshold() throws IOException {
        MojoSample sample = MojoSample.boosting(4, "bernoulli", 2, 9).with("default_threshold", 0.25);

        Model model = load(Files.write(folder.resolve("model"), sample.file()));

        assertThat(model.description().format()).isEqualTo("h2o-mojo");
        assertThat(model.description().algorithm()).isEqualTo("gbm");
        assertThat(model.description().classes()).containsExactly("class0", "class1");
        assertThat(model.description().margins()).isEqualTo(1);
        assertThat(model.description().facts())
                .containsEntry("library", "H2O 3.46.0.12")
                .containsEntry("distribution", "bernoulli")
                .containsEntry("threshold", "0.25");
    }

    private static byte[] archive(String name, String content) {
        Map<String, byte[]> files = boosting().files();
        files.put(name, content.getBytes(StandardCharsets.UTF_8));
        return MojoSample.zip(files, true);
    }

    private static byte[] tree(int... octets) {
        byte[] tree = new byte[octets.length];
        for (int i = 0; i < tree.length; i++) {
            tree[i] = (byte) octets[i];
        }
        return altered(sample -> sample.others.put("trees/t00_000.bin", Arrays.copyOf(tree, tree.length)));
    }

    private static byte[] altered(Consumer<MojoSample> change) {
        MojoSample sample = boosting();
        change.accept(sample);
        return sample.file();
    }
}
