package io.nightshift.coordinator.alert;

import io.nightshift.protocol.alert.AlertEvent;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.job.AlertCause;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The state of the alert outbox: an immutable fold over its events. It uses no actors, clocks or I/O.
///
/// An incident leaves [#live] when its cause has ended and nothing is left to deliver. The last [#KEPT] of
/// those are kept for people, and so that a message that arrives late opens no incident again. So the size of
/// the state is that of the incidents that are open.
///
/// @param last the number of the newest incident; 0 before the first
/// @param live the incidents that are open or have something to deliver, by number
/// @param ended the last incidents of which nothing is left to do, oldest first
public record AlertState(long last, NavigableMap<Long, Incident> live, List<Incident> ended) {

    /// How many ended incidents are kept.
    public static final int KEPT = 500;

    public static final AlertState EMPTY = new AlertState(0, Collections.emptyNavigableMap(), List.of());

    /// How far a message to a channel is.
    public enum Stage {
        /// It is to be sent.
        WAITING,
        /// The receiver has acknowledged it.
        DELIVERED,
        /// The time to deliver it is over.
        GIVEN_UP
    }

    /// The delivery of an incident's messages to one channel.
    ///
    /// @param step the last message for the channel
    /// @param since when that message was due first
    /// @param attempts how often it was sent
    /// @param lastTry when it was sent last; null before
    /// @param lastFailure why an attempt failed; null if the events do not say
    public record Delivery(
            AlertStep step,
            Stage stage,
            Instant since,
            int attempts,
            @Nullable Instant lastTry,
            @Nullable String lastFailure) {

        static Delivery waiting(AlertStep step, Instant since) {
            return new Delivery(step, Stage.WAITING, since, 0, null, null);
        }

        boolean isWaiting() {
            return stage == Stage.WAITING;
        }

        private Delivery started(AlertEvent.SendStarted started) {
            return new Delivery(
                    step,
                    stage,
                    since,
                    started.attempt(),
                    started.at(),
                    started.lastFailure() == null ? lastFailure : started.lastFailure());
        }

        private Delivery ended(Stage end, @Nullable String reason) {
            return new Delivery(step, end, since, attempts, lastTry, reason);
        }
    }

    /// An incident.
    ///
    /// @param version how much of the subject's history was known: when the incident was opened, or when it
    ///     was resolved
    /// @param resolvedAt null while the cause goes on
    /// @param resolution null while the cause goes on
    /// @param deliveries by channel
    public record Incident(
            long number,
            String key,
            AlertSubject subject,
            AlertCause cause,
            long version,
            @Nullable String job,
            String summary,
            Instant raisedAt,
            @Nullable Instant resolvedAt,
            @Nullable String resolution,
            SequencedMap<String, Delivery> deliveries) {

        private static Incident of(AlertEvent.Raised raised) {
            SequencedMap<String, Delivery> deliveries = new LinkedHashMap<>();
            raised.channels()
                    .forEach(channel -> deliveries.put(channel, Delivery.waiting(AlertStep.RAISED, raised.at())));
            return new Incident(
                    raised.incident(),
                    raised.key(),
                    raised.subject(),
                    raised.cause(),
                    raised.version(),
                    raised.job(),
                    raised.summary(),
                    raised.at(),
                    null,
                    null,
                    Collections.unmodifiableSequencedMap(deliveries));
        }

        public boolean isOpen() {
            return resolvedAt == null;
        }

        boolean isAbout(AlertSubject other, AlertCause otherCause) {
            return cause == otherCause && subject.equals(other);
        }

        private boolean isEnded() {
            return !isOpen() && deliveries.values().stream().noneMatch(Delivery::isWaiting);
        }

        private Incident resolved(AlertEvent.Resolved resolved) {
            if (!isOpen()) {
                return this;
            }
            SequencedMap<String, Delivery> next = new LinkedHashMap<>(deliveries);
            next.replaceAll((channel, delivery) -> delivery.stage() == Stage.DELIVERED
                    ? Delivery.waiting(AlertStep.RESOLVED, resolved.at())
                    : delivery);
            return new Incident(
                    number,
                    key,
                    subject,
                    cause,
                    resolved.version(),
                    job,
                    summary,
                    raisedAt,
                    resolved.at(),
                    resolved.reason(),
                    Collections.unmodifiableSequencedMap(next));
        }

        /// The message about the end follows that about the beginning.
        private Incident delivered(AlertEvent.Delivered delivered) {
            return with(delivered.channel(), delivered.step(), delivery -> {
                boolean isFollowed = delivered.step() == AlertStep.RAISED && !isOpen();
                return isFollowed
                        ? Delivery.waiting(AlertStep.RESOLVED, delivered.at())
                        : delivery.ended(Stage.DELIVERED, null);
            });
        }

        private Incident with(String channel, AlertStep step, UnaryOperator<Delivery> change) {
            Delivery delivery = deliveries.get(channel);
            if (delivery == null || delivery.step() != step || !delivery.isWaiting()) {
                return this;
            }
            SequencedMap<String, Delivery> next = new LinkedHashMap<>(deliveries);
            next.put(channel, change.apply(delivery));
            return new Incident(
                    number,
                    key,
                    subject,
                    cause,
                    version,
                    job,
                    summary,
                    raisedAt,
                    resolvedAt,
                    resolution,
                    Collections.unmodifiableSequencedMap(next));
        }
    }

