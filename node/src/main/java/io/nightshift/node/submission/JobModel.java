package io.nightshift.node.submission;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.coordinator.registry.RegistrationResult;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/// The model that a job names, loaded: a registered version, or a file.
public sealed interface JobModel {

    Model model();

    /// Gives the model's registered version. A file's model is stored under a name that ends in its digest,
    /// so a job never gives other jobs a new version.
    ///
    /// @throws FailureException if the registry can't be written
    ModelVersion registeredIn(ModelRegistry registry);

    /// A version of the registry.
    record FromRegistry(ModelVersion version, Model model) implements JobModel {
        @Override
        public ModelVersion registeredIn(ModelRegistry registry) {
            return version;
        }
    }

    /// A model file.
    record FromFile(Path file, Model model) implements JobModel {
        @Override
        public ModelVersion registeredIn(ModelRegistry registry) {
            return registry.storePrivately(
                    nameOf(file), ModelFile.encode(model), model.description(), this::provenance);
        }

        /// Registers the model under a name.
        public RegistrationResult register(String name, ModelRegistry registry) {
            return JobModel.register(model, name, this::provenance, registry);
        }

        private Provenance provenance() {
            return new Provenance(file.getFileName().toString(), sha256(file));
        }

        private static String sha256(Path file) {
            try {
                return Digests.sha256(file);
            } catch (IOException e) {
                throw FailureException.permanent("the model file %s can't be read: %s".formatted(file, e.getMessage()));
            }
        }
    }

    /// Loads the model that a job names; registers nothing.
    ///
    /// @throws FailureException if there is no such model, or its file can't be used
    static JobModel find(ModelReference reference, ModelRegistry registry) {
        if (reference instanceof ModelReference.File(String path)) {
            return read(Path.of(path));
        }
        ModelVersion version = registry.resolve(reference);
        return new FromRegistry(version, ModelFiles.load(registry.path(version)));
    }

    /// Loads a model file.
    ///
    /// @throws FailureException if the file can't be used
    static FromFile read(Path file) {
        return new FromFile(file, ModelFiles.load(file));
    }

    /// Registers a model under a name. The same model under the same name stays one version.
    ///
    /// @param provenance asked for only if the model is new
    static RegistrationResult register(
            Model model, String name, Supplier<Provenance> provenance, ModelRegistry registry) {
        return registry.register(name, ModelFile.encode(model), model.description(), provenance);
    }

    /// The name under which a model file is registered: the file's own, in lower case, without its extension.
    static String nameOf(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        String stem = (dot > 0 ? name.substring(0, dot) : name)
                .replaceAll("[^a-z0-9._-]+", "-")
                .replaceAll("^[^a-z0-9]+", "");
        return stem.isEmpty() ? "model" : stem.substring(0, Math.min(63, stem.length()));
    }
}
