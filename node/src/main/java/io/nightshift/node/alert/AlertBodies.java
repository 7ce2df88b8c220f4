package io.nightshift.node.alert;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.coordinator.alert.AlertNotification;
import io.nightshift.protocol.alert.AlertStep;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.job.AlertCause;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// The bodies of messages about incidents. All attempts to send a message have the same body.
final class AlertBodies {

    private static final JsonMapper JSON = new JsonMapper();

    /// The version of our own JSON.
    private static final int VERSION = 1;

    /// The limits of PagerDuty's Events API.
    private static final int LONGEST_SUMMARY = 1_024;

    private static final int LONGEST_KEY = 255;

    private AlertBodies() {}

    /// Our own JSON, for webhooks and commands.
    static String json(AlertNotification notification, boolean isTest) {
        boolean isEnd = notification.step() == AlertStep.RESOLVED;
        ObjectNode json = JSON.createObjectNode()
                .put("version", VERSION)
                .put("event", isTest ? "test" : isEnd ? "resolved" : "raised")
                .put("key", notification.key())
                .put("sequence", isEnd ? 2 : 1)
                .put("cause", notification.cause().text())
                .put("severity", severity(notification, isTest));
        json.putObject("subject")
                .put("type", notification.subject().kind().toString())
                .put("name", notification.subject().name());
        json.put("job", notification.job())
                .put("summary", notification.summary())
                .put("raised_at", notification.raisedAt().toString())
                .put("resolved_at", text(notification.resolvedAt()))
                .put("resolution", notification.resolution());
        return json.toString();
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    /// The body for an incoming webhook of Slack:
    /// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
    static String slack(AlertNotification notification, boolean isTest) {
        boolean isEnd = notification.step() == AlertStep.RESOLVED;
        String text = isTest
                ? ":information_source: " + escaped(notification.summary())
                : isEnd
                        ? ":white_check_mark: *Resolved: %s* (%s)\n%s"
                                .formatted(
                                        notification.cause().text(),
                                        escaped(notification.subject().toString()),
                                        escaped(String.valueOf(notification.resolution())))
                        : ":rotating_light: *%s* (%s)\n%s"
                                .formatted(
                                        notification.cause().text(),
                                        escaped(notification.subject().toString()),
                                        escaped(notification.summary()));
        return JSON.createObjectNode().put("text", text).toString();
    }

    /// Slack's control characters, so that no text of a failure mentions people or channels.
    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /// An event for PagerDuty: <https://developer.pagerduty.com/docs/send-alert-event>. All events about an
    /// incident have the same `dedup_key`, so that the first opens it, further ones change nothing, and
    /// `resolve` ends it.
    static String pagerDuty(AlertNotification notification, String routingKey, boolean isTest) {
        boolean isEnd = notification.step() == AlertStep.RESOLVED;
        ObjectNode json = JSON.createObjectNode()
                .put("routing_key", routingKey)
                .put("event_action", isEnd ? "resolve" : "trigger")
                .put("dedup_key", dedupKey(notification.key()));
        if (isEnd) {
            return json.toString();
        }
        json.put("client", "Nightshift");
        ObjectNode payload = json.putObject("payload")
                .put("summary", Failure.shortened(notification.summary(), LONGEST_SUMMARY))
                .put("source", notification.subject().name())
                .put("severity", severity(notification, isTest))
                .put("timestamp", notification.raisedAt().toString())
                .put("component", "nightshift")
                .put("class", notification.cause().text());
        if (notification.job() != null) {
            payload.put("group", notification.job());
        }
        payload.putObject("custom_details")
                .put("key", notification.key())
                .put("cause", notification.cause().text())
                .put("subject_type", notification.subject().kind().toString());
        return json.toString();
    }

    /// The key, or its digest if it is too long for PagerDuty.
    private static String dedupKey(String key) {
        if (key.length() <= LONGEST_KEY) {
            return key;
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String severity(AlertNotification notification, boolean isTest) {
        return isTest ? "info" : severity(notification.cause());
    }

    /// One of PagerDuty's severities.
    private static String severity(AlertCause cause) {
        return switch (cause) {
            case FAILED, DEADLINE_MISSED, SCHEDULE_MISSED, VERIFICATION_FAILED -> "critical";
            case QUARANTINE_RATE, STALLED, HELD -> "error";
            case DEADLINE_AT_RISK, NODE_EXCLUDED, CANDIDATE_FAILED -> "warning";
        };
    }
}
