package io.nightshift.node.submission;

import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.Provenance;
import io.nightshift.coordinator.registry.RegistrationResult;
import io.nightshift.node.mlflow.MlflowModel;
import io.nightshift.node.model.ModelFiles;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.MlflowAddress;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.BoundJob;
import io.nightshift.storage.filesystem.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The model that a job names, loaded: a registered version, a file, or a model of an MLflow server.
public sealed interface JobModel {

    Model model();

    /// The features and outputs, with the names that are known of the features.
    default ModelDescription description() {
        return model().description();
    }

    /// The job with what the model's place knows of it: the file to which the reference resolved, with the names of
    /// features that the file does not name.
    ///
    /// @throws FailureException permanent, if the job lists these names in another order
    default Job complete(Job job) {
        return job;
    }

    /// Checks what the model's place knows of the columns of the training.
    ///
    /// @param bound the job with its columns
    /// @throws FailureException permanent, naming each column that does not fit
    default void checkColumns(BoundJob bound) {}

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

    /// A model of an MLflow server.
    ///
    /// @param found the model
    record FromMlflow(MlflowModel found) implements JobModel {

        @Override
        public Model model() {
            return found.model();
        }

        @Override
        public ModelDescription description() {
            return found.description();
        }

        @Override
        public Job complete(Job job) {
            if (found.signature() != null && !model().description().namesFeatures()) {
                found.signature().refuseOtherOrder(job.features(), found.pin().version());
            }
            return job.model() instanceof ModelReference.Mlflow reference
                    ? JobBuilder.builder(job).model(reference.with(found.pin())).build()
                    : job;
        }

        @Override
        public void checkColumns(BoundJob bound) {
            if (found.signature() != null) {
                found.signature().check(bound, description(), found.pin().version());
            }
        }

        @Override
        public ModelVersion registeredIn(ModelRegistry registry) {
            return registry.storePrivately(
                    shortName(), ModelFile.encode(model()), model().description(), this::provenance);
        }

        /// Registers a copy of the model under a name.
        public RegistrationResult register(String name, ModelRegistry registry) {
            return JobModel.register(model(), name, this::provenance, registry);
        }

        private Provenance provenance() {
            return new Provenance(
                    "%s/%s".formatted(found.pin().version(), found.pin().file()),
                    found.pin().sha256());
        }

        /// A name for the columns of the output: that of the model and of its version.
        private String shortName() {
            String version = switch (MlflowAddress.parse(found.pin().version())) {
                case MlflowAddress.Version(String _, int number) -> ".v" + number;
                case MlflowAddress _ -> "";
            };
            String name = nameOf(found.pin().version());
            return name.substring(0, Math.min(name.length(), ModelRegistry.LONGEST_PRIVATE - version.length()))
                    + version;
        }

        /// The name under which a copy is registered, unless another one is given.
        ///
        /// @param address of the model
        public static String nameOf(String address) {
            return JobModel.nameOfFile(
                    switch (MlflowAddress.parse(address)) {
                        case MlflowAddress.Alias(String model, String _) -> model + ".x";
                        case MlflowAddress.Version(String model, int _) -> model + ".x";
                        case MlflowAddress.Run(String _, String path) -> path.substring(path.lastIndexOf('/') + 1);
                    });
        }
    }

    /// Loads the model that a job names; registers nothing.
    ///
    /// @throws FailureException if there is no such model, or its file can't be used
    static JobModel find(ModelReference reference, ModelPlaces places) {
        return find(reference, places, ModelFiles::load);
    }

    /// As [#find(ModelReference, ModelPlaces)].
    ///
    /// @param load loads a model file
    static JobModel find(ModelReference reference, ModelPlaces places, Function<Path, Model> load) {
        return switch (reference) {
            case ModelReference.File(String path) -> read(Path.of(path), load);
            case ModelReference.Mlflow mlflow -> new FromMlflow(places.mlflow().load(mlflow, load));
            case ModelReference registered -> {
                ModelVersion version = places.registry().resolve(registered);
                yield new FromRegistry(version, load.apply(places.registry().path(version)));
            }
        };
    }

    /// Why two models can't score the same columns; null if they can.
    static @Nullable String difference(ModelDescription one, ModelDescription other, boolean hasMargins) {
        if (one.task() != other.task() || !one.classes().equals(other.classes())) {
            return "they predict different classes";
        }
        if (one.features().size() != other.features().size()) {
            return "they have %d and %d features"
                    .formatted(other.features().size(), one.features().size());
        }
        for (int i = 0; i < one.features().size(); i++) {
            if (!one.features().get(i).equals(other.features().get(i))) {
                String name = other.features().get(i).name();
                return "their feature %s differs in its name, its type, its categories or whether it may be missing"
                        .formatted(name == null ? String.valueOf(i + 1) : "\"" + name + "\"");
            }
        }
        return hasMargins && one.margins() != other.margins() ? "they have different margins" : null;
    }

    /// Loads a model file.
    ///
    /// @throws FailureException if the file can't be used
    static FromFile read(Path file) {
        return read(file, ModelFiles::load);
    }

    private static FromFile read(Path file, Function<Path, Model> load) {
        try {
            return new FromFile(file, load.apply(file));
        } catch (FailureException e) {
            throw Files.notExists(file)
                    ? new FailureException(
                            Failure.of(
                                    FailedResource.Type.INPUT,
                                    file.toString(),
                                    e.failure().message()),
                            e)
                    : e;
        }
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
        return nameOfFile(file.getFileName().toString());
    }

    /// As [#nameOf(Path)], for a name that need not be one of this node's file system.
    private static String nameOfFile(String file) {
        String name = file.toLowerCase(Locale.ROOT);
        int dot = name.lastIndexOf('.');
        String stem = (dot > 0 ? name.substring(0, dot) : name)
                .replaceAll("[^a-z0-9._-]+", "-")
                .replaceAll("^[^a-z0-9]+", "");
        return stem.isEmpty() ? "model" : stem.substring(0, Math.min(63, stem.length()));
    }
}
