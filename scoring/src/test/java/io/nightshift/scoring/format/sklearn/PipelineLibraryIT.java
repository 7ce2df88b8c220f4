package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Pipelines of each kind, trained by scikit-learn, exported and imported: their scores of other customers, with
/// missing values and unknown categories, are those of scikit-learn itself.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelineLibraryIT {

    @TempDir
    static Path folder;

    private int compared;
    private double largest;
    private double error;

    @BeforeAll
    static void exportModels() throws Exception {
        assumeTrue(
                SklearnPython.isInstalled(), "Python 3 with scikit-learn is not installed (Debian: python3-sklearn)");
        SklearnPython.run("pipelines.py", SklearnPython.exporter().toString(), folder.toString());
        SklearnPython.run("boosters.py", SklearnPython.exporter().toString(), folder.toString());
    }

    @AfterAll
    void printTheLargestDifference() {
        System.out.printf("%d results of pipelines compared; the largest difference is %s%n", compared, largest);
    }

    static Stream<String> cases() throws Exception {
        return SklearnPython.isInstalled()
                ? Stream.concat(
                        SklearnPython.run("pipelines.py", "--list").lines(),
                        SklearnPython.run("boosters.py", "--list").lines())
                : Stream.of("none");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scoresAreTheLibrarysOwn(String name) throws Exception {
        Model imported = Model.load(folder.resolve(name + ".json"));
        Path registered = folder.resolve(name + ".nsm");
        ModelFile.write(imported, registered);
        DocumentReader expected = new DocumentReader(
                name,
                JsonDocument.read(Files.readAllBytes(folder.resolve(name + ".expected.json")), Precision.FLOAT64));

        assertThat(imported.description().facts()).containsKey("proof");
        compare(imported, expected);
        compare(Model.load(registered), expected);
    }

    @Test
    void aSampleOfTheUserTakesThePlaceOfRowsMadeForTheProof() throws Exception {
        Path sample = Files.writeString(folder.resolve("sample.csv"), """
                plan,age,income,shops,active
                basic,40,20000,2,1
                ,,90000.5,,0
                gold,20,100,99,1
                """);
        Path file = folder.resolve("sampled.json");
        Path steps = folder.resolve("steps.csv");

        SklearnPython.runScript(
                SklearnPython.exporter(),
                folder.resolve("logistic.joblib").toString(),
                file.toString(),
                "--sample",
                sample.toString(),
                "--steps",
                steps.toString());

        assertThat(Files.readAllLines(steps))
                .hasSize(4)
                .first()
                .asString()
                .startsWith("plan,age,income,shops,active,prediction,probability,")
                .contains("columntransformer/numbers/standardscaler: column ");
        assertThat(Model.load(file).description().facts())
                .containsEntry("proof", "3 rows, compared when the file was read");
    }

    @Test
    void boostersWithWhatAPipelineCantGiveThemAreRefusedByName() throws Exception {
        String printed =
                SklearnPython.run("boosters.py", SklearnPython.exporter().toString(), folder.toString(), "--refusals");

        assertThat(printed.lines().map(line -> line.replaceFirst(".* can't be exported: ", "")))
                .containsExactly(
                        "the LGBMClassifier was trained on columns of the type category; encode them in the pipeline by"
                                + " OrdinalEncoder, and give their positions as categorical_feature",
                        "the LGBMClassifier has linear models in its leaves (linear_tree)",
                        "the LGBMClassifier has the objective cross_entropy; supported for 2 classes: binary",
                        "the LGBMClassifier has the objective a function of the user; supported for 2 classes: binary",
                        "the LGBMClassifier has the objective binary; supported for 3 classes: multiclass and multiclassova",
                        "the CatBoostRegressor was trained on categorical features (positions 3, 5, 1), which it can only"
                                + " read outside of a pipeline; save it with save_model, and import that file",
                        "the CatBoostRegressor predicts several values for a row; supported is one",
                        "the CatBoostRegressor has a scale of 2.0; save it with save_model, and import that file");
    }

    @Test
    void theDocumentationListsTheSupportedClasses() throws Exception {
        String page = Files.readString(
                SklearnPython.exporter().resolve("../../docs/how-to/model.md").normalize());

        assertThat(SklearnPython.runScript(SklearnPython.exporter(), "--supported")
                        .strip()
                        .split("\n\n"))
                .as("what export-sklearn.py --supported prints")
                .allSatisfy(table -> assertThat(page).contains(table));
    }

    private void compare(Model model, DocumentReader expected) throws MalformedModelException {
        double[][] features = columns(expected, "features");
        int rows = expected.count("rows");
        int outputs = model.description().outputs();
        double[][] scores = new double[outputs + model.description().margins()][rows];

        model.scorer().score(features, rows, scores);

        // The library sums by BLAS, in an order of its own, and its exponentials are not Java's.
        error = expected.number("error");
        check("prediction", scores[0], expected.numbers("prediction"));
        if (expected.has("probabilities")) {
            check("probability", scores, 1, columns(expected, "probabilities"));
        }
        if (expected.has("margins") && scores.length > outputs) {
            check("margin", scores, outputs, columns(expected, "margins"));
        }
    }

    private void check(String what, double[][] scores, int from, double[][] library) {
        for (int i = 0; i < library.length; i++) {
            check(what + " " + i, scores[from + i], library[i]);
        }
    }

    private void check(String what, double[] found, double[] library) {
        assertThat(found).hasSameSizeAs(library);
        for (int row = 0; row < found.length; row++) {
            double difference = Math.abs(found[row] - library[row]) / Math.max(1, Math.abs(library[row]));
            assertThat(difference).as("%s of row %d", what, row).isLessThanOrEqualTo(error);
            largest = Math.max(largest, difference);
            compared++;
        }
    }

    private static double[][] columns(DocumentReader expected, String name) throws MalformedModelException {
        List<double[]> columns = new ArrayList<>();
        for (DocumentReader column : expected.elements(name)) {
            columns.add(column.numbers());
        }
        return columns.toArray(double[][]::new);
    }
}
