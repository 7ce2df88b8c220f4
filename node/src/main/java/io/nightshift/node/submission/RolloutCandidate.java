package io.nightshift.node.submission;

import io.nightshift.api.AliasMove;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.mlflow.MlflowModel;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.Model;
import io.nightshift.scoring.ModelFile;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.BoundJob;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The version that a job's rollout tries, or why there is none.
public sealed interface RolloutCandidate {

    /// The job has no rollout, or there is nothing to try: the alias does not exist in the registry, the version is
    /// the one that the job names as its model, or somebody has rolled it back.
    record None() implements RolloutCandidate {}

    /// The job follows a version of an MLflow server, and this version can't be tried. The job's own model scores
    /// the batch: whatever happens on that server stops no night.
    ///
    /// @param reason why
    record Untried(String reason) implements RolloutCandidate {}

    /// A version to try.
    ///
    /// @param version the version; the one that it gets if it is of an MLflow server and not registered yet
    /// @param model loaded; null if it can't be used
    /// @param problem why it can't be used; null if it can. Only a shadow has one: its candidate never stops a
    ///     batch
    /// @param origin the model of an MLflow server whose copy it is; null if the job names a version of the
    ///     registry
    record Tried(
            ModelVersion version,
            @Nullable Model model,
            @Nullable String problem,
            @Nullable MlflowModel origin) implements RolloutCandidate {

        /// Checks what the MLflow server knows of the columns of the training.
        ///
        /// @param bound the job with its columns
        /// @throws FailureException permanent, naming each column that does not fit
        void checkColumns(BoundJob bound) {
            if (origin != null && origin.signature() != null) {
                origin.signature()
                        .check(bound, origin.description(), origin.pin().version());
            }
        }

        /// The job with the file to which the reference resolved.
        Job complete(Job job) {
            Rollout rollout = job.rollout();
            return origin != null && rollout != null && rollout.candidate() instanceof ModelReference.Mlflow reference
                    ? JobBuilder.builder(job)
                            .rollout(rollout.with(reference.with(origin.pin())))
                            .build()
                    : job;
        }

        /// The same, after its copy was registered.
        ///
        /// @throws FailureException if the registry can't be written
        Tried registeredIn(ModelRegistry registry) {
            return origin == null
                    ? this
                    : new Tried(
                            new JobModel.FromMlflow(origin)
                                    .register(version.name(), registry)
                                    .version(),
                            model,
                            problem,
                            origin);
        }
    }

    /// The memory that the candidate takes, in bytes; 0 if it is not loaded.
    default long heapBytes() {
        return this instanceof Tried tried && tried.model() != null
                ? tried.model().heapBytes()
                : 0;
    }

    /// Whether the candidate is a copy of a version of an MLflow server.
    default boolean isFromServer() {
        return this instanceof Tried tried && tried.origin() != null;
    }

    /// Finds and loads what a job's rollout tries; registers nothing.
    ///
    /// @param champion the model that the job names
    /// @param load loads a model file
    /// @throws FailureException permanent, if both can't score the same rows, or a guard does not fit them.
    ///     Not in a shadow
    static RolloutCandidate find(Job job, JobModel champion, ModelPlaces places, Function<Path, Model> load) {
        Rollout rollout = job.rollout();
        if (rollout == null || !(champion instanceof JobModel.FromRegistry present)) {
            return new None();
        }
        return rollout.candidate() instanceof ModelReference.Mlflow reference
                ? onServer(job, rollout, reference, present, places, load)
                : registered(job, rollout, present, places.registry(), load);
    }

    /// A regression has no classes that could agree.
    private static void checkGuards(Rollout rollout, JobModel.FromRegistry champion) {
        boolean asksForAgreement =
                rollout.guards().stream().anyMatch(guard -> guard.measure() == Rollout.Measure.AGREEMENT);
        if (asksForAgreement && champion.description().task() == Task.REGRESSION) {
            throw FailureException.permanent(
                    "rollout.guards.agreement: %s predicts numbers, which never agree; use prediction-psi"
                            .formatted(champion.version()));
        }
    }