    public AlertState {
        live = Collections.unmodifiableNavigableMap(live);
        ended = List.copyOf(ended);
    }

    /// The open incident about a subject and a cause.
    public Optional<Incident> open(AlertSubject subject, AlertCause cause) {
        return live.values().stream()
                .filter(incident -> incident.isOpen() && incident.isAbout(subject, cause))
                .findFirst();
    }

    /// Whether the cause ended when at least as much of the subject's history was known.
    boolean isResolvedAt(AlertSubject subject, AlertCause cause, long version) {
        return Stream.concat(live.values().stream(), ended.stream())
                .anyMatch(incident ->
                        !incident.isOpen() && incident.isAbout(subject, cause) && incident.version() >= version);
    }

    /// All incidents that are known, newest first.
    public List<Incident> all() {
        Map<Long, Incident> all = new TreeMap<>(live);
        ended.forEach(incident -> all.put(incident.number(), incident));
        return new ArrayList<>(all.values()).reversed();
    }

    /// The state after one more event. An event about an incident that is unknown, because its first event
    /// can't be read, changes nothing.
    public AlertState apply(AlertEvent event) {
        if (event instanceof AlertEvent.Raised raised) {
            NavigableMap<Long, Incident> next = new TreeMap<>(live);
            next.put(raised.incident(), Incident.of(raised));
            return new AlertState(Math.max(last, raised.incident()), next, ended);
        }
        Incident before = live.get(event.incident());
        if (before == null) {
            return new AlertState(Math.max(last, event.incident()), live, ended);
        }
        Incident after = switch (event) {
            case AlertEvent.Raised raised -> before;
            case AlertEvent.SendStarted started ->
                before.with(started.channel(), started.step(), delivery -> delivery.started(started));
            case AlertEvent.Delivered delivered -> before.delivered(delivered);
            case AlertEvent.GaveUp gaveUp ->
                before.with(
                        gaveUp.channel(), gaveUp.step(), delivery -> delivery.ended(Stage.GIVEN_UP, gaveUp.reason()));
            case AlertEvent.Resolved resolved -> before.resolved(resolved);
        };
        NavigableMap<Long, Incident> next = new TreeMap<>(live);
        if (!after.isEnded()) {
            next.put(after.number(), after);
            return new AlertState(last, next, ended);
        }
        next.remove(after.number());
        List<Incident> kept = new ArrayList<>(ended);
        kept.add(after);
        return new AlertState(last, next, kept.size() > KEPT ? kept.subList(kept.size() - KEPT, kept.size()) : kept);
    }
}
