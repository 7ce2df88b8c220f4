package io.nightshift.scoring.format.catboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelFormatContract;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.format.catboost.CatBoostCategories.Base;
import io.nightshift.scoring.format.catboost.CatBoostCategories.Counts;
import io.nightshift.scoring.format.catboost.FlatbufferWriter.Table;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The contract, and what is special to CatBoost's files.
class CatBoostContractTest extends ModelFormatContract {

    private static final Path KEPT = Path.of("src/test/resources/catboost");

    @Override
    protected Map<String, byte[]> models() {
        return Map.of(
                "symmetric", symmetric().file(),
                "deep",
                        new CatBoostSample(4, 7, 9, 1)
                                .symmetric(3, 9)
                                .loss("RMSE")
                                .file(),
                "nodes",
                        new CatBoostSample(5, 4, 9, 3)
                                .nodes(6, 5)
                                .loss("MultiClass")
                                .file(),
                "labels",
                        new CatBoostSample(6, 4, 9, 2)
                                .symmetric(6, 4)
                                .loss("MultiLogloss")
                                .file(),
                "categories", categories().symmetric(6, 5).loss("Logloss").file());
    }

    /// A model with all kinds of statistics, but without trees.
    private static CatBoostSample categories() {
        CatBoostSample sample = new CatBoostSample(8, 3, 5, 1, 3);
        sample.categories.mixed().withValues(3);
        for (int kind = 0; kind < 6; kind++) {
            sample.categories.withStatistics(1, kind);
        }
        return sample;
    }

    /// The fuzzer starts with these files. With `-Dnightshift.write.catboost=true`, the test writes them.
    @Test
    void theKeptFilesAreThoseOfTheGenerator() throws IOException {
        for (Map.Entry<String, byte[]> model : models().entrySet()) {
            Path file = KEPT.resolve(model.getKey() + ".cbm");
            if (Boolean.getBoolean("nightshift.write.catboost")) {
                Files.createDirectories(KEPT);
                Files.write(file, model.getValue());
            }
            assertThat(file).hasBinaryContent(model.getValue());
        }
    }

    @Override
    protected int alterations() {
        return 1500;
    }

