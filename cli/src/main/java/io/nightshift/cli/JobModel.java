package io.nightshift.cli;

import io.nightshift.cli.model.ModelFiles;
import io.nightshift.coordinator.publish.Digests;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.coordinator.registry.Registered;
import io.nightshift.coordinator.registry.Registry;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/// A job's model, loaded: from the registry, or from a file that is registered on first use.
///
/// @param version as registered
public record JobModel(ModelVersion version, Model model) {

    /// Loads the model that a job names, and registers it if it is a file.
    ///
    /// @throws FailureException if there is no such model, or its file can't be used
    public static JobModel of(ModelReference reference, Registry registry) {
        if (reference instanceof ModelReference.File(String path)) {
            return register(Path.of(path), nameOf(Path.of(path)), registry).loaded();
        }
        ModelVersion version = registry.resolve(reference);
        return new JobModel(version, ModelFiles.load(registry.path(version)));
    }

    /// Loads the model that a job names without registering anything.
    static Model look(ModelReference reference, Registry registry) {
        return reference instanceof ModelReference.File(String path)
                ? ModelFiles.load(Path.of(path))
                : ModelFiles.load(registry.path(registry.resolve(reference)));
    }

    /// @param isNew whether the same model was not registered before
    record Import(JobModel loaded, boolean isNew) {}

    /// Registers a model file under a name.
    static Import register(Path file, String name, Registry registry) {
        Model model = ModelFiles.load(file);
        return register(model, name, () -> new Provenance(file.getFileName().toString(), sha256(file)), registry);
    }

    private static String sha256(Path file) {
        try {
            return Digests.sha256(file);
        } catch (IOException e) {
            throw FailureException.permanent("the model file %s can't be read: %s".formatted(file, e.getMessage()));
        }
    }

    static Import register(Model model, String name, Supplier<Provenance> provenance, Registry registry) {
        Registered registered = registry.register(name, ModelFile.encode(model), model.description(), provenance);
        return new Import(new JobModel(registered.version(), model), registered.isNew());
    }

    /// A model's name, made of its file's.
    static String nameOf(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        String stem = (dot > 0 ? name.substring(0, dot) : name)
                .replaceAll("[^a-z0-9._-]+", "-")
                .replaceAll("^[^a-z0-9]+", "");
        return stem.isEmpty() ? "model" : stem.substring(0, Math.min(63, stem.length()));
    }
}
