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
