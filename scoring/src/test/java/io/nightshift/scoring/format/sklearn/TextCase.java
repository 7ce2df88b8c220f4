package io.nightshift.scoring.format.sklearn;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.document.JsonDocument;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.TextTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// What scikit-learn itself makes of some texts: what `sklearn/texts.py` wrote.
record TextCase(DocumentReader expected) {

    /// The library sums in another order where it has no sparse rows, and its logarithms are not Java's.
    private static final double ERROR = 1e-12;

    static TextCase of(Path folder, String name) throws IOException, MalformedModelException {
        byte[] content = Files.readAllBytes(folder.resolve(name + ".expected.json"));
        return new TextCase(new DocumentReader(name, JsonDocument.read(content, Precision.FLOAT64)));
    }

    /// Holds a model's predictions, probabilities and margins against the library's.
    ///
    /// @return the number of results that are not the same bits
    int compare(Model model) throws MalformedModelException {
        int rows = expected.count("rows");
        TextTable texts = new TextTable();
        List<DocumentReader> given = expected.elements("features");
        double[][] features = new double[given.size()][];
        for (int i = 0; i < features.length; i++) {
            features[i] = model.description().features().get(i).type() instanceof FeatureType.Text
                    ? given.get(i).texts().stream().mapToDouble(texts::add).toArray()
                    : given.get(i).numbers();
        }
        int outputs = model.description().outputs();
        double[][] scores = new double[outputs + model.description().margins()][rows];

        model.scorer(texts).score(features, rows, scores);

        int other = check("prediction", scores[0], expected.numbers("prediction"));
        if (expected.has("probabilities")) {
            other += check("probabilities", "probability", scores, 1);
        }
        if (expected.has("margins")) {
            other += check("margins", "margin", scores, outputs);
        }
        return other;
    }

    private int check(String member, String what, double[][] scores, int from) throws MalformedModelException {
        int other = 0;
        List<DocumentReader> columns = expected.elements(member);
        for (int i = 0; i < columns.size(); i++) {
            other += check(what + " " + i, scores[from + i], columns.get(i).numbers());
        }
        return other;
    }

    private static int check(String what, double[] found, double[] library) {
        int other = 0;
        assertThat(found).hasSameSizeAs(library);
        for (int row = 0; row < found.length; row++) {
            double difference = Math.abs(found[row] - library[row]) / Math.max(1, Math.abs(library[row]));
            assertThat(difference).as("%s of row %d", what, row).isLessThanOrEqualTo(ERROR);
            other += found[row] == library[row] ? 0 : 1;
        }
        return other;
    }
}
