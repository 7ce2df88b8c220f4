package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a coordinator has decided.
///
/// @param events to be persisted, all in one journal write; none if nothing is
/// @param durable what follows when they are, and not before
record Decision(List<? extends BatchEvent> events, Durable durable) {

    /// Called once, when the events are durable; at once if there are none. Not called if the write
    /// fails, whose outcome is unknown: then the coordinator is recovered from the ledger.
    @FunctionalInterface
    interface Durable {
        /// @param next the state after the events
        List<CoordinatorAction> after(BatchState next, DecisionTime now);
    }

    static Decision nothing() {
        return act();
    }

    static Decision act(CoordinatorAction... actions) {
        return act(Arrays.asList(actions));
    }

    static Decision act(List<CoordinatorAction> actions) {
        return new Decision(List.of(), (next, now) -> actions);
    }

    static Decision persist(List<? extends BatchEvent> events, Durable durable) {
        return new Decision(events, durable);
    }

    /// The same, with one more action; only where nothing is persisted.
    Decision with(CoordinatorAction action) {
        return new Decision(events, (next, now) -> {
            List<CoordinatorAction> actions = new ArrayList<>(durable.after(next, now));
            actions.add(action);
            return actions;
        });
    }

    /// The same, with more to follow after it, if anything is persisted.
    Decision thenIfPersisted(Durable more) {
        if (events.isEmpty()) {
            return this;
        }
        return new Decision(events, (next, now) -> {
            List<CoordinatorAction> actions = new ArrayList<>(durable.after(next, now));
            actions.addAll(more.after(next, now));
            return actions;
        });
    }
}