    private static CatBoostSample symmetric() {
        CatBoostSample sample = new CatBoostSample(3, 4, 9, 1).symmetric(6, 5).loss("Logloss");
        sample.bias = 0.25;
        return sample;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "12 | it has text features",
                "13 | it has features that are estimated of texts or embeddings",
                "18 | it has embedding features"
            })
    void otherFeaturesThanNumbersAreRefusedByName(int field, String message) throws IOException {
        assertRefused(altered(sample -> sample.others.put(field, List.of(new Table()))), message);
    }

    @Test
    void weightsOfLeavesAreCovers() throws IOException {
        CatBoostSample sample = symmetric();
        int leaves = sample.leaves.size();
        double[] weights =
                IntStream.range(0, leaves).mapToDouble(i -> 1 + i % 3).toArray();
        sample.others.put(9, weights);

        Model model = load(Files.write(folder.resolve("model"), sample.file()));

        assertThat(model.description().facts()).containsEntry("covers", "of all nodes");
        Forest forest = (Forest) Forms.of(model);
        double sum = Arrays.stream(weights, 0, 1 << sample.sizes.getFirst()).sum();
        assertThat(forest.cover(0)).isEqualTo(sum);
        assertThat(forest.cover(forest.nodes() - 1)).as("the bias").isZero();
        assertThat(loader().load("own", ModelFile.encode(model)).description()).isEqualTo(model.description());
        assertThat(load(Files.write(folder.resolve("model"), symmetric().file()))
                        .description()
                        .facts())
                .containsEntry("covers", "none");
    }

    @Test
    void brokenWeightsOfLeavesAreNamed() throws IOException {
        int leaves = symmetric().leaves.size();
        double[] negative = new double[leaves];
        negative[1] = -1;
        double[] nan = new double[leaves];
        nan[0] = Double.NaN;

        assertRefused(
                altered(sample -> sample.others.put(9, new double[3])),
                "it has the weights of 3 leaves, and " + leaves);
        assertRefused(altered(sample -> sample.others.put(9, negative)), "has a node with the cover -1.0");
        assertRefused(altered(sample -> sample.others.put(9, nan)), "has a node with the cover NaN");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MultiQuantile | 1 | its loss function is MultiQuantile; supported are",
                "Own | 1 | its loss function is Own; supported are",
                "RMSE | 2 | its loss function is RMSE, with 2 raw values",
                "RMSEWithUncertainty | 1 | its loss function is RMSEWithUncertainty, with 1 raw values",
                "MultiClass | 1 | its loss function is MultiClass, with 1 raw values"
            })
    void unsupportedLossFunctionsAreRefusedByName(String loss, int dimensions, String message) throws IOException {
        assertRefused(
                new CatBoostSample(1, 2, 5, dimensions)
                        .symmetric(2, 2)
                        .loss(loss)
                        .file(),
                message);
    }

    @Test
    void unsupportedPartsAreNamed() throws IOException {
        assertRefused(altered(sample -> sample.scale = Double.NaN), "its scale is NaN");
        assertRefused(
                altered(sample -> sample.info.put("binclass_probability_threshold", "0.7")),
                "its binclass_probability_threshold is 0.7");
        assertRefused(
                altered(sample -> sample.info.put("class_params", "{\"class_names\":[\"a\",\"b\",\"c\"]}")),
                "it has the classes [a, b, c] and predicts 2");
        assertRefused(
                altered(sample -> sample.info.put("class_params", "{\"class_names\":[\"a\",[]]}")),
                "among the labels of its classes");
        assertRefused(altered(sample -> sample.info.put("params", "{")), "it is not valid JSON");
    }

    @Test
    void brokenTreesAreNamed() throws IOException {
        assertRefused(altered(sample -> sample.splits.set(0, 1000)), "a tree has the split 1000 of");
        assertRefused(altered(sample -> sample.splits.set(0, -1)), "a tree has the split -1 of");
        assertRefused(altered(sample -> sample.offsets.set(1, 0)), "tree 1 lies outside of the list of splits");
        assertRefused(altered(sample -> sample.sizes.set(0, -1)), "tree 0 lies outside of the list of splits");
        assertRefused(altered(sample -> sample.offsets.removeLast()), "and says where 5 begin");
        assertRefused(altered(sample -> sample.leaves.removeLast()), "and not as many leaves");
        assertRefused(altered(sample -> sample.leaves.set(0, Double.NaN)), "a leaf has NaN");
        assertRefused(altered(sample -> sample.biases = new double[] {1, 2}), "it has 2 biases for 1 raw values");
        assertRefused(
                altered(sample -> sample.borders[0] = new float[] {1, 0}), "the borders of feature 0 do not ascend");
        assertRefused(
                altered(sample -> sample.borders[0] = new float[] {Float.NaN}),
                "the borders of feature 0 do not ascend");
        assertRefused(altered(sample -> sample.flat[1] = 10_000), "it has a feature at position 10000");
        assertRefused(altered(sample -> sample.others.put(0, 1 << 30)), "it has 1073741824 raw values");
        assertRefused(altered(sample -> sample.flat[1] = 0), "it has two features at position 0");
        assertRefused(altered(sample -> sample.flat[1] = 2_000_000_000), "it has a feature at position 2000000000");
    }

    @Test
    void brokenNodesAreNamed() throws IOException {
        assertRefused(nodes(sample -> sample.steps.set(0, (short) -1)), "tree 0 has a node outside of the tree");
        assertRefused(
                nodes(sample -> sample.steps.replaceAll(distance -> (short) 1)), "tree 0 has a node with two parents");
        assertRefused(nodes(sample -> sample.leafOfNode.replaceAll(leaf -> 100_000)), "has the leaf 100000 of");
        assertRefused(nodes(sample -> sample.leafOfNode.replaceAll(leaf -> -2)), "has the leaf -2 of");
        assertRefused(nodes(sample -> sample.leafOfNode.removeLast()), "nodes, the children of");
    }

    @Test
    void brokenCategoriesAreNamed() throws IOException {
        assertRefused(
                categories(sample -> sample.categories.flat[1] = sample.categories.flat[0]),
                "it has two features at position");
        assertRefused(
                categories(sample -> sample.categories
                        .values
                        .get(0)
                        .add(sample.categories.values.get(0).getFirst())),
                "of the categorical feature 0 twice");
        assertRefused(
                categories(sample ->
                        sample.others.put(6, List.of(new Table().with(0, 9).with(1, new int[] {5})))),
                "it has no categorical feature with the index 9");
        assertRefused(
                categories(sample -> sample.categories.statistics.add(sample.categories.statistics.getFirst())),
                "twice");
        assertRefused(
                categories(sample -> sample.categories.statistics.set(
                        0,
                        new Table()
                                .with(
                                        0,
                                        sample.categories
                                                .statistics
                                                .get(0)
                                                .fields()
                                                .get(0))
                                .with(1, new float[] {1, 0}))),
                "the borders of a statistic of categories do not ascend");
        assertRefused(
                withBase(new Base(List.of(0), List.of(), List.of(), 6, 0)),
                "it has a statistic of categories of the unknown kind 6");
        assertRefused(
                withBase(new Base(List.of(7), List.of(), List.of(), 4, 0)),
                "it has no categorical feature with the index 7");
        assertRefused(
                withBase(new Base(List.of(0), List.of(7L), List.of(), 4, 0)),
                "it has no feature of numbers with the index 7");
        assertRefused(
                withBase(new Base(List.of(0), List.of(0x7f00_0000_0000_0000L), List.of(), 4, 0)),
                "has the border 1.7014118E38, which feature");
        assertRefused(
                withBase(new Base(List.of(0), List.of(), List.of(0x0000_0005_0000_0000L), 4, 0)),
                "has the value 5 of the categorical feature 0, which no split asks for");
    }

    @Test
    void brokenTablesOfCategoriesAreNamed() throws IOException {
        assertRefused(categories(sample -> sample.categories.tables.remove(first(sample))), "it has no table for");
        assertRefused(
                counts(counts -> counts.hashes = Arrays.copyOf(counts.hashes, counts.hashes.length - 1)),
                "bytes of hashes, which are no power of two of entries");
        assertRefused(counts(counts -> counts.hashes = new long[0]), "which are no power of two of entries");
        assertRefused(counts(counts -> Arrays.fill(counts.hashes, 7)), "has no empty place");
        assertRefused(
                counts(counts -> {
                    Arrays.fill(counts.hashes, -1);
                    counts.hashes[1] = 0;
                }),
                "has a hash where CatBoost does not search it");
        assertRefused(
                counts(counts -> {
                    Arrays.fill(counts.hashes, -1);
                    counts.hashes[0] = 0;
                    counts.hashes[1] = 0;
                }),
                "has a hash twice");
        assertRefused(counts(counts -> Arrays.fill(counts.rows, 1_000_000)), "has the row 1000000 of");
        assertRefused(counts(counts -> Arrays.fill(counts.rows, -1)), "has the row 4294967295 of");
        assertRefused(counts(counts -> counts.numbers = new byte[3]), "of 0");
        assertRefused(counts(counts -> counts.classes = 1 << 30), "of 0");
        assertRefused(
                categories(sample -> {
                    Base base = new Base(List.of(0), List.of(), List.of(), 1, 99);
                    sample.categories.tables.put(base, new Counts());
                }),
                "has 0 classes");
    }

    @Test
    void theTablesOfCategoriesEndWithTheFile() throws IOException {
        CatBoostSample sample = categories();
        byte[] whole = sample.symmetric(6, 5).loss("Logloss").file();
        int part = sample.categories.part().length;
        for (int length = whole.length - part; length < whole.length; length += 1 + part / 100) {
            assertRefused(Arrays.copyOf(whole, length), "it ends early");
        }
        byte[] many = whole.clone();
        Arrays.fill(many, whole.length - part, whole.length - part + 4, (byte) -1);
        assertRefused(many, "it ends early, in its tables of categories");
    }

    private static Base first(CatBoostSample sample) {
        return sample.categories.tables.keySet().iterator().next();
    }

    private static byte[] categories(Consumer<CatBoostSample> change) {
        CatBoostSample sample = categories();
        change.accept(sample);
        return sample.symmetric(6, 5).loss("Logloss").file();
    }

    /// A file with another first table, which is one of counts of classes.
    private static byte[] counts(Consumer<Counts> change) {
        return categories(sample -> change.accept(sample.categories.tables.get(first(sample))));
    }

    /// A file with one more statistic, and its table.
    private static byte[] withBase(Base base) {
        return categories(sample -> {
            Counts counts = new Counts();
            counts.hashes = new long[] {-1, -1};
            counts.rows = new int[2];
            sample.categories.tables.put(base, counts);
            sample.categories.statistics.add(
                    new Table().with(0, new Table().with(0, base.table())).with(1, new float[] {1}));
        });
    }

    /// A small file, each of whose features has the last one's borders.
    @Test
    void tablesThatShareTheirContentAreRefused() throws IOException {
        assertRefused(shared(1_000), "its tables share their content");
    }

    private static byte[] shared(int features) {
        List<Table> list = new ArrayList<>();
        for (int i = 0; i < features; i++) {
            float[] borders = new float[i == features - 1 ? 10_000 : 0];
            list.add(new Table().with(1, i).with(2, i).with(3, borders));
        }
        byte[] core = FlatbufferWriter.document(new Table()
                .with(0, "FlabuffersModel_v1")
                .with(1, new Table().with(0, 1).with(5, list)));
        ByteBuffer document = ByteBuffer.wrap(core).order(ByteOrder.LITTLE_ENDIAN);
        int vector = target(document, place(document, target(document, place(document, document.getInt(0), 1)), 5));
        int last = target(document, place(document, target(document, vector + 4 * features), 3));
        for (int i = 0; i < features; i++) {
            int at = place(document, target(document, vector + 4 + 4 * i), 3);
            document.putInt(at, last - at);
        }
        return ByteBuffer.allocate(8 + core.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {'C', 'B', 'M', '1'})
                .putInt(core.length)
                .put(core)
                .array();
    }

    /// The position of a field's value.
    private static int place(ByteBuffer document, int table, int field) {
        return table + document.getShort(table - document.getInt(table) + 4 + 2 * field);
    }

    /// The position that an offset leads to.
    private static int target(ByteBuffer document, int at) {
        return at + document.getInt(at);
    }

    private static byte[] altered(Consumer<CatBoostSample> change) {
        CatBoostSample sample = symmetric();
        change.accept(sample);
        return sample.file();
    }

    private static byte[] nodes(Consumer<CatBoostSample> change) {
        CatBoostSample sample = new CatBoostSample(7, 4, 9, 1).nodes(6, 8).loss("RMSE");
        change.accept(sample);
        return sample.file();
    }
}
