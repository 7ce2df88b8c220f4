package io.nightshift.protocol.alert;

import io.nightshift.protocol.job.AlertCause;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A message to the alert outbox. Every message may be sent more than once.
///
/// The owner of a subject derives its alerts from its durable state. It repeats a message until the outbox
/// has acknowledged it, also after a restart. So an alert is not lost by a crash, and a repetition opens no
/// second incident.
public sealed interface AlertCommand {

    /// A cause has begun, or goes on. The outbox opens an incident, unless one is open for the subject and
    /// cause, or the message is older than the end of the last one.
    ///
    /// @param subject what the alert is about
    /// @param cause why
    /// @param version how much of the subject's history the sender knew: grows with it, and is the same for
    ///     all senders, such as the number of the batch's ledger entries
    /// @param job the job that the subject belongs to; null for a node
    /// @param summary what happened, in one or two sentences
    /// @param channels the channels that the job names for this cause; the outbox adds those of the
    ///     configuration
    /// @param replyTo receives [AlertReply.Recorded]
    record Raise(
            AlertSubject subject,
            AlertCause cause,
            long version,
            @Nullable String job,
            String summary,
            List<String> channels,
            ActorRef<AlertReply> replyTo)
            implements AlertCommand {
        public Raise {
            channels = List.copyOf(channels);
        }
    }

    /// A cause has ended. Has no effect if no incident is open, or the message is older than the incident.
    ///
    /// @param subject what the alert is about
    /// @param cause why
    /// @param version how much of the subject's history the sender knew, as in [Raise]
    /// @param reason how the cause ended, in one sentence
    /// @param replyTo receives [AlertReply.Recorded]
    record Resolve(AlertSubject subject, AlertCause cause, long version, String reason, ActorRef<AlertReply> replyTo)
            implements AlertCommand {}

    /// Starts the outbox after a restart of its node, so that it sends what waits.
    record Wake() implements AlertCommand {}

    /// Asks for incidents, newest first.
    ///
    /// @param onlyOpen whether to leave out those whose cause has ended
    /// @param before only incidents with a lower number; 0 for the newest
    /// @param limit the most incidents, 1 to 100
    /// @param replyTo receives [AlertReply.Listed]
    record ListIncidents(boolean onlyOpen, long before, int limit, ActorRef<AlertReply> replyTo)
            implements AlertCommand {}
}
