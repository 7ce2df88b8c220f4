package io.nightshift.node.gateway;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.coordinator.alert.AlertSender;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.failure.FailureException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What programs may ask about alerts. Stages fail with a [ProblemException]. Safe for several threads, none of
/// which waits.
public final class AlertQueries {

    private static final Logger LOG = LoggerFactory.getLogger(AlertQueries.class);

    private static final int MOST_ALERTS = 100;

    /// Asks the alert outbox, wherever it runs. Fails if no answer comes in time.
    @FunctionalInterface
    public interface OutboxClient {
        CompletionStage<AlertReply> ask(Function<ActorRef<AlertReply>, AlertCommand> question);
    }

    /// Sends test messages by this node.
    @FunctionalInterface
    public interface ChannelTests {
        /// @throws FailureException permanent, if there is no such channel
        CompletionStage<AlertSender.Outcome> test(String channel);
    }

    private final OutboxClient outbox;
    private final ChannelTests channels;
    private final String node;

    /// @param node this node, `host:port`
    public AlertQueries(OutboxClient outbox, ChannelTests channels, String node) {
        this.outbox = outbox;
        this.channels = channels;
        this.node = node;
    }

    /// A page of alerts, newest first.
    ///
    /// @param cursor the page before's `next`; null for the first page
    /// @param limit the most alerts, 1 to 100
    /// @throws ProblemException if the cursor or the limit is invalid
    public CompletionStage<AlertPage> page(boolean onlyOpen, @Nullable String cursor, int limit) {
        if (limit < 1 || limit > MOST_ALERTS) {
            throw ProblemException.badRequest("The limit is invalid. Send a number from 1 to %d.".formatted(MOST_ALERTS));
        }
        if (cursor != null && !cursor.matches("[1-9][0-9]{0,17}")) {
            throw ProblemException.badRequest("The cursor is invalid. Send the `next` of the page before.");
        }
        long before = cursor == null ? 0 : Long.parseLong(cursor);
        return outbox.ask(replyTo -> new AlertCommand.ListIncidents(onlyOpen, before, limit, replyTo))
                .handle((reply, problem) -> {
                    if (reply instanceof AlertReply.Listed(AlertPage page)) {
                        return page;
                    }
                    LOG.warn("the alert outbox did not answer: {}", String.valueOf(problem));
                    throw ProblemException.unavailable(
                            "The alert outbox does not answer; its node may just have been lost.");
                });
    }

    /// Sends a test message to a channel.
    ///
    /// @throws ProblemException if there is no such channel
    public CompletionStage<AlertTestResult> test(Caller caller, String channel) {
        try {
            return channels.test(channel).thenApply(outcome -> {
                AuditLog.log(caller, "test-alert", channel, outcome.delivered() ? "done" : "failed", outcome.answer());
                return new AlertTestResult(channel, outcome.delivered(), outcome.answer(), node);
            });
        } catch (FailureException e) {
            throw ProblemException.notFound("channel", sentence(e.failure().message()));
        }
    }

    private static String sentence(String message) {
        String text = Character.toUpperCase(message.charAt(0)) + message.substring(1);
        return text.endsWith("?") ? text : text + ".";
    }
}
