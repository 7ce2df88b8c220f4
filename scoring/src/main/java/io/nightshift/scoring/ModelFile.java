package io.nightshift.scoring;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.nightshift.NightshiftFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Writes models in Nightshift's own file format, which [Model#load(Path)] reads faster than any other.
public final class ModelFile {

    private ModelFile() {}

    /// Writes a model to a file, which is created or replaced.
    ///
    /// @param model a model that this library loaded, or made from a
    ///     [io.nightshift.scoring.form.ModelDefinition]
    /// @param file the file, which is replaced if it exists
    /// @throws UncheckedIOException if writing fails; a reader refuses the incomplete file
    /// @throws IllegalArgumentException if the model is another implementation of [Model]
    public static void write(Model model, Path file) {
        try {
            Files.write(file, encode(model));
        } catch (IOException failed) {
            throw new UncheckedIOException(
                    "The model file " + file + " could not be written: " + failed.getMessage(), failed);
        }
    }

    /// The bytes that [#write] writes. Equal models have equal bytes.
    ///
    /// @param model the model
    /// @throws IllegalArgumentException if the model is another implementation of [Model]
    public static byte[] encode(Model model) {
        return NightshiftFormat.encode(definition(model));
    }

    /// The content of a model as data.
    ///
    /// @param model the model
    /// @throws IllegalArgumentException if the model is another implementation of [Model]
    public static ModelDefinition definition(Model model) {
        if (!(model instanceof LoadedModel loaded)) {
            throw new IllegalArgumentException("not a model of this library: " + model.getClass());
        }
        return loaded.definition();
    }
}
