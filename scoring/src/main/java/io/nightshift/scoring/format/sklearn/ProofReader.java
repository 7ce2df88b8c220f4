package io.nightshift.scoring.format.sklearn;

import io.nightshift.scoring.document.DocumentReader;
import io.nightshift.scoring.form.Proof;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.ModelFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Reads the proof of an exchange file.
final class ProofReader {

    private ProofReader() {}

    /// Reads a proof.
    ///
    /// @param proof the object with the proof
    /// @param features the model's features
    /// @param results the number of its outputs and margins
    /// @param columns the number of columns of its pipeline; 0 if it has none
    static Proof read(DocumentReader proof, List<ModelFeature> features, int results, int columns)
            throws MalformedModelException {
        int rows = proof.count("rows");
        List<String> texts = new ArrayList<>();
        double[][] given = features(proof, features, rows, texts);
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
        return new Proof(rows, given, expected, tolerances, between).withTexts(texts);
    }

    /// The features, in which the texts have numbers.
    private static double[][] features(DocumentReader proof, List<ModelFeature> features, int rows, List<String> texts)
            throws MalformedModelException {
        List<DocumentReader> elements = elements(proof, "features", features.size());
        double[][] columns = new double[features.size()][];
        for (int i = 0; i < columns.length; i++) {
            if (features.get(i).type() instanceof FeatureType.Text) {
                List<String> own = elements.get(i).texts();
                int first = texts.size();
                texts.addAll(own);
                columns[i] =
                        IntStream.range(first, texts.size()).asDoubleStream().toArray();
            } else {
                columns[i] = elements.get(i).numbers();
            }
            requireRows(elements.get(i), columns[i], rows);
        }
        return columns;
    }

    private static double[][] columns(DocumentReader proof, String name, int count, int rows)
            throws MalformedModelException {
        List<DocumentReader> elements = elements(proof, name, count);
        double[][] columns = new double[count][];
        for (int i = 0; i < count; i++) {
            columns[i] = elements.get(i).numbers();
            requireRows(elements.get(i), columns[i], rows);
        }
        return columns;
    }

    private static List<DocumentReader> elements(DocumentReader proof, String name, int count)
            throws MalformedModelException {
        List<DocumentReader> elements = proof.elements(name);
        if (elements.size() != count) {
            throw new MalformedModelException(
                    "%s, %s has %d columns; it should have %d".formatted(proof.path(), name, elements.size(), count));
        }
        return elements;
    }

    private static void requireRows(DocumentReader element, double[] column, int rows) throws MalformedModelException {
        if (column.length != rows) {
            throw new MalformedModelException(
                    "%s has %d rows; it should have %d".formatted(element.path(), column.length, rows));
        }
    }
}
