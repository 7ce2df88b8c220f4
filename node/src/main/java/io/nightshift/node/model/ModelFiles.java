package io.nightshift.node.model;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelException;
import io.nightshift.scoring.ModelLoader;
import io.nightshift.scoring.format.ModelLibrary;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ServiceLoader;

/// Loads model files of every format that the program supports, also those of libraries on its class path. Turns
/// the exceptions of module `scoring` into failures.
public final class ModelFiles {

    private static final ModelLoader LOADER =
            new ModelLoader(ServiceLoader.load(ModelLibrary.class, ModelLibrary.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .toArray(ModelLibrary[]::new));

    private ModelFiles() {}

    /// Loads a model file.
    ///
    /// @throws FailureException permanently if there is no such file, or it is broken, too large or not
    ///     supported; transiently if reading fails
    public static Model load(Path file) {
        try {
            return LOADER.load(file);
        } catch (ModelException refused) {
            throw new FailureException(Failure.permanent(String.valueOf(refused.getMessage())), refused);
        } catch (UncheckedIOException failed) {
            throw new FailureException(
                    Failure.of(FailedResource.Type.STORAGE, file.toString(), String.valueOf(failed.getMessage())),
                    failed);
        }
    }
}
