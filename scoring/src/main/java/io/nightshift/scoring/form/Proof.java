package io.nightshift.scoring.form;

import io.nightshift.scoring.model.TextTable;
import java.util.List;
import java.util.Map;

/// Rows with the results that the training library itself gave for them. They are compared when a model file is
/// read.
///
/// The arrays are shared with the reader of the file, and nobody changes them.
public final class Proof {

    private final int rows;
    private final List<String> texts;
    private final double[][] features;
    private final double[][] results;
    private final double[][] tolerances;
    private final Map<Integer, double[]> columns;

    /// @param rows the number of rows
    /// @param features an array for each feature, as a scorer takes it
    /// @param results an array for each output and margin, as the library computed it
    /// @param tolerances for each result, the largest difference that rounding explains
    /// @param columns for some columns of a pipeline, the values that the library computed, by the column's number
    public Proof(
            int rows, double[][] features, double[][] results, double[][] tolerances, Map<Integer, double[]> columns) {
        this(rows, features, results, tolerances, columns, List.of());
    }

    private Proof(
            int rows,
            double[][] features,
            double[][] results,
            double[][] tolerances,
            Map<Integer, double[]> columns,
            List<String> texts) {
        this.rows = rows;
        this.texts = List.copyOf(texts);
        this.features = features.clone();
        this.results = results.clone();
        this.tolerances = tolerances.clone();
        this.columns = Map.copyOf(columns);
    }

    /// The same with texts among the features.
    ///
    /// @param texts the texts; a feature that is a text has for each row the position of its text
    public Proof withTexts(List<String> texts) {
        return new Proof(rows, features, results, tolerances, columns, texts);
    }

    /// The texts of the rows, by the numbers that the features have.
    public TextTable texts() {
        TextTable table = new TextTable();
        texts.forEach(table::add);
        return table;
    }

    /// The number of rows.
    public int rows() {
        return rows;
    }

    /// An array for each feature.
    public double[][] features() {
        return features.clone();
    }

    /// An array for each output and margin of the library.
    public double[][] results() {
        return results.clone();
    }

    /// For each result, the largest difference that rounding explains.
    public double[][] tolerances() {
        return tolerances.clone();
    }

    /// The library's values of some columns of a pipeline, by the column's number.
    public Map<Integer, double[]> columns() {
        return columns;
    }
}
