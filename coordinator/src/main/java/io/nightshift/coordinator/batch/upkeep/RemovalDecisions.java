package io.nightshift.coordinator.batch.upkeep;

import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.coordinator.batch.decision.BatchDecision;
import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.decision.RemovalStep;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchCommand;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ControlReply;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.failure.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Removes a published batch, step by step:
///
/// ```
/// REGISTER → RemovalBegun → UNPUBLISH → Unpublished → the grace period → DELETE → Removed → RECORD
/// ```
///
/// Each event is persisted before the next step begins, and each step may be repeated. A step that fails is
/// tried again at the next [BatchCommand.Retire], which the retention sends regularly for each batch in the
/// index. So nothing is lost if the coordinator is killed, or leaves memory during the grace period.
///
/// Deterministic, like [BatchDecisions].
public class RemovalDecisions {

    private final BatchId batch;
    private final Duration grace;

    /// The callers that get a reply once the removal has begun.
    private final List<BatchCommand.Delete> requests = new ArrayList<>();

    /// The retention that removes the batch, if nobody deletes it.
    private @Nullable String retention;

    private boolean isTaskRunning;

    public RemovalDecisions(BatchId batch, Duration grace) {
        this.batch = batch;
        this.grace = grace;
    }

    public boolean isTaskRunning() {
        return isTaskRunning;
    }

    /// @param state of a published batch
    public BatchDecision delete(BatchState state, BatchCommand.Delete request, DecisionTime now) {
        if (state.removal() != null) {
            return BatchDecision.of(done(request)).plus(nextStep(state, now));
        }
        requests.add(request);
        return BatchDecision.of(start(RemovalStep.REGISTER));
    }

    public BatchDecision retire(BatchState state, BatchCommand.Retire request, DecisionTime now) {
        Removal removal = state.removal();
        if (state.phase() != Phase.PUBLISHED) {
            return BatchDecision.nothing();
        }
        if (removal == null) {
            retention = request.retention();
            return retention == null ? BatchDecision.nothing() : BatchDecision.of(start(RemovalStep.REGISTER));
        }
        return BatchDecision.of(removal.isPending() ? nextStep(state, now) : start(RemovalStep.RECORD));
    }

    public BatchDecision ended(BatchState state, CoordinatorMessage.RemovalStepEnded ended, DecisionTime now) {
        isTaskRunning = false;
        if (ended.failure() != null) {
            return failed(ended.step(), ended.failure());
        }
        Removal removal = state.removal();
        return switch (ended.step()) {
            case REGISTER -> begin(state, now);
            case UNPUBLISH ->
                removal != null && removal.unpublishedAt() == null
                        ? persist(state, new BatchEvent.Unpublished(now.instant()), now)
                        : BatchDecision.nothing();
            case DELETE ->
                removal != null && removal.isPending()
                        ? BatchDecision.persist(
                                List.of(new BatchEvent.Removed(now.instant())), start(RemovalStep.RECORD))
                        : BatchDecision.nothing();
            case RECORD -> BatchDecision.nothing();
        };
    }

    private BatchDecision failed(RemovalStep step, Failure failure) {
        BatchDecision decision = BatchDecision.of(
                new CoordinatorAction.WriteLog("{} is not removed yet: {}", List.of(batch, failure.message())));
        if (step == RemovalStep.REGISTER) {
            for (BatchCommand.Delete request : requests) {
                decision = decision.plus(new CoordinatorAction.Send<>(
                        request.replyTo(), new ControlReply.Refused(batch, failure.message())));
            }
            requests.clear();
        }
        return decision;
    }

    private BatchDecision begin(BatchState state, DecisionTime now) {
        List<CoordinatorAction> replies =
                requests.stream().map(RemovalDecisions.this::done).toList();
        BatchDecision decision = BatchDecision.nothing();
        if (state.removal() == null) {
            BatchCommand.Delete first = requests.isEmpty() ? null : requests.getFirst();
            String reason = first == null ? retention : first.reason();
            if (reason != null) {
                String by = first == null ? null : first.by();
                decision = persist(state, new BatchEvent.RemovalBegun(now.instant(), by, reason), now);
            }
        }
        requests.clear();
        retention = null;
        return decision.plus(replies);
    }

    private BatchDecision persist(BatchState state, BatchEvent event, DecisionTime now) {
        return BatchDecision.persist(List.of(event), nextStep(state.after(List.of(event)), now));
    }

    /// Starts the step that is due.
    public List<CoordinatorAction> nextStep(BatchState state, DecisionTime now) {
        Removal removal = state.removal();
        if (removal == null || !removal.isPending()) {
            return List.of();
        }
        if (removal.unpublishedAt() == null) {
            return start(RemovalStep.UNPUBLISH);
        }
        return now.instant().isBefore(removal.unpublishedAt().plus(grace)) ? List.of() : start(RemovalStep.DELETE);
    }

    private List<CoordinatorAction> start(RemovalStep step) {
        if (isTaskRunning) {
            return List.of();
        }
        isTaskRunning = true;
        return List.of(new CoordinatorAction.RemoveOutput(step));
    }

    private CoordinatorAction done(BatchCommand.Delete request) {
        return new CoordinatorAction.Send<>(request.replyTo(), new ControlReply.Done(batch, Phase.PUBLISHED));
    }
}
