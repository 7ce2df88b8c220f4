package io.nightshift.node;

import io.nightshift.api.ModelHistory;
import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.CandidatePromoter;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.registry.PendingMove;
import io.nightshift.destination.Publication;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.mlflow.MlflowWriteBack;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.MlflowPin;
import io.nightshift.protocol.job.ModelReference;
import io.nightshift.protocol.job.Rollout;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Moves aliases in the registry, by compare-and-set. The history names the batch. If the candidate comes from an
/// MLflow server, the move is repeated there.
///
/// @param registry of the models
/// @param writeBack repeats moves on the MLflow server
/// @param node the name of this node, for the audit log
record RegistryPromoter(ModelRegistry registry, MlflowWriteBack writeBack, String node) implements CandidatePromoter {

    /// The most characters of the text of the canary in a tag.
    private static final int MOST_OF_TEXT = 1_000;

    @Override
    public @Nullable String promote(BatchState state, Publication publication, String alias) {
        Canary canary = Objects.requireNonNull(state.canary()).status();
        String name = canary.candidate().name();
        ModelHistory history = registry.history(name);
        // Somebody may have moved the alias back before the coordinator could write that it was moved.
        boolean isDone = history.moves().stream()
                .anyMatch(move -> move.alias().equals(alias)
                        && move.to() == canary.candidate().version()
                        && move.by().equals(state.batch().value()));
        if (!isDone) {
            promote(state, publication, alias, history);
        }
        return writeBack.deliver(name, state.batch().value());
    }

    private void promote(BatchState state, Publication publication, String alias, ModelHistory history) {
        Canary canary = Objects.requireNonNull(state.canary()).status();
        String name = canary.candidate().name();
        // A name alone stands for the newest version while the alias does not exist.
        boolean isUnset = state.submission().job().model() instanceof ModelReference.Champion
                && !history.aliases().containsKey(alias);
        String reason = "the canary has passed on %,d partitions".formatted(canary.partitions());
        PendingMove repeated = isUnset ? null : repeated(state, publication, alias);
        if (repeated == null) {
            registry.promote(
                    name,
                    alias,
                    canary.candidate().version(),
                    isUnset ? 0 : canary.champion().version(),
                    state.batch().value(),
                    reason);
        } else {
            registry.promote(name, repeated, state.batch().value(), reason);
        }
        AuditLog.log(
                new Caller(Objects.requireNonNullElse(state.submission().by(), Node.LOCAL), Role.MODELS, node),
                "promote-model",
                name + "@" + alias,
                "done",
                "version %d, by the rollout of batch %s"
                        .formatted(canary.candidate().version(), state.batch()));
    }

    /// The move for the MLflow server from which the candidate comes; null if nothing is written there.
    private @Nullable PendingMove repeated(BatchState state, Publication publication, String alias) {
        MlflowPin pin = pin(state);
        if (pin == null || !writeBack.isOn()) {
            return null;
        }
        Canary canary = Objects.requireNonNull(state.canary()).status();
        return new PendingMove(
                state.batch().value(),
                alias,
                canary.champion().version(),
                canary.candidate().version(),
                pin.version(),
                tags(state, canary, publication));
    }

    /// The version of an MLflow server of which the candidate is a copy; null if it is none.
    private static @Nullable MlflowPin pin(BatchState state) {
        Rollout rollout = state.submission().job().rollout();
        return rollout != null && rollout.candidate() instanceof ModelReference.Mlflow(String _, MlflowPin pin)
                ? pin
                : null;
    }

    private static SortedMap<String, String> tags(BatchState state, Canary canary, Publication publication) {
        SortedMap<String, String> tags = new TreeMap<>();
        tags.put(MlflowWriteBack.TAG + "batch", state.batch().value());
        tags.put(MlflowWriteBack.TAG + "job", state.submission().job().name());
        tags.put(MlflowWriteBack.TAG + "model", canary.candidate().toString());
        tags.put(MlflowWriteBack.MODEL_DIGEST, canary.candidate().sha256());
        tags.put(
                MlflowWriteBack.TAG + "predictions",
                String.valueOf(state.totals().predictions()));
        tags.put(
                MlflowWriteBack.TAG + "quarantined",
                String.valueOf(state.totals().quarantined()));
        tags.put(MlflowWriteBack.TAG + "destination", publication.destination());
        tags.put(MlflowWriteBack.TAG + "manifest.sha256", publication.manifestSha256());
        tags.put(MlflowWriteBack.TAG + "canary", Failure.shortened(canary.sentence(), MOST_OF_TEXT));
        return tags;
    }
}
