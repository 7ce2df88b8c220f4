package io.nightshift.coordinator.alert;

import io.nightshift.coordinator.alert.AlertState.Delivery;
import io.nightshift.coordinator.alert.AlertState.Incident;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The decisions of the alert outbox. They are deterministic: no actors, clocks, threads or I/O.
/// [AlertOutbox] runs them on the journal; the tests run them in a simulation.
///
/// Invariants:
///
/// - One open incident for each subject and cause. A message that repeats what is known, or is older than the
///   end of the last incident, opens none.
/// - A message is sent only after [AlertEvent.SendStarted] is durable. So an outbox that was superseded sends
///   nothing: its write fails.
/// - A message counts as delivered only after the receiver has acknowledged it. After a crash in between, it
///   is sent again, with the same key.
/// - A channel gets the message about the end only after that about the beginning was delivered.
/// - One message at a time for each channel, so that a slow receiver does not hold up other channels.
///
/// After a failed write and after a crash, the caller starts with a new object.
class AlertDecisions {

    /// The most incidents that may be live. Further ones are not acknowledged; their owners repeat them.
    static final int MOST_LIVE = 10_000;

    private static final int LONGEST_TEXT = 1_000;

    private final AlertSettings settings;

    /// The message that is being sent, by channel.
    private final Map<String, Attempt> inFlight = new HashMap<>();

    /// The outcome of the last attempt for a message, as far as this outbox knows it.
    private final Map<Message, LastOutcome> outcomes = new HashMap<>();

    /// When this outbox heard of a node's incident last.
    private final Map<Long, Instant> heard = new HashMap<>();

    private @Nullable Instant lastAsked;

    private record Attempt(long incident, AlertStep step, int number) {}

    private record Message(long incident, String channel) {}

    private record LastOutcome(String failure, @Nullable Instant notBefore) {}

    AlertDecisions(AlertSettings settings) {
        this.settings = settings;
    }

    AlertDecision decide(AlertState state, AlertMessage message, Instant now) {
        return switch (message) {
            case AlertMessage.CommandReceived(AlertCommand command) ->
                switch (command) {
                    case AlertCommand.Raise raise -> raise(state, raise, now);
                    case AlertCommand.Resolve resolve -> resolve(state, resolve, now);
                    case AlertCommand.Wake wake -> AlertDecision.NOTHING;
                    case AlertCommand.ListIncidents list ->
                        AlertDecision.of(new AlertDecision.Reply(
                                list.replyTo(), new AlertReply.Listed(AlertDescriptions.page(state, list, this))));
                };
            case AlertMessage.Continue next -> next(state, now);
            case AlertMessage.SendEnded ended -> sendEnded(state, ended, now);
        };
    }

    // Incidents.

    AlertDecision raise(AlertState state, AlertCommand.Raise raise, Instant now) {
        AlertDecision.Reply reply = new AlertDecision.Reply(
                raise.replyTo(), new AlertReply.Recorded(raise.subject(), raise.cause(), raise.version()));
        Optional<Incident> open = state.open(raise.subject(), raise.cause());
        if (open.isPresent()) {
            heard.put(open.get().number(), now);
            return AlertDecision.of(reply);
        }
        List<String> channels = settings.allChannels(raise.channels(), raise.cause());
        if (channels.isEmpty() || state.isResolvedAt(raise.subject(), raise.cause(), raise.version())) {
            return AlertDecision.of(reply);
        }
        if (state.live().size() >= MOST_LIVE) {
            return AlertDecision.NOTHING;
        }
        long number = state.last() + 1;
        heard.put(number, now);
        return AlertDecision.persist(
                new AlertEvent.Raised(
                        now,
                        number,
                        key(raise, now),
                        raise.subject(),
                        raise.cause(),
                        raise.version(),
                        raise.job(),
                        Failure.shortened(raise.summary(), LONGEST_TEXT),
                        channels),
                reply);
    }

