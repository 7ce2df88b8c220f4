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
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
                "kept-covers",
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
        String[][] pairs = new String[][] {
            {
                "make_pipeline(make_pipeline(StandardScaler(), manifold.Isomap(n_neighbors=1)), linear_model.Ridge())"
                        + ".fit([[0], [1]], [0, 1])",
                "the step pipeline/isomap is an Isomap, which is not supported; docs/how-to/model.md lists the supported classes"
            },
            {
                "make_pipeline(decomposition.NMF(1), linear_model.Ridge()).fit([[0, 1], [1, 2]], [0, 1])",
                "the step nmf is a NMF, which is not supported; docs/how-to/model.md lists"
            },
            {
                "StandardScaler().fit([[0], [1]])",
                "the file holds a StandardScaler, which predicts nothing: export the pipeline"
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
                "the RandomForestRegressor predicts 2 targets, and an exported model has one prediction: export each target"
            },
            {
                "ensemble.GradientBoostingRegressor(init=linear_model.LinearRegression()).fit([[0], [1]], [0, 1])",
                "starts from a LinearRegression"
            },
            {"make_pipeline(OrdinalEncoder(), tree.DecisionTreeRegressor())", "the Pipeline isn't fitted"}
        };

        List<String> refusals = refusals(pairs);

        for (int i = 0; i < pairs.length; i++) {
            assertThat(refusals.get(i)).contains("can't be exported: ").contains(pairs[i][1]);
        }
        assertThat(folder.resolve("refused.json")).doesNotExist();
    }

    @Test
    void aFileWithoutAnEstimatorIsRefusedWithTheEstimatorsInIt() throws Exception {
        String model = "linear_model.Ridge().fit([[0], [1]], [0, 1])";
        String[][] pairs = new String[][] {
            {
                "{'features': ['a', 'b'], 'model': " + model + "}",
                "the file holds a dict with the keys features, model, which is not an estimator; model is a Ridge: export one with"
                        + " --key model"
            },
            {
                "[StandardScaler(), " + model + "]",
                "the file holds a list of 2 values, which is not an estimator; 0 is a StandardScaler, 1 is a Ridge: export one with"
                        + " --key 1"
            },
            {"None", "the file holds None, which is not an estimator; save the fitted model alone"},
            {"np.zeros((3, 4))", "the file holds a NumPy array of 3 × 4, which is not an estimator; save the fitted"},
            {"linear_model.Ridge", "the file holds the class Ridge, which is not an estimator; save the fitted"},
            {"5", "the file holds an int, which is not an estimator; save the fitted"}
        };

        List<String> refusals = refusals(pairs);

        for (int i = 0; i < pairs.length; i++) {
            assertThat(refusals.get(i)).startsWith(folder.resolve("any.joblib") + " can't be exported: " + pairs[i][1]);
        }
    }

    @Test
    void theModelUnderAKeyIsExportedAndDescribedInALine() throws Exception {
        Path file = dumped("{'model': linear_model.LogisticRegression().fit([[0], [1]], [0, 1]), 'features': ['a']}");

        Ran exported = SklearnPython.attempt(exporting(file, "--key", "model"));
        Ran other = SklearnPython.attempt(exporting(file, "--key", "features"));
        Ran absent = SklearnPython.attempt(exporting(file, "--key", "Model"));

        assertThat(exported.status()).as(exported.output()).isZero();
        Path output = folder.resolve("any.json");
        assertThat(exported.output())
                .matches("\\Q" + output
                        + "\\E: LogisticRegression, 1 feature, 2 classes, \\d+ proof rows, [\\d,]+ bytes\\R")
                .contains("%,d bytes".formatted(Files.size(output)));
        assertThat(Model.load(output).description().features()).hasSize(1);
        assertThat(other.output())
                .contains("the key features has a list of 1 values, which is not an estimator; model is");
        assertThat(absent.output()).contains("without the key Model; its keys are model, features");
    }

    @Test
    void anUnexpectedErrorNamesItsStepAndHasATracebackOnRequest() throws Exception {
        Path file = dumped("(m := make_pipeline(StandardScaler(), linear_model.Ridge()).fit([[0], [1]], [0, 1]),"
                + " setattr(m[0], 'scale_', 'none'))[0]");

        Ran sentence = SklearnPython.attempt(exporting(file));
        Ran traceback = SklearnPython.attempt(exporting(file, "--debug"));

        assertThat(sentence.status()).isEqualTo(1);
        assertThat(sentence.output())
                .startsWith(file + " can't be exported: the step standardscaler fails with ")
                .endsWith("; --debug prints where\n");
        assertThat(sentence.output().lines()).hasSize(1);
        assertThat(traceback.output()).startsWith("Traceback").endsWith(sentence.output());
    }

    private static String[] exporting(Path file, String... options) {
        return Stream.concat(
                        Stream.of(
                                SklearnPython.exporter().toString(),
                                file.toString(),
                                folder.resolve("any.json").toString()),
                        Stream.of(options))
                .toArray(String[]::new);
    }

    /// The lines that the exporter prints for the values of expressions of Python, one for each.
    ///
    /// @param pairs an expression first in each
    private static List<String> refusals(String[][] pairs) throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of(SklearnPython.exporter().toString(), folder.toString()));
        Stream.of(pairs).forEach(pair -> arguments.add(pair[0]));
        List<String> lines = SklearnPython.run("refusals.py", arguments.toArray(String[]::new))
                .lines()
                .toList();
        assertThat(lines).hasSameSizeAs(pairs);
        return lines;
    }

    /// A file with the value of an expression of Python.
    private static Path dumped(String expression) throws Exception {
        Path file = folder.resolve("any.joblib");
        Ran written = SklearnPython.attempt(
                "-c",
                "import joblib, numpy as np; from sklearn import decomposition, ensemble, linear_model, manifold, tree; from"
                        + " sklearn.compose import make_column_transformer; from sklearn.pipeline import make_pipeline;"
                        + " from sklearn.preprocessing import *; joblib.dump("
                        + expression + ", '" + file
                        + "')");
        assertThat(written.status()).as(written.output()).isZero();
        return file;
    }
}
