package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.ModelPart;
import io.nightshift.scoring.model.Task;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that were exported once, with what scikit-learn predicted then; [SklearnLibraryIT] exports anew.
public class ExchangeFormatTest {

    @TempDir
    Path folder;

    public static Path kept() {
        try {
            return Path.of(Objects.requireNonNull(ExchangeFormatTest.class.getResource("/sklearn"))
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kept-codes",
                "kept-classes",
                "kept-covers",
                "kept-logistic",
                "kept-pipeline",
                "kept-steps",
                "kept-median",
                "kept-vote",
                "kept-points",
                "kept-lightgbm",
                "kept-catboost"
            })
    void scoresAreTheLibrarysOwnAlsoFromTheRegistry(String name) throws Exception {
        SklearnCase kept = SklearnCase.of(kept(), name);
        Model imported = kept.compare();
        Path registered = folder.resolve("model.nsm");
        ModelFile.write(imported, registered);

        Model read = new SklearnCase(registered, kept.expected()).compare();

        assertThat(read.description()).isEqualTo(imported.description());
    }

    @ParameterizedTest
    @ValueSource(strings = {"kept-text", "kept-texts"})
    void scoresOfTextsAreTheLibrarysOwnAlsoFromTheRegistry(String name) throws Exception {
        Model imported = Model.load(kept().resolve(name + ".json"));
        Path registered = folder.resolve("model.nsm");
        ModelFile.write(imported, registered);
        TextCase kept = TextCase.of(kept(), name);

        assertThat(kept.compare(imported)).isEqualTo(kept.compare(Model.load(registered)));
        assertThat(Model.load(registered).description()).isEqualTo(imported.description());
    }

    @Test
    void aModelOfTextsShowsTheSizeOfItsVocabulary() {
        ModelDescription text = Model.load(kept().resolve("kept-text.json")).description();

        assertThat(text.features()).containsExactly(new ModelFeature(null, new FeatureType.Text(), false));
        assertThat(text.parts().getFirst().work()).isEqualTo("text-counts with a vocabulary of 60, sparse-scale");
        assertThat(Model.load(kept().resolve("kept-texts.json")).description().parts())
                .extracting(ModelPart::work)
                .contains("text-hashes into 32 columns, sparse-scale");
    }

    @Test
    void aModelIsDescribedInTheLibrarysWords() {
        ModelDescription codes = Model.load(kept().resolve("kept-codes.json")).description();
        ModelDescription classes =
                Model.load(kept().resolve("kept-classes.json")).description();

        assertThat(codes.algorithm()).isEqualTo("HistGradientBoostingClassifier");
        assertThat(codes.task()).isEqualTo(Task.BINARY);
        assertThat(codes.classes()).containsExactly("no", "yes");
        assertThat(codes.margins()).isOne();
        assertThat(codes.facts()).containsEntry("library", "scikit-learn 1.4.2").containsEntry("trees", "4");
        assertThat(codes.features())
                .hasSize(5)
                .containsOnly(new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT64), true));
        assertThat(classes.classes()).containsExactly("0", "10", "20", "30");
        assertThat(classes.margins()).isZero();
        assertThat(classes.features())
                .containsOnly(new ModelFeature(null, new FeatureType.Numeric(Precision.FLOAT32), true));
    }

    @Test
    void aLibrarysFileWithAnotherLeafIsRefused() throws IOException {
        String text = Files.readString(kept().resolve("kept-lightgbm.json"));
        Matcher file = Pattern.compile("\"file\":\"([^\"]*)\"").matcher(text);
        assertThat(file.find()).isTrue();
        String trees = new String(Base64.getDecoder().decode(file.group(1)), StandardCharsets.UTF_8);
        String forged = trees.replaceFirst("leaf_value=-1", "leaf_value=-2");
        assertThat(forged).isNotEqualTo(trees);
        String broken = text.replace(
                file.group(1), Base64.getEncoder().encodeToString(forged.getBytes(StandardCharsets.UTF_8)));
        Path model = Files.writeString(folder.resolve("model"), broken);

        assertThatThrownBy(() -> Model.load(model))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("its scores are not those of scikit-learn 1.4.2: in row ");
    }

    @Test
    void thePipelinesFeaturesAreTheColumnsOfTheDataFrame() {
        Model model = Model.load(kept().resolve("kept-pipeline.json"));

        assertThat(model.description().algorithm()).isEqualTo("LogisticRegression");
        assertThat(model.description().facts())
                .containsEntry("steps", "10")
                .containsEntry("proof", "200 rows, compared when the file was read");
        assertThat(model.kernel()).isEqualTo("pipeline of 10 steps");
        assertThat(model.description().features())
                .startsWith(new ModelFeature(
                        "plan", new FeatureType.Nominal(List.of("basic", "plus", "premium", "staff"), true), true))
                .hasSize(5)
                .endsWith(new ModelFeature("active", new FeatureType.Numeric(Precision.FLOAT64), true));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"subtract\":[ | \"subtract\":[1, | columntransformer/numbers/standardscaler (scale)",
                "\"columns\":[0.0,1.0 | \"columns\":[1.0,0.0 | columntransformer/texts (one-hot)",
                "\"intercepts\":[-0 | \"intercepts\":[-1 | none",
                "\"results\":[[ | \"results\":[[7, | none"
            })
    void aPipelineWhoseScoresAreNotTheLibrarysIsRefusedWithTheStep(String part, String forged, String step)
            throws IOException {
        String text = Files.readString(kept().resolve("kept-pipeline.json"));
        assertThat(text).contains(part);
        String broken = text.replace(part, forged);
        if (forged.endsWith(",")) { // in the place of the number that was the first
            broken = broken.replaceFirst(Pattern.quote(forged) + "[^,]*,", Matcher.quoteReplacement(forged));
        }
        Path file = Files.writeString(folder.resolve("model"), broken);

        assertThatThrownBy(() -> Model.load(file))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("its scores are not those of scikit-learn 1.4.2: in row ")
                .hasMessageContaining(
                        step.equals("none") ? " is allowed" : "the first difference is in the step " + step);
    }

    @Test
    void aForestIsProvedToo() throws IOException {
        String proof = """
                , "proof": {"rows": 2, "features": [[1, 3], ["%s", 0]], "results": [[1.1, 2.5]], "tolerances": [[0, 0.5]]}}""";
        String model = """
                {"format": "nightshift-exchange", "version": 1, "library": "scikit-learn", "algorithm": "stump",
                "features": [{}, {}], "precision": "float32", "missing": false, "classes": [], "link": "mean",
                "forest": {"width": 1, "base": [0.1], "divisor": 1, "slope": 1, "goes_left": "<=",
                "trees": [3], "groups": [0], "kinds": [1, 0, 0], "features": [0], "thresholds": [2],
                "leaves": [1, %s], "set_sizes": [], "set_categories": []}""";
        Path sound = Files.writeString(folder.resolve("sound"), model.formatted(2) + proof.replace("\"%s\"", "0"));
        Path broken = Files.writeString(folder.resolve("broken"), model.formatted(3) + proof.replace("\"%s\"", "0"));

        assertThat(Model.load(sound).description().facts()).containsKey("proof");
        assertThatThrownBy(() -> Model.load(broken))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining(
                        "in row 1 of the proof, the prediction is 3.1 instead of 2.5, and a difference of 0.5 is allowed");
    }

    @ParameterizedTest
    @CsvSource({"logistic, 0, 0, 0, 1", "logistic-from-zero, 0, 1, 1, 1", "logistic-above-zero, 0, 0, 1, 1"})
    void eachLogisticLinkDecidesAtZeroInItsWay(String link, double below, double at, double above, double beyond)
            throws IOException {
        String form = link.equals("logistic-above-zero") ? """
                  "linear": {"intercepts": [0], "weights": [1]}""" : """
                  "forest": {
                    "width": 1, "base": [0], "divisor": 1, "slope": 1, "goes_left": "<=",
                    "trees": [7], "groups": [0],
                    "kinds": [1, 1, 1, 0, 0, 0, 0], "features": [0, 0, 0], "thresholds": [0, -1e-9, 1e-9],
                    "leaves": [-1e-9, 0, 1e-17, 1],
                    "set_sizes": [], "set_categories": []
                  }""";
        Path file = Files.writeString(folder.resolve("model"), """
                {"format": "nightshift-exchange", "version": 1, "library": "none", "algorithm": "made",
                "features": [{}], "precision": "float64", "missing": false, "classes": ["no", "yes"],
                "link": "%s", %s}""".formatted(link, form));
        double[][] outputs = new double[2][4];

        Model.load(file).scorer().score(new double[][] {{-1e-9, 0, 1e-17, 1}}, 4, outputs);

        assertThat(outputs[0]).containsExactly(below, at, above, beyond);
        assertThat(outputs[1][1]).isEqualTo(0.5);
        assertThat(outputs[1][2]).isEqualTo(0.5);
    }

    @Test
    void theReferencesExampleIsRead() throws Exception {
        String page = Files.readString(Path.of("../docs/reference/exchange-format.md"));
        String example = page.substring(page.indexOf("```json") + 7, page.indexOf("```\n\n"));
        Path file = Files.writeString(folder.resolve("model"), example);
        double[][] features = {{750.5, Double.NaN, 751, 751, 751, 751}, {1, 1, 0, 1, 2, Double.NaN}};
        double[][] outputs = new double[3][6];

        Model.load(file).scorer().score(features, 6, outputs);

        assertThat(outputs[2]).containsExactly(-1.75, -1.75, -1, -1.125, -1, -1.125);
    }

    @Test
    void theReferencesPipelineIsRead() throws Exception {
        String page = Files.readString(Path.of("../docs/reference/exchange-format.md"));
        int start = page.lastIndexOf("```json") + 7;
        Path file = Files.writeString(folder.resolve("model"), page.substring(start, page.indexOf("```\n\n", start)));
        double[][] outputs = new double[3][4];

        Model.load(file).scorer().score(new double[][] {{0, 1, -1, Double.NaN}, {Double.NaN, 60, 20, 30}}, 4, outputs);

        assertThat(outputs[2]).containsExactly(1.25, 0.25, -0.75, -0.25);
        assertThat(outputs[0]).containsExactly(1, 1, 0, 0);
    }

    @Test
    void namesLevelsAndClassesAreTaken() throws Exception {
        Path file = Files.writeString(folder.resolve("model"), """
                {
                  "format": "nightshift-exchange",
                  "version": 1,
                  "library": "none",
                  "algorithm": "stump",
                  "features": [{"name": "length"}, {"name": "colour", "levels": ["blue", "green", "red"]},
                    {"name": "shop", "categories": [3, 7, 12]}],
                  "precision": "float32",
                  "missing": false,
                  "classes": [],
                  "link": "identity",
                  "forest": {
                    "width": 1, "base": [0.1], "divisor": 1, "slope": 1, "goes_left": "<=",
                    "trees": [3, 1], "groups": [0, 0],
                    "kinds": [3, 0, 0, 0], "features": [1], "thresholds": [0], "leaves": [1, 2, 1e-300],
                    "set_sizes": [2], "set_categories": [0, 2]
                  }
                }
                """);
        double[][] outputs = new double[1][3];

        Model model = Model.load(file);
        model.scorer().score(new double[][] {{0, 0, 0}, {0, 1, 2}, {3, 3, 3}}, 3, outputs);

        assertThat(model.description().features())
                .containsExactly(
                        new ModelFeature("length", new FeatureType.Numeric(Precision.FLOAT32), false),
                        new ModelFeature("colour", new FeatureType.Nominal(List.of("blue", "green", "red")), false),
                        new ModelFeature(
                                "shop",
                                new FeatureType.Categorical(Precision.FLOAT32, List.of(3, 7, 12), List.of()),
                                false));
        assertThat(outputs[0]).containsExactly(1.1, 2.1, 1.1);
    }
}