    /// The key of a new incident. The time makes it differ from that of an earlier incident about the same.
    String key(AlertCommand.Raise raise, Instant now) {
        return "%s/%s/%s/%s"
                .formatted(
                        raise.subject().kind(),
                        raise.subject().name(),
                        raise.cause().text(),
                        now.toEpochMilli());
    }

    AlertDecision resolve(AlertState state, AlertCommand.Resolve resolve, Instant now) {
        AlertDecision.Reply reply = new AlertDecision.Reply(
                resolve.replyTo(), new AlertReply.Recorded(resolve.subject(), resolve.cause(), resolve.version()));
        Optional<Incident> open = state.open(resolve.subject(), resolve.cause());
        return open.isEmpty() || open.get().version() > resolve.version()
                ? AlertDecision.of(reply)
                : AlertDecision.persist(resolved(open.get(), resolve.version(), resolve.reason(), now), reply);
    }

    private static AlertEvent resolved(Incident incident, long version, String reason, Instant now) {
        return new AlertEvent.Resolved(now, incident.number(), version, Failure.shortened(reason, LONGEST_TEXT));
    }

    // Deliveries.

    /// Sends what is due, ends the incidents of nodes that are gone, and asks batches for their alerts.
    AlertDecision next(AlertState state, Instant now) {
        List<AlertEvent> events = new ArrayList<>();
        List<AlertDecision.Action> actions = new ArrayList<>();
        nextMessages(state, now).forEach((channel, incident) -> {
            Delivery delivery = delivery(incident, channel);
            int attempt = delivery.attempts() + 1;
            LastOutcome last = outcomes.get(new Message(incident.number(), channel));
            inFlight.put(channel, new Attempt(incident.number(), delivery.step(), attempt));
            events.add(new AlertEvent.SendStarted(
                    now, incident.number(), channel, delivery.step(), attempt, last == null ? null : last.failure()));
            actions.add(new AlertDecision.Send(
                    incident.number(), notification(incident, channel, delivery.step(), attempt)));
        });
        events.addAll(silentNodes(state, now));
        actions.addAll(questions(state, now));
        return new AlertDecision(events, actions);
    }

    /// The next message of each channel that has one: that which has been due longest.
    private Map<String, Incident> nextMessages(AlertState state, Instant now) {
        Map<String, Incident> next = new LinkedHashMap<>();
        for (Incident incident : state.live().values()) {
            incident.deliveries().forEach((channel, delivery) -> {
                if (!isDue(incident, channel, now)) {
                    return;
                }
                Incident other = next.get(channel);
                if (other == null || due(incident, channel).isBefore(due(other, channel))) {
                    next.put(channel, incident);
                }
            });
        }
        return next;
    }

    private boolean isDue(Incident incident, String channel, Instant now) {
        return delivery(incident, channel).isWaiting()
                && !inFlight.containsKey(channel)
                && !due(incident, channel).isAfter(now);
    }

    /// When the channel's message about an incident is sent next. Follows from the events, so that a restart
    /// does not hasten it; only what a receiver asked for is forgotten.
    Instant due(Incident incident, String channel) {
        Delivery delivery = delivery(incident, channel);
        Instant last = delivery.lastTry();
        Instant due =
                last == null ? delivery.since() : last.plus(settings.backoff(delivery.attempts(), incident.number()));
        LastOutcome outcome = outcomes.get(new Message(incident.number(), channel));
        Instant notBefore = outcome == null ? null : outcome.notBefore();
        return notBefore == null || notBefore.isBefore(due) ? due : notBefore;
    }

    /// Why the last attempt failed; null if it did not, or it is not known.
    @Nullable
    String failure(Incident incident, String channel) {
        LastOutcome outcome = outcomes.get(new Message(incident.number(), channel));
        return outcome == null ? delivery(incident, channel).lastFailure() : outcome.failure();
    }

    private static Delivery delivery(Incident incident, String channel) {
        return Objects.requireNonNull(incident.deliveries().get(channel));
    }

