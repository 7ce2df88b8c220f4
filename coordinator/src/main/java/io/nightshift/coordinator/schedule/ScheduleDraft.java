package io.nightshift.coordinator.schedule;

import io.nightshift.protocol.schedule.ScheduledJobEvent;
import io.nightshift.protocol.schedule.ScheduledJobReply;
import io.nightshift.protocol.schedule.ScheduledJobReply.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// A decision in the making: the events so far, and the state that they lead to.
final class ScheduleDraft {
    final Instant now;
    final long nanos;
    final List<ScheduledJobEvent> events = new ArrayList<>();
    final List<ScheduleAction> actions = new ArrayList<>();
    ScheduledJobState state;

    ScheduleDraft(ScheduledJobState state, long nanos, Instant now) {
        this.state = state;
        this.nanos = nanos;
        this.now = now;
    }

    void persist(ScheduledJobEvent event) {
        events.add(event);
        state = state.apply(event);
    }

    ScheduleDecision decision() {
        return new ScheduleDecision(events, actions);
    }

    <T extends Record> void reply(ActorRef<ScheduledJobReply<T>> replyTo, T value) {
        actions.add(new ScheduleAction.Send<ScheduledJobReply<T>>(replyTo, new ScheduledJobReply.Succeeded<>(value)));
    }

    <T extends Record> void decline(ActorRef<ScheduledJobReply<T>> replyTo, Reason reason, String text) {
        actions.add(
                new ScheduleAction.Send<ScheduledJobReply<T>>(replyTo, new ScheduledJobReply.Declined<>(reason, text)));
    }
}
