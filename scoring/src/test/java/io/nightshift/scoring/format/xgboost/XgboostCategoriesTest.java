package io.nightshift.scoring.format.xgboost;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelFeature;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import ml.dmlc.xgboost4j.java.Booster;
import ml.dmlc.xgboost4j.java.DMatrix;
import ml.dmlc.xgboost4j.java.XGBoost;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Categories in an XGBoost file, as XGBoost writes them for a model that was trained on a data frame.
///
/// The binding for Java has no data frames. So the test puts the categories into the file of a trained model, and
/// XGBoost itself reads that file and writes it again. `-Dnightshift.regenerate=true` keeps the model and its
/// predictions for the tests of other modules.
class XgboostCategoriesTest {

    private static final int ROWS = 300;
    private static final List<String> PLANS = List.of("basic", "plus", "größer", "it's \"x\"");
    private static final List<String> SHOPS = List.of("30", "7", "12");
    private static final Path KEPT = Path.of("src/test/resources/categories");

    private static final List<ModelFeature> FEATURES = List.of(
            new ModelFeature("age", new FeatureType.Numeric(Precision.FLOAT32), true),
            new ModelFeature("plan", FeatureType.Categorical.named(Precision.FLOAT32, PLANS), true),
            new ModelFeature("shop", FeatureType.Categorical.named(Precision.FLOAT32, SHOPS), true));

    @TempDir
    private Path folder;

    /// Age, the code of the plan, the code of the shop.
    private static float[] rows() {
        Random random = new Random(7);
        float[] values = new float[3 * ROWS];
        for (int row = 0; row < ROWS; row++) {
            values[3 * row] = random.nextInt(200, 800) / 8f;
            values[3 * row + 1] = row % 17 == 16 ? Float.NaN : random.nextInt(PLANS.size());
            values[3 * row + 2] = random.nextInt(SHOPS.size());
        }
        return values;
    }

    private static Booster train(float[] values) throws Exception {
        float[] labels = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            float plan = values[3 * row + 1];
            labels[row] = values[3 * row] / 20 + (Float.isNaN(plan) ? 9 : plan * 3 % 4) + values[3 * row + 2] % 2 * 5;
        }
        DMatrix data = new DMatrix(values, ROWS, 3, Float.NaN);
        data.setFeatureNames(new String[] {"age", "plan", "shop"});
        data.setFeatureTypes(new String[] {"q", "c", "c"});
        data.setLabel(labels);
        Map<String, Object> parameters = Map.of(
                "objective", "reg:squarederror",
                "tree_method", "hist",
                "max_cat_to_onehot", 1,
                "max_depth", 4,
                "nthread", 1,
                "verbosity", 0);
        return XGBoost.train(data, parameters, 6, Map.of(), null, null);
    }

    /// The file of a model with the categories of a data frame, as XGBoost writes it.
    private Path withCategories(Booster trained, String format) throws Exception {
        Path plain = folder.resolve("plain.json");
        trained.saveModel(plain.toString());
        String text = Files.readString(plain);
        String empty = "\"cats\":{\"enc\":[]";
        assertThat(text).contains(empty);
        List<Integer> offsets = new ArrayList<>(List.of(0));
        List<Integer> bytes = new ArrayList<>();
        for (String plan : PLANS) {
            for (byte octet : plan.getBytes(StandardCharsets.UTF_8)) {
                bytes.add((int) octet);
            }
            offsets.add(bytes.size());
        }
        String categories =
                "\"cats\":{\"enc\":[{\"offsets\":[],\"values\":[]},{\"offsets\":%s,\"values\":%s},{\"type\":%d,\"values\":%s}]"
                        .formatted(offsets, bytes, 15, SHOPS);
        Path edited = folder.resolve("edited.json");
        Files.writeString(
                edited,
                text.replace(empty, categories).replace("\"feature_segments\":[]", "\"feature_segments\":[0,0,4,7]"));
        Path again = folder.resolve("again." + format);
        XGBoost.loadModel(edited.toString()).saveModel(again.toString());
        return again;
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "ubj"})
    void categoriesThatTheLibraryWritesAreReadByName(String format) throws Exception {
        float[] values = rows();
        Booster trained = train(values);
        Path file = withCategories(trained, format);

        Model model = Model.load(file);

        assertThat(model.description().features()).isEqualTo(FEATURES);
        double[][] columns = new double[3][ROWS];
        for (int i = 0; i < values.length; i++) {
            columns[i % 3][i / 3] = values[i];
        }
        double[][] outputs = new double[1][ROWS];
        model.scorer().score(columns, ROWS, outputs);
        float[][] margins = trained.predict(new DMatrix(values, ROWS, 3, Float.NaN), true);
        for (int row = 0; row < ROWS; row++) {
            assertThat(outputs[0][row]).isEqualTo(margins[row][0]);
        }
        if (format.equals("ubj") && Boolean.getBoolean("nightshift.regenerate")) {
            Files.createDirectories(KEPT);
            Files.copy(file, KEPT.resolve("xgboost.ubj"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            Files.writeString(KEPT.resolve("xgboost.csv"), csv(values, margins));
        }
    }

    private static String csv(float[] values, float[][] margins) {
        return IntStream.range(0, ROWS)
                .mapToObj(row -> "%s,%s,%s,%s%n"
                        .formatted(
                                values[3 * row],
                                Float.isNaN(values[3 * row + 1])
                                        ? ""
                                        : '"'
                                                + PLANS.get((int) values[3 * row + 1])
                                                        .replace("\"", "\"\"")
                                                + '"',
                                SHOPS.get((int) values[3 * row + 2]),
                                (double) margins[row][0]))
                .collect(Collectors.joining("", "age,plan,shop,margin\n", ""));
    }

    @Test
    void withoutADataFrameTheFileOnlyMarksCategories() throws Exception {
        Path file = folder.resolve("plain.json");
        train(rows()).saveModel(file.toString());

        assertThat(Model.load(file).description().features())
                .extracting(ModelFeature::type)
                .containsExactly(
                        new FeatureType.Numeric(Precision.FLOAT32),
                        new FeatureType.Categorical(Precision.FLOAT32, List.of(), List.of()),
                        new FeatureType.Categorical(Precision.FLOAT32, List.of(), List.of()));
    }
}
