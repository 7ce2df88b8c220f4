package io.nightshift.protocol.alert;

import io.nightshift.protocol.job.AlertCause;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A persisted fact about an incident. Events are never changed or deleted. They hold no address and no
/// secret of a channel, only its name.
public sealed interface AlertEvent {

    /// When the outbox decided it, by the wall clock of its node.
    Instant at();

    /// The number of the incident, from 1.
    long incident();

    /// An incident was opened.
    ///
    /// @param at when the outbox decided it, by the wall clock of its node
    /// @param incident one more than the incident before
    /// @param key identifies the incident to receivers, everywhere and permanently
    /// @param subject what the incident is about
    /// @param cause why
    /// @param version how much of the subject's history was known
    /// @param job the job that the subject belongs to; null for a node
    /// @param summary what happened, in one or two sentences
    /// @param channels who is told: at least one, each once
    record Raised(
            Instant at,
            long incident,
            String key,
            AlertSubject subject,
            AlertCause cause,
            long version,
            @Nullable String job,
            String summary,
            List<String> channels)
            implements AlertEvent {
        public Raised {
            channels = List.copyOf(channels);
        }
    }

    /// A message is about to be sent. This event comes first, so that a node that has been superseded sends
    /// nothing: its write fails.
    ///
    /// @param at when the outbox decided it, by the wall clock of its node
    /// @param incident the incident's number
    /// @param channel the name of the channel
    /// @param step the message
    /// @param attempt counts the attempts for this message, from 1
    /// @param lastFailure why the attempt before failed; null if there was none, or it is not known
    record SendStarted(
            Instant at,
            long incident,
            String channel,
            AlertStep step,
            int attempt,
            @Nullable String lastFailure) implements AlertEvent {}

    /// The receiver has acknowledged a message.
    ///
    /// @param at when the outbox decided it, by the wall clock of its node
    /// @param incident the incident's number
    /// @param channel the name of the channel
    /// @param step the message
    record Delivered(Instant at, long incident, String channel, AlertStep step) implements AlertEvent {}

    /// The time to deliver a message is over. The channel gets nothing more about the incident.
    ///
    /// @param at when the outbox decided it, by the wall clock of its node
    /// @param incident the incident's number
    /// @param channel the name of the channel
    /// @param step the message
    /// @param reason why the last attempt failed
    record GaveUp(Instant at, long incident, String channel, AlertStep step, String reason) implements AlertEvent {}

    /// The cause has ended.
    ///
    /// @param at when the outbox decided it, by the wall clock of its node
    /// @param incident the incident's number
    /// @param version how much of the subject's history was known
    /// @param reason how the cause ended, in one sentence
    record Resolved(Instant at, long incident, long version, String reason) implements AlertEvent {}
}
