package io.nightshift.node.gateway;

import io.nightshift.api.AliasChange;
import io.nightshift.api.ModelHistory;
import io.nightshift.api.PromoteRequest;
import io.nightshift.api.RollbackRequest;
import io.nightshift.api.RollbackResult;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.RegisteredBatches;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.RegisteredModel;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.model.ModelVersion;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Promotes and rolls back versions of models, for every interface. Each change is logged in the audit log,
/// and may be repeated. Stages fail with a [ProblemException]. Safe for several threads, none of which waits.
public final class ModelOperations {

    /// The most batches that a rollback names.
    private static final int MOST = 1_000;

    private static final int LONGEST_REASON = 1_000;

    private final ModelRegistry registry;
    private final Supplier<Ledger> ledger;
    private final Executor blocking;

    /// @param registry of the models
    /// @param ledger of the batches; opened after the alias was moved, and may throw a [FailureException]
    /// @param blocking runs what waits
    public ModelOperations(ModelRegistry registry, Supplier<Ledger> ledger, Executor blocking) {
        this.registry = registry;
        this.ledger = ledger;
        this.blocking = blocking;
    }

    /// The aliases of a model, and how they were moved.
    ///
    /// @throws ProblemException in the stage, if there is no such model
    public CompletionStage<ModelHistory> history(String model) {
        return CompletableFuture.supplyAsync(() -> found(() -> registry.history(model)), blocking);
    }

    /// Moves an alias to a version.
    ///
    /// @throws ProblemException if the request is invalid; in the stage, if there is no such version, or the alias
    ///     points to another version than the expected one
    public CompletionStage<AliasChange> promote(Caller caller, String model, PromoteRequest request) {
        String alias = alias(request.alias());
        String reason = reason(request.reason());
        return change(caller, "promote-model", model, alias, () -> {
            ModelVersion version = found(() -> registry.resolve(reference(model, request.version())));
            return changed(
                    () -> registry.promote(model, alias, version.version(), request.expected(), caller.name(), reason));
        });
    }

    /// Moves an alias back to the version before, and names the batches that used the withdrawn one.
    ///
    /// @throws ProblemException if the request is invalid; in the stage, if there is no such model or
    ///     version, or the alias points to another version than the withdrawn one
    public CompletionStage<RollbackResult> rollBack(Caller caller, String model, RollbackRequest request) {
        String alias = alias(request.alias());
        String reason = reason(request.reason());
        if (request.withdrawn() < 1) {
            throw ProblemException.badRequest("The request names no withdrawn version. Send its number.");
        }
        return change(caller, "roll-back-model", model, alias, () -> {
                    found(() -> registry.history(model));
                    return changed(() ->
                            registry.rollBack(model, alias, request.withdrawn(), request.to(), caller.name(), reason));
                })
                .thenApplyAsync(change -> result(registry, ledger, change, request.withdrawn()), blocking);
    }

    /// Adds the batches that used the withdrawn version to a rollback. Waits for the database.
    ///
    /// @param ledger of the batches; may throw a [FailureException]
    /// @param change the rollback
    public static RollbackResult result(
            ModelRegistry registry, Supplier<Ledger> ledger, AliasChange change, int withdrawn) {
        try {
            RegisteredModel version =
                    registry.describe(registry.resolve(new ModelReference.Exact(change.model(), withdrawn)));
            List<RollbackResult.UsedBatch> batches = using(ledger.get(), version);
            return new RollbackResult(
                    change, batches.subList(0, Math.min(MOST, batches.size())), batches.size() > MOST, null);
        } catch (FailureException e) {
            return new RollbackResult(change, List.of(), false, e.failure().message());
        }
    }

    /// At most one more than [#MOST].
    private static List<RollbackResult.UsedBatch> using(Ledger ledger, RegisteredModel model) {
        RegisteredBatches registered = ledger.registered();
        List<BatchRegisterState.Entry> used = registered.using(model.version(), model.registeredAt(), MOST + 1);
        Set<BatchId> kept = new HashSet<>(ledger.removedBatches()
                .without(used.stream().map(BatchRegisterState.Entry::batch).toList()));
        return used.stream()
                .filter(entry -> kept.contains(entry.batch()))
                .map(entry -> new RollbackResult.UsedBatch(
                        entry.batch().value(), entry.job(), entry.at(), entry.isPublished()))
                .toList();
    }

    private CompletionStage<AliasChange> change(
            Caller caller, String action, String model, String alias, Supplier<AliasChange> work) {
        String subject = model + "@" + alias;
        return CompletableFuture.supplyAsync(work, blocking).whenComplete((change, problem) -> {
            if (problem == null) {
                AuditLog.log(caller, action, subject, "done", "%s to %d".formatted(change.from(), change.to()));
            } else {
                ProblemException refused = ProblemException.of(problem);
                AuditLog.log(
                        caller,
                        action,
                        subject,
                        refused.problem().status() < 500 ? "refused" : "failed",
                        refused.problem().detail());
            }
        });
    }

    private static <T> T found(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (FailureException e) {
            throw e.failure().isPermanent() || SubmissionResolver.isAway(e.failure())
                    ? ProblemException.notFound("model", e.failure().message())
                    : ProblemException.of(e);
        }
    }

    private static AliasChange changed(Supplier<AliasChange> change) {
        try {
            return change.get();
        } catch (FailureException e) {
            throw e.failure().isPermanent() || SubmissionResolver.isAway(e.failure())
                    ? ProblemException.conflict(
                            "Nothing was changed: " + e.failure().message())
                    : ProblemException.of(e);
        }
    }

    private static ModelReference reference(String model, String version) {
        try {
            return ModelReference.parse(model + "@" + version);
        } catch (IllegalArgumentException e) {
            throw ProblemException.badRequest(
                    "The version is invalid. Send its number, or an alias that points to it.");
        }
    }

    private static String alias(@Nullable String alias) {
        String chosen = Objects.requireNonNullElse(alias, ModelRegistry.CHAMPION);
        if (!chosen.matches(ModelReference.ALIAS)) {
            throw ProblemException.badRequest(
                    "The alias is invalid. Send at most 63 lower-case letters, digits, -, _ and ., starting with a letter.");
        }
        return chosen;
    }

    private static String reason(@Nullable String reason) {
        String text = Objects.requireNonNullElse(reason, "");
        if (text.length() > LONGEST_REASON) {
            throw ProblemException.badRequest(
                    "The reason is too long. Send at most %,d characters.".formatted(LONGEST_REASON));
        }
        return text;
    }
}
