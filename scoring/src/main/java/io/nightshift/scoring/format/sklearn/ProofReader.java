package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.form.Proof;
import io.nightshift.scoring.format.MalformedModelException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads the proof of an exchange file.
final class ProofReader {

    private ProofReader() {}

    /// Reads a proof.
    ///
    /// @param proof the object with the proof
    /// @param features the number of the model's features
    /// @param results the number of its outputs and margins
    /// @param columns the number of columns of its pipeline; 0 if it has none
    static Proof read(DocumentReader proof, int features, int results, int columns) throws MalformedModelException {
        int rows = proof.count("rows");
        double[][] given = columns(proof, "features", features, rows);
        double[][] expected = columns(proof, "results", results, rows);
        double[][] tolerances = columns(proof, "tolerances", results, rows);
        Map<Integer, double[]> between = new TreeMap<>();
        if (proof.has("columns")) {
            int[] numbers = proof.integers("columns");
            double[][] values = columns(proof, "values", numbers.length, rows);
            for (int i = 0; i < numbers.length; i++) {
                if (numbers[i] < 0 || numbers[i] >= columns) {
                    throw new MalformedModelException(
                            "%s has the column %d of %d".formatted(proof.path(), numbers[i], columns));
                }
                between.put(numbers[i], values[i]);
            }
        }
        return new Proof(rows, given, expected, tolerances, between);
    }

    private static double[][] columns(DocumentReader proof, String name, int count, int rows)
            throws MalformedModelException {
        List<DocumentReader> elements = proof.elements(name);
        if (elements.size() != count) {
            throw new MalformedModelException(
                    "%s, %s has %d columns; it should have %d".formatted(proof.path(), name, elements.size(), count));
        }
        double[][] columns = new double[count][];
        for (int i = 0; i < count; i++) {
            columns[i] = elements.get(i).numbers();
            if (columns[i].length != rows) {
                throw new MalformedModelException("%s has %d rows; it should have %d"
                        .formatted(elements.get(i).path(), columns[i].length, rows));
            }
        }
        return columns;
    }
}
