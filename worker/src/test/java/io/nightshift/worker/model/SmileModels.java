package io.nightshift.worker.model;

import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import smile.io.Write;

/// What tests of Smile's models share.
final class SmileModels {

    private SmileModels() {}

    /// A model that went through the file of Java objects, and our own file.
    static Model imported(Serializable model, Path folder) {
        try {
            Path objects = folder.resolve("model.ser");
            Write.object(model, objects);
            Path flat = folder.resolve("model.bin");
            ModelFile.write(ModelImport.read(objects), flat);
            return ModelImport.read(flat);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /// The predictions, then the probabilities, then the margins.
    static double[][] scores(Model model, double[][] columns) {
        int rows = columns[0].length;
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][rows];
        model.scorer().score(columns, rows, outputs);
        return outputs;
    }

    /// The probability of a class, in what a model gives for a row.
    static double probability(double[][] scores, int classes, int k, int row) {
        if (classes > 2) {
            return scores[1 + k][row];
        }
        return k == 1 ? scores[1][row] : 1 - scores[1][row];
    }

    static double[][] transposed(double[][] columns) {
        double[][] rows = new double[columns[0].length][columns.length];
        for (int column = 0; column < columns.length; column++) {
            for (int row = 0; row < rows.length; row++) {
                rows[row][column] = columns[column][row];
            }
        }
        return rows;
    }
}
