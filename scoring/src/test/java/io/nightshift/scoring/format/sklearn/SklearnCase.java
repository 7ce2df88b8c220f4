package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Forms;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.DocumentValue;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.form.Expectations;
import io.nightshift.scoring.form.Forest;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// An exported model, and what scikit-learn itself makes of some rows: what `sklearn/cases.py` wrote.
record SklearnCase(Path model, DocumentReader expected) {

    /// C's exponentials and NumPy's are not Java's, and a softmax has one for each class.
    private static final int EXPONENTIAL_ULPS = 4;
    /// The library multiplies by BLAS, in an order of its own. A case may have another error of its own.
    private static final double LINEAR_ERROR = 1e-13;

    static SklearnCase of(Path folder, String name) throws IOException, MalformedModelException {
        byte[] content = Files.readAllBytes(folder.resolve(name + ".expected.json"));
        DocumentValue document = JsonDocument.read(content, Precision.FLOAT64);
        return new SklearnCase(folder.resolve(name + ".json"), new DocumentReader(name, document));
    }

    /// Holds predictions, probabilities and margins against the library's.
    Model compare() throws MalformedModelException {
        Model read = Model.load(model);
        double[][] features = columns("features");
        int rows = features[0].length;
        int outputs = read.description().outputs();
        double[][] scores = new double[outputs + read.description().margins()][rows];

        read.scorer().score(features, rows, scores);

        compareExpectation(read);
        boolean linear = expected.flag("linear");
        double ulps = expected.flag("averaged") ? 0 : EXPONENTIAL_ULPS;
        assertThat(expected.has("margins")).isEqualTo(scores.length > outputs);
        if (expected.has("margins")) {
            double[][] margins = columns("margins");
            assertThat(margins).hasNumberOfRows(scores.length - outputs);
            for (int i = 0; i < margins.length; i++) {
                check("margin " + i, scores[outputs + i], margins[i], 0, linear);
            }
        }
        check("prediction", scores[0], expected.numbers("prediction"), outputs == 1 ? ulps : 0, linear);
        if (expected.has("probabilities")) {
            double[][] probabilities = columns("probabilities");
            assertThat(probabilities).hasNumberOfRows(outputs - 1);
            for (int i = 0; i < probabilities.length; i++) {
                check("probability " + i, scores[1 + i], probabilities[i], ulps, linear);
            }
        }
        return read;
    }

    /// The mean over the training by the covers of the nodes.
    private void compareExpectation(Model read) throws MalformedModelException {
        if (!expected.has("expectation") || !(Forms.of(read) instanceof Forest forest)) {
            return;
        }
        double[] library = expected.numbers("expectation");
        double[] found = Expectations.of(forest);
        assertThat(found).hasSameSizeAs(library);
        for (int sum = 0; sum < found.length; sum++) {
            assertThat(Math.abs(found[sum] - library[sum]))
                    .as("the expectation %s of sum %d, and scikit-learn's %s", found[sum], sum, library[sum])
                    .isLessThanOrEqualTo(1e-12 * Math.max(1, Math.abs(library[sum])));
        }
    }

    private void check(String what, double[] found, double[] library, double ulps, boolean linear)
            throws MalformedModelException {
        assertThat(found).hasSameSizeAs(library);
        double error = expected.has("error") ? expected.number("error") : LINEAR_ERROR;
        for (int row = 0; row < found.length; row++) {
            double allowed = linear ? error * Math.max(1, Math.abs(library[row])) : ulps * Math.ulp(library[row]);
            if (!(Math.abs(found[row] - library[row]) <= allowed)) {
                assertThat(found[row]).as("%s of row %d", what, row).isEqualTo(library[row]);
            }
        }
    }

    private double[][] columns(String name) throws MalformedModelException {
        List<double[]> columns = new ArrayList<>();
        for (DocumentReader column : expected.elements(name)) {
            columns.add(column.numbers());
        }
        return columns.toArray(double[][]::new);
    }
}