    private static AlertNotification notification(Incident incident, String channel, AlertStep step, int attempt) {
        boolean isEnd = step == AlertStep.RESOLVED;
        return new AlertNotification(
                channel,
                step,
                incident.key(),
                incident.subject(),
                incident.cause(),
                incident.job(),
                incident.summary(),
                incident.raisedAt(),
                isEnd ? incident.resolvedAt() : null,
                isEnd ? incident.resolution() : null,
                attempt);
    }

    /// An acknowledgement counts even if an earlier outbox sent the message.
    AlertDecision sendEnded(AlertState state, AlertMessage.SendEnded ended, Instant now) {
        Message message = new Message(ended.incident(), ended.channel());
        inFlight.remove(ended.channel(), new Attempt(ended.incident(), ended.step(), ended.attempt()));
        Incident incident = state.live().get(ended.incident());
        Delivery delivery = incident == null ? null : incident.deliveries().get(ended.channel());
        if (incident == null || delivery == null || delivery.step() != ended.step() || !delivery.isWaiting()) {
            return AlertDecision.NOTHING;
        }
        if (ended.outcome().delivered()) {
            outcomes.remove(message);
            return AlertDecision.persist(
                    new AlertEvent.Delivered(now, ended.incident(), ended.channel(), ended.step()));
        }
        String reason = Failure.shortened(ended.outcome().answer(), LONGEST_TEXT);
        AlertDecision.Action log =
                new AlertDecision.LogFailure(incident.key(), ended.channel(), ended.attempt(), reason);
        if (!delivery.since().plus(settings.retryFor()).isAfter(now)) {
            outcomes.remove(message);
            return AlertDecision.persist(
                    new AlertEvent.GaveUp(now, ended.incident(), ended.channel(), ended.step(), reason), log);
        }
        outcomes.put(message, new LastOutcome(reason, notBefore(ended.outcome().retryAfter(), now)));
        return AlertDecision.of(log);
    }

    /// A receiver may ask for a longer time between attempts, but not for hours.
    private @Nullable Instant notBefore(@Nullable Duration retryAfter, Instant now) {
        if (retryAfter == null) {
            return null;
        }
        Duration longest = settings.maxBackoff().multipliedBy(2);
        return now.plus(retryAfter.compareTo(longest) < 0 ? retryAfter : longest);
    }

    // Ends that nobody reports.

    /// A node that is gone does not report that its fault is over.
    private List<AlertEvent> silentNodes(AlertState state, Instant now) {
        List<AlertEvent> ends = new ArrayList<>();
        for (Incident incident : state.live().values()) {
            if (incident.isOpen() && incident.subject().kind() == AlertSubject.Kind.NODE) {
                Instant last = heard.computeIfAbsent(incident.number(), number -> now);
                if (!last.plus(settings.silentAfter()).isAfter(now)) {
                    ends.add(resolved(
                            incident,
                            incident.version(),
                            "The node has not reported the fault for %d minutes."
                                    .formatted(settings.silentAfter().toMinutes()),
                            now));
                }
            }
        }
        return ends;
    }

    /// The coordinator of a batch that ended while its node crashed does not report the end by itself.
    List<AlertDecision.Action> questions(AlertState state, Instant now) {
        if (lastAsked != null && lastAsked.plus(settings.askEvery()).isAfter(now)) {
            return List.of();
        }
        lastAsked = now;
        heard.keySet().retainAll(state.live().keySet());
        outcomes.keySet().removeIf(message -> !state.live().containsKey(message.incident()));
        Set<BatchId> batches = new LinkedHashSet<>();
        for (Incident incident : state.live().values()) {
            if (incident.isOpen()
                    && incident.subject().kind() == AlertSubject.Kind.BATCH
                    && BatchId.isValid(incident.subject().name())) {
                batches.add(new BatchId(incident.subject().name()));
            }
        }
        List<AlertDecision.Action> questions = new ArrayList<>();
        batches.forEach(batch -> questions.add(new AlertDecision.AskBatch(batch)));
        return questions;
    }
}
