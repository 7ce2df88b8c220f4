package io.nightshift.smile;

import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.ModelLoader;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import smile.io.Write;

/// Fixtures for tests of Smile's models.
public final class SmileModels {

    public static final ModelLoader LOADER = new ModelLoader(new SmileLibrary());

    private SmileModels() {}

    public static Model load(Path file) {
        return LOADER.load(file);
    }

    /// A model that went through the file of Java objects, and our own file.
    public static Model imported(Serializable model, Path folder) {
        try {
            Path objects = folder.resolve("model.ser");
            Write.object(model, objects);
            Path flat = folder.resolve("model.bin");
            ModelFile.write(SmileModels.load(objects), flat);
            return SmileModels.load(flat);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /// The predictions, then the probabilities, then the margins.
    public static double[][] scores(Model model, double[][] columns) {
        int rows = columns[0].length;
        double[][] outputs =
                new double[model.description().outputs() + model.description().margins()][rows];
        model.scorer().score(columns, rows, outputs);
        return outputs;
    }

    /// The probability of a class, in what a model gives for a row.
    public static double probability(double[][] scores, int classes, int k, int row) {
        if (classes > 2) {
            return scores[1 + k][row];
        }
        return k == 1 ? scores[1][row] : 1 - scores[1][row];
    }

    public static double[][] transposed(double[][] columns) {
        double[][] rows = new double[columns[0].length][columns.length];
        for (int column = 0; column < columns.length; column++) {
            for (int row = 0; row < rows.length; row++) {
                rows[row][column] = columns[column][row];
            }
        }
        return rows;
    }
}