    private static RolloutCandidate registered(
            Job job,
            Rollout rollout,
            JobModel.FromRegistry champion,
            ModelRegistry registry,
            Function<Path, Model> load) {
        boolean isMissing = rollout.candidate() instanceof ModelReference.Alias(String name, String alias)
                && !registry.history(name).aliases().containsKey(alias);
        if (isMissing) {
            return new None();
        }
        ModelVersion tried = registry.resolve(rollout.candidate());
        if (tried.equals(champion.version()) || isWithdrawn(tried, job.model().alias(), registry)) {
            return new None();
        }
        boolean hasMargins = job.output().margin();
        if (!rollout.isCanary()) {
            return shadow(tried, champion.model(), hasMargins, registry, load);
        }
        Model candidate = load.apply(registry.path(tried));
        String difference = JobModel.difference(champion.description(), candidate.description(), hasMargins);
        if (difference != null) {
            throw FailureException.permanent(
                    "rollout.candidate: %s and %s can't score the same rows: %s. Compare them with nightshift model compare, and move the alias with nightshift model promote"
                            .formatted(tried, champion.version(), difference));
        }
        checkGuards(rollout, champion);
        return new Tried(tried, candidate, null, null);
    }

    private static Tried shadow(
            ModelVersion tried,
            Model champion,
            boolean hasMargins,
            ModelRegistry registry,
            Function<Path, Model> load) {
        try {
            Model candidate = load.apply(registry.path(tried));
            String difference = JobModel.difference(champion.description(), candidate.description(), hasMargins);
            return difference == null
                    ? new Tried(tried, candidate, null, null)
                    : new Tried(tried, null, difference, null);
        } catch (FailureException e) {
            return new Tried(tried, null, e.failure().message(), null);
        }
    }

    /// Finds the version of an MLflow server that a rollout follows.
    ///
    /// @throws FailureException permanent, if a copy of it would become the model of other jobs
    private static RolloutCandidate onServer(
            Job job,
            Rollout rollout,
            ModelReference.Mlflow reference,
            JobModel.FromRegistry champion,
            ModelPlaces places,
            Function<Path, Model> load) {
        // The same on every night, whether the server is there or not.
        checkGuards(rollout, champion);
        ModelRegistry registry = places.registry();
        String name = champion.version().name();
        if (!registry.history(name).aliases().containsKey(ModelRegistry.CHAMPION)) {
            throw FailureException.permanent(
                    "rollout.candidate: %s has no alias champion, so its name alone stands for its newest version, which the copy of %s would be. Set the alias with `nightshift model promote %s`"
                            .formatted(name, reference.address(), champion.version()));
        }
        try {
            MlflowModel found = places.mlflow().load(reference, load);
            if (found.signature() != null && !found.model().description().namesFeatures()) {
                found.signature().refuseOtherOrder(job.features(), found.pin().version());
            }
            ModelVersion tried = registry.versionOf(name, ModelFile.encode(found.model()));
            if (tried.equals(champion.version())
                    || isWithdrawn(tried, job.model().alias(), registry)) {
                return new None();
            }
            String difference = JobModel.difference(
                    champion.description(),
                    found.model().description(),
                    job.output().margin());
            return difference == null
                    ? new Tried(tried, found.model(), null, found)
                    : new Untried("%s and %s can't score the same rows: %s"
                            .formatted(found.pin().version(), champion.version(), difference));
        } catch (FailureException e) {
            return new Untried(String.valueOf(e.getMessage()));
        }
    }

    /// Whether the last move of an alias from or to a version was a rollback from it.
    private static boolean isWithdrawn(ModelVersion tried, @Nullable String alias, ModelRegistry registry) {
        return alias != null
                && registry.history(tried.name()).moves().stream()
                        .filter(move -> move.alias().equals(alias))
                        .filter(move -> move.to() == tried.version()
                                || Integer.valueOf(tried.version()).equals(move.from()))
                        .findFirst()
                        .filter(move -> move.action().equals(AliasMove.ROLLBACK) && move.to() != tried.version())
                        .isPresent();
    }
}
