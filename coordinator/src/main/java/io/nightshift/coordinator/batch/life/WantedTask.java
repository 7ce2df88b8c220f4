package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.batch.decision.CoordinatorAction.BackgroundTask;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.CheckInput;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.FenceFailedBatch;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.FencePublication;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.InspectInput;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.MakePlan;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.MeasureBatch;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.Publish;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.ReuseParts;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.Phase;
import org.jspecify.annotations.Nullable;

/// Names the background task that a batch needs next. Pure: the state and the situation decide.
final class WantedTask {

    private WantedTask() {}

    /// Knowledge of a coordinator about its batch that the ledger does not have.
    ///
    /// @param incarnation of the coordinator; 0 before its takeover
    /// @param helper the other node that does the plan or the check of the input; null for this node
    /// @param hasLeases whether the coordinator grants leases, if the phase permits it
    /// @param cancellation the request that waits until the publication is fenced; null if none does
    /// @param mayBecomeVisible whether the batch has failed, its job permits its publication, and no fence has
    ///     succeeded
    record Situation(
            int incarnation,
            @Nullable String helper,
            boolean hasLeases,
            BatchCommand.@Nullable Control cancellation,
            boolean mayBecomeVisible) {}

    /// The task that should run, or null. Before its takeover, a coordinator starts only the fence of a failed
    /// batch: nobody takes over such a batch before a person retries it.
    static @Nullable BackgroundTask of(BatchState state, Situation situation) {
        int incarnation = situation.incarnation();
        Phase phase = state.phase();
        if (incarnation == 0 && phase != Phase.FAILED) {
            return null;
        }
        return switch (phase) {
            case null -> null;
            case SUBMITTED -> new MakePlan(incarnation, situation.helper());
            case RUNNING ->
                state.isReusing()
                        ? new ReuseParts(incarnation)
                        : state.extension() != null
                                ? new InspectInput(incarnation, state.extension())
                                : situation.hasLeases() ? null : new CheckInput(incarnation, situation.helper());
            // A pause holds back neither the plan nor its extension. Parts are reused, and the input is checked,
            // when the batch is resumed.
            case PAUSED ->
                state.plan() == null
                        ? new MakePlan(incarnation, situation.helper())
                        : state.extension() == null ? null : new InspectInput(incarnation, state.extension());
            case PUBLISHING ->
                situation.cancellation() != null
                        ? new FencePublication(incarnation, situation.cancellation())
                        : state.needsChecks() ? new MeasureBatch(incarnation) : new Publish(incarnation);
            // An earlier coordinator that wakes up late may show a complete batch to readers, unless it is fenced.
            case FAILED ->
                situation.mayBecomeVisible() && state.isComplete() ? new FenceFailedBatch(incarnation) : null;
            case HELD, PUBLISHED, CANCELLED -> null;
        };
    }
}
