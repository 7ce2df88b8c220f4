package io.nightshift.node;

import io.nightshift.api.ModelHistory;
import io.nightshift.api.operation.Role;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.CandidatePromoter;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.node.gateway.AuditLog;
import io.nightshift.node.gateway.Caller;
import io.nightshift.protocol.batch.Canary;
import io.nightshift.protocol.job.ModelReference;
import java.util.Objects;

/// Moves aliases in the registry, by compare-and-set. The history names the batch.
///
/// @param registry of the models
/// @param node the name of this node, for the audit log
record RegistryPromoter(ModelRegistry registry, String node) implements CandidatePromoter {

    @Override
    public void promote(BatchState state, String alias) {
        Canary canary = Objects.requireNonNull(state.canary()).status();
        String name = canary.candidate().name();
        ModelHistory history = registry.history(name);
        // Somebody may have moved the alias back before the coordinator could write that it was moved.
        boolean isDone = history.moves().stream()
                .anyMatch(move -> move.alias().equals(alias)
                        && move.to() == canary.candidate().version()
                        && move.by().equals(state.batch().value()));
        if (isDone) {
            return;
        }
        // A name alone stands for the newest version while the alias does not exist.
        boolean isUnset = state.submission().job().model() instanceof ModelReference.Champion
                && !history.aliases().containsKey(alias);
        registry.promote(
                name,
                alias,
                canary.candidate().version(),
                isUnset ? 0 : canary.champion().version(),
                state.batch().value(),
                "the canary has passed on %,d partitions".formatted(canary.partitions()));
        AuditLog.log(
                new Caller(Objects.requireNonNullElse(state.submission().by(), Node.LOCAL), Role.MODELS, node),
                "promote-model",
                name + "@" + alias,
                "done",
                "version %d, by the rollout of batch %s"
                        .formatted(canary.candidate().version(), state.batch()));
    }
}
