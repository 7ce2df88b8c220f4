package io.nightshift.node.gateway;

import io.nightshift.api.AlertPage;
import io.nightshift.api.AlertTestResult;
import io.nightshift.api.VerificationReport;
import io.nightshift.api.VerificationResult;
import io.nightshift.coordinator.alert.AlertSender;
import io.nightshift.coordinator.alert.AlertSettings;
import io.nightshift.protocol.alert.AlertCommand;
import io.nightshift.protocol.alert.AlertReply;
import io.nightshift.protocol.alert.AlertSubject;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers the requests of programs about alerts. Stages fail with a [ProblemException]. Safe for several threads,
/// none of which waits.
public final class AlertQueries {

    private static final Logger LOG = LoggerFactory.getLogger(AlertQueries.class);

    private static final int MOST_ALERTS = 100;
    private static final int LONGEST_SUMMARY = 1_000;

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

    /// Reads the rules of a batch's job from its ledger. Waits for the database.
    @FunctionalInterface
    public interface JobRules {
        List<AlertRule> of(BatchId batch);
    }

    private final OutboxClient outbox;
    private final ChannelTests channels;
    private final BatchQueries batches;
    private final JobRules rules;
    private final String node;
    private final Executor blocking;
    private final InstantSource clock;

    /// @param node this node, `host:port`
    /// @param blocking runs what waits for the database
    public AlertQueries(
            OutboxClient outbox,
            ChannelTests channels,
            BatchQueries batches,
            JobRules rules,
            String node,
            Executor blocking,
            InstantSource clock) {
        this.outbox = outbox;
        this.channels = channels;
        this.batches = batches;
        this.rules = rules;
        this.blocking = blocking;
        this.clock = clock;
        this.node = node;
    }

    /// A page of alerts, newest first.
    ///
    /// @param cursor the page before's `next`; null for the first page
    /// @param limit the most alerts, 1 to 100
    /// @throws ProblemException if the cursor or the limit is invalid
    public CompletionStage<AlertPage> page(boolean onlyOpen, @Nullable String cursor, int limit) {
        if (limit < 1 || limit > MOST_ALERTS) {
            throw ProblemException.badRequest(
                    "The limit is invalid. Send a number from 1 to %d.".formatted(MOST_ALERTS));
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
                    throw unanswered(problem);
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

    /// Records the verification of a batch: raises the alert `verification-failed`, or ends it.
    ///
    /// @param batch a batch ID, the beginning of one, or `latest`
    /// @throws ProblemException if the summary is missing or too long
    public CompletionStage<VerificationResult> verified(Caller caller, String batch, VerificationReport report) {
        String summary = String.valueOf(report.summary()).strip();
        if (report.summary() == null || summary.isEmpty() || summary.length() > LONGEST_SUMMARY) {
            throw ProblemException.badRequest(
                    "The summary is invalid. Send 1 to %,d characters.".formatted(LONGEST_SUMMARY));
        }
        return batches.find(batch)
                .thenApplyAsync(entry -> new BatchRules(entry.batch(), entry.job(), rules.of(entry.batch())), blocking)
                .thenCompose(found -> outbox.ask(replyTo -> verification(found, report.holds(), summary, replyTo))
                        .handle((reply, problem) -> {
                            if (reply == null) {
                                throw unanswered(problem);
                            }
                            AuditLog.log(
                                    caller,
                                    "report-verification",
                                    found.batch().value(),
                                    "done",
                                    report.holds() ? "holds" : summary);
                            return new VerificationResult(found.batch().value(), report.holds(), summary);
                        }));
    }

    private record BatchRules(BatchId batch, String job, List<AlertRule> rules) {}

    /// A later verification counts more than an earlier one.
    private AlertCommand verification(BatchRules found, boolean holds, String summary, ActorRef<AlertReply> replyTo) {
        AlertSubject subject = AlertSubject.of(found.batch());
        long version = clock.millis();
        return holds
                ? new AlertCommand.Resolve(subject, AlertCause.VERIFICATION_FAILED, version, summary, replyTo)
                : new AlertCommand.Raise(
                        subject,
                        AlertCause.VERIFICATION_FAILED,
                        version,
                        found.job(),
                        "Batch %s: %s".formatted(found.batch(), summary),
                        AlertSettings.channels(found.rules(), AlertCause.VERIFICATION_FAILED),
                        replyTo);
    }

    private static ProblemException unanswered(@Nullable Throwable problem) {
        LOG.warn("the alert outbox did not answer: {}", String.valueOf(problem));
        return ProblemException.unavailable("The alert outbox does not answer; its node may just have been lost.");
    }

    private static String sentence(String message) {
        String text = Character.toUpperCase(message.charAt(0)) + message.substring(1);
        return text.endsWith("?") ? text : text + ".";
    }
}
