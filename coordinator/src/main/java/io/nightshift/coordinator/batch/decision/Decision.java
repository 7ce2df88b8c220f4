package io.nightshift.coordinator.batch.decision;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.failure.Failure;
import java.util.ArrayList;
import java.util.List;

/// The reaction of a coordinator to one message. A decision is data: it holds no code and nothing that
/// changes, so tests compare decisions with `equals`.
///
/// @param events to persist in one journal write, in this order; empty if nothing changes
/// @param actions to perform in this order once the events are durable, or at once if there are no events. If
///     the write fails, none of them is performed
public record Decision(List<BatchEvent> events, List<CoordinatorAction> actions) {

    private static final Decision NOTHING = new Decision(List.of(), List.of());

    public Decision {
        events = List.copyOf(events);
        actions = List.copyOf(actions);
    }

    public static Decision nothing() {
        return NOTHING;
    }

    public static Decision of(CoordinatorAction... actions) {
        return new Decision(List.of(), List.of(actions));
    }

    public static Decision of(List<CoordinatorAction> actions) {
        return actions.isEmpty() ? NOTHING : new Decision(List.of(), actions);
    }

    public static Decision persist(BatchEvent event, CoordinatorAction... actions) {
        return new Decision(List.of(event), List.of(actions));
    }

    public static Decision persist(List<BatchEvent> events, List<CoordinatorAction> actions) {
        return new Decision(events, actions);
    }

    /// Persists the failure of the batch.
    ///
    /// @param before events to persist in the same write, before the failure
    public static Decision failBatch(List<? extends BatchEvent> before, Failure failure, DecisionTime now) {
        List<BatchEvent> events = new ArrayList<>(before);
        events.add(new BatchEvent.Failed(now.instant(), failure));
        return new Decision(events, List.of());
    }

    /// The same decision with more actions after its own.
    public Decision plus(List<CoordinatorAction> more) {
        if (more.isEmpty()) {
            return this;
        }
        List<CoordinatorAction> all = new ArrayList<>(actions);
        all.addAll(more);
        return new Decision(events, all);
    }

    /// The same decision with one more action after its own.
    public Decision plus(CoordinatorAction action) {
        return plus(List.of(action));
    }
}
