package io.nightshift.coordinator.register;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.protocol.register.BatchRegisterEvent;
import java.util.ArrayList;
import java.util.List;

/// The register's decision about a message.
record RegisterDecision(List<BatchRegisterEvent> events, List<RegisterAction> actions)
        implements Decision<BatchRegisterEvent, RegisterAction> {

    RegisterDecision {
        events = List.copyOf(events);
        actions = List.copyOf(actions);
    }

    static RegisterDecision of(RegisterAction... actions) {
        return new RegisterDecision(List.of(), List.of(actions));
    }

    static RegisterDecision persist(BatchRegisterEvent event, RegisterAction... actions) {
        return new RegisterDecision(List.of(event), List.of(actions));
    }

    RegisterDecision plus(List<RegisterAction> more) {
        List<RegisterAction> all = new ArrayList<>(actions);
        all.addAll(more);
        return new RegisterDecision(events, all);
    }
}
