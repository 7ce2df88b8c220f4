package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.actor.Decision;
import io.nightshift.protocol.schedule.ScheduledJobEvent;
import java.util.List;

/// The decision about a message to an applied job.
record ScheduleDecision(List<ScheduledJobEvent> events, List<ScheduleAction> actions)
        implements Decision<ScheduledJobEvent, ScheduleAction> {

    ScheduleDecision {
        events = List.copyOf(events);
        actions = List.copyOf(actions);
    }
}
