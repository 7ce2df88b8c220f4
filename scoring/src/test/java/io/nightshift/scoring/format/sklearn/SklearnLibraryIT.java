package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nightshift.scoring.FlightsTable;
import io.nightshift.scoring.FlightsTable.Features;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.format.sklearn.SklearnPython.Ran;
import io.nightshift.scoring.model.ModelFeature;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Against scikit-learn itself, in a process of its own: small models of each kind, trained, exported and
/// imported, on rows with values missing, and equal to thresholds and next to them in single and double
/// precision.
class SklearnLibraryIT {

    @TempDir
    static Path folder;

    @BeforeAll
    static void exportModels() throws Exception {
        assumeTrue(
                SklearnPython.isInstalled(), "Python 3 with scikit-learn is not installed (Debian: python3-sklearn)");
        SklearnPython.run("cases.py", SklearnPython.exporter().toString(), folder.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "forest-binary",
                "forest-classes",
                "forest-missing",
                "forest-value",
                "forest-value-missing",
                "extra-binary",
                "extra-classes",
                "extra-value",
                "tree-binary",
                "tree-classes",
                "tree-value",
                "boosting-binary",
                "boosting-exponential",
                "boosting-classes",
                "boosting-zero",
                "boosting-value",
                "boosting-huber",
                "histogram-binary",
                "histogram-classes",
                "histogram-value",
                "histogram-poisson",
                "histogram-codes",
                "histogram-texts",
                "encoded-forest",
                "encoded-tree",
                "encoded-grouped",
                "encoded-boosting",
                "encoded-histogram",
                "encoded-categorical",
                "encoded-numbers",
                "linear-value",
                "ridge-value",
                "logistic-binary",
                "logistic-classes",
                "kept-codes",
                "kept-classes",
                "kept-logistic"
            })
    void scoresAreTheLibrarysOwn(String name) throws Exception {
        SklearnCase.of(folder, name).compare();
    }

    /// A hundred thousand real flights, by models that learnt from some of them. With
    /// `-Dnightshift.flights=FILE`, all flights of that file.
    @Test
    void scoresOfFlightsAreTheLibrarysOwn() throws Exception {
        try (OutputStream rows = create("rows.bin");
                OutputStream delayed = create("delayed.bin")) {
            FlightsTable.forEachBlock("scikit-learn is given", Features.EXAMPLE, block -> {
                write(rows, block.rows());
                write(
                        delayed,
                        IntStream.range(0, block.count())
                                .mapToDouble(i -> block.delayed()[i])
                                .toArray());
            });
        }
        SklearnPython.run("flights.py", SklearnPython.exporter().toString(), folder.toString());

        Model boosting = Model.load(folder.resolve("boosting.json"));
        Model forest = Model.load(folder.resolve("forest.json"));
        try (InputStream margins = open("boosting.bin");
                InputStream probabilities = open("forest.bin")) {
            FlightsTable.forEachBlock("scikit-learn", Features.EXAMPLE, block -> {
                assertThat(block.scores(boosting)[2]).isEqualTo(read(margins, block.count()));
                assertThat(block.scores(forest)[1]).isEqualTo(read(probabilities, block.count()));
            });
            assertThat(margins.read()).isEqualTo(-1);
        }
    }

    private static OutputStream create(String name) throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)));
    }

    private static InputStream open(String name) throws IOException {
        return new BufferedInputStream(Files.newInputStream(folder.resolve(name)));
    }

    private static void write(OutputStream out, double[] numbers) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Double.BYTES * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(numbers);
        out.write(bytes.array());
    }

    private static double[] read(InputStream in, int count) throws IOException {
        double[] numbers = new double[count];
        ByteBuffer.wrap(in.readNBytes(Double.BYTES * count))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asDoubleBuffer()
                .get(numbers);
        return numbers;
    }

    @Test
    void aFileThatIsNoneOfPythonsIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("text.joblib"), "hello");

        Ran refused = SklearnPython.attempt(
                SklearnPython.exporter().toString(),
                file.toString(),
                folder.resolve("none.json").toString());

        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.output())
                .contains("can't be exported: it can't be read by")
                .doesNotContain("Traceback");
    }

    @Test
    void aFeatureWhoseEncoderRefusesUnknownCategoriesMayNotBeMissing() throws Exception {
        Model refusing = Model.load(folder.resolve("encoded-tree.json"));
        Model accepting = Model.load(folder.resolve("encoded-boosting.json"));

        assertThat(refusing.description().features())
                .extracting(ModelFeature::missing)
                .containsExactly(true, true, true, false, true);
        assertThat(accepting.description().features())
                .extracting(ModelFeature::missing)
                .containsExactly(false, false, false, true, false);
    }

    @Test
    void unsupportedModelsAreNamed() throws Exception {
        for (String[] pair : new String[][] {
            {
                "neighbors.KNeighborsClassifier(1).fit([[0], [1]], [0, 1])",
                "the file holds a KNeighborsClassifier; supported are"
            },
            {
                "make_pipeline(StandardScaler(), neighbors.KNeighborsRegressor(1)).fit([[0], [1]], [0, 1])",
                "the step kneighborsregressor is a KNeighborsRegressor; supported are"
            },
            {
                "make_pipeline(make_pipeline(StandardScaler(), impute.KNNImputer()), linear_model.Ridge()).fit([[0], [1]], [0, 1])",
                "the step pipeline/knnimputer is a KNNImputer; supported are Binarizer"
            },
            {"make_pipeline(FunctionTransformer(str), linear_model.Ridge())", "isn't fitted"},
            {
                "make_pipeline(FunctionTransformer(np.nan_to_num), linear_model.Ridge()).fit([[0], [1]], [0, 1])",
                "the step functiontransformer applies the function nan_to_num; supported are None and the functions of NumPy"
            },
            {
                "make_pipeline(make_column_transformer((OneHotEncoder(), [0])), linear_model.Ridge()).fit("
                        + "[[np.datetime64('2026-01-01')], [np.datetime64('2026-01-02')]], [0, 1])",
                "(datetime64); supported are texts, numbers and booleans"
            },
            {"ensemble.RandomForestClassifier()", "the RandomForestClassifier isn't fitted"},
            {
                "ensemble.RandomForestRegressor(2).fit([[0], [1]], [[0, 1], [2, 3]])",
                "the RandomForestRegressor predicts 2 outputs; supported is one"
            },
            {
                "ensemble.GradientBoostingRegressor(init=linear_model.LinearRegression()).fit([[0], [1]], [0, 1])",
                "starts from a LinearRegression"
            },
            {"make_pipeline(OrdinalEncoder(), tree.DecisionTreeRegressor())", "the Pipeline isn't fitted"}
        }) {
            Path file = folder.resolve("refused.joblib");
            Ran trained = SklearnPython.attempt(
                    "-c",
                    "import joblib, numpy as np; from sklearn import ensemble, impute, linear_model, neighbors, tree; from"
                            + " sklearn.compose import make_column_transformer; from sklearn.pipeline import make_pipeline;"
                            + " from sklearn.preprocessing import *; joblib.dump("
                            + pair[0] + ", '" + file
                            + "')");
            assertThat(trained.status()).as(trained.output()).isZero();
            Path output = folder.resolve("refused.json");

            Ran refused =
                    SklearnPython.attempt(SklearnPython.exporter().toString(), file.toString(), output.toString());

            assertThat(refused.status()).isEqualTo(1);
            assertThat(refused.output()).contains("can't be exported: ").contains(pair[1]);
            assertThat(output).doesNotExist();
        }
    }
}
