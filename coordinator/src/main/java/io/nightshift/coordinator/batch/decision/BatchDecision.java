package io.nightshift.coordinator.batch.decision;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.coordinator.actor.DecisionTime;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.Failure;
import java.util.ArrayList;
import java.util.List;

/// The reaction of a coordinator to one message.
public record BatchDecision(List<BatchEvent> events, List<CoordinatorAction> actions)
        implements Decision<BatchEvent, CoordinatorAction> {

    private static final BatchDecision NOTHING = new BatchDecision(List.of(), List.of());

    public BatchDecision {
        events = List.copyOf(events);
        actions = List.copyOf(actions);
    }

    public static BatchDecision nothing() {
        return NOTHING;
    }

    public static BatchDecision of(CoordinatorAction... actions) {
        return new BatchDecision(List.of(), List.of(actions));
    }

    public static BatchDecision of(List<CoordinatorAction> actions) {
        return actions.isEmpty() ? NOTHING : new BatchDecision(List.of(), actions);
    }

    public static BatchDecision persist(BatchEvent event, CoordinatorAction... actions) {
        return new BatchDecision(List.of(event), List.of(actions));
    }

    public static BatchDecision persist(List<BatchEvent> events, List<CoordinatorAction> actions) {
        return new BatchDecision(events, actions);
    }

    /// Persists the failure of the batch.
    ///
    /// @param before events to persist in the same write, before the failure
    public static BatchDecision failBatch(List<? extends BatchEvent> before, Failure failure, DecisionTime now) {
        List<BatchEvent> events = new ArrayList<>(before);
        events.add(new BatchEvent.Failed(now.instant(), failure));
        return new BatchDecision(events, List.of());
    }

    /// The same decision with more actions after its own.
    public BatchDecision plus(List<CoordinatorAction> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<CoordinatorAction> all = new ArrayList<>(actions);
        all.addAll(more);
        return new BatchDecision(events, all);
    }

    /// The same decision with one more action after its own.
    public BatchDecision plus(CoordinatorAction action) {
        return plus(List.of(action));
    }
}
