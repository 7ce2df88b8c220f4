package io.nightshift.node.configuration;

import io.nightshift.coordinator.alert.AlertSettings;
import io.nightshift.node.alert.AlertChannel;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.alert.Secret;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Reads the section `nightshift.alerts`.
final class AlertsSection {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");
    private static final String PAGER_DUTY = "https://events.pagerduty.com/v2/enqueue";
    private static final String CAUSES =
            Arrays.stream(AlertCause.values()).map(AlertCause::text).collect(Collectors.joining(", "));

    /// The keys that each type of channel has besides `type` and `timeout-seconds`.
    private static final Map<String, Set<String>> KEYS = Map.of(
            "webhook", Set.of("url", "url-file", "url-env", "secret-file", "secret-env", "plain-http", "ca"),
            "slack", Set.of("url-file", "url-env", "plain-http", "ca"),
            "pagerduty", Set.of("routing-key-file", "routing-key-env", "url", "plain-http", "ca"),
            "command", Set.of("command"));

    private AlertsSection() {}

    static AlertConfiguration read(ConfigurationSection alerts) {
        Map<String, AlertChannel> channels = channels(alerts.section("channels"));
        List<AlertRule> rules = new ArrayList<>();
        for (ConfigurationSection rule : alerts.sections("rules")) {
            rules.add(rule(rule, channels.keySet()));
        }
        int stalled = alerts.number(
                "stalled-after-seconds",
                1_800,
                10,
                604_800,
                KeyMeaning.of(
                        "s",
                        "How long a batch may make no progress before that is an alert with the cause `stalled`."));
        int retry = alerts.number(
                "retry-for-seconds",
                86_400,
                60,
                604_800,
                KeyMeaning.of("s", "How long a message that a receiver does not accept is sent again."));
        alerts.end();
        return new AlertConfiguration(
                AlertSettings.of(rules, Duration.ofSeconds(stalled), Duration.ofSeconds(retry)), channels);
    }

    private static AlertRule rule(ConfigurationSection rule, Set<String> channels) {
        List<AlertCause> causes = new ArrayList<>();
        List<String> texts = rule.texts(
                "on",
                List.of(),
                KeyMeaning.of("The causes of a rule for all jobs and nodes: a list of " + CAUSES + "."));
        for (String text : texts) {
            AlertCause.of(text)
                    .ifPresentOrElse(
                            causes::add, () -> rule.mistake("on", "expected a list of causes out of " + CAUSES));
        }
        if (texts.isEmpty()) {
            rule.mistake("on", "names no cause; expected a list of causes out of " + CAUSES);
        }
        String channel = rule.text("to", KeyMeaning.of("The channel that a rule sends to: a name of `channels`."));
        if (!channel.isEmpty() && !channels.contains(channel)) {
            String near = NameSuggestion.closest(channel, channels);
            rule.mistake(
                    "to",
                    "names no channel of nightshift.alerts.channels"
                            + (near == null ? "" : "; did you mean \"" + near + "\"?"));
        }
        rule.end();
        return new AlertRule(causes.stream().distinct().toList(), channel);
    }

    private static Map<String, AlertChannel> channels(ConfigurationSection section) {
        Map<String, AlertChannel> channels = new TreeMap<>();
        for (String name : section.names()) {
            if (!NAME.matcher(name).matches()) {
                section.mistake(
                        name, "is not a valid name of a channel; use at most 63 lower-case letters, digits, - and _");
            }
            channels.put(name, channel(section.section(name)));
        }
        section.end();
        return channels;
    }

    /// Reads all keys, whatever the type, so that a key of another type is reported as such.
    private static AlertChannel channel(ConfigurationSection channel) {
        String type = channel.text(
                "type", KeyMeaning.of("What receives the messages: `webhook`, `slack`, `pagerduty` or `command`."));
        Set<String> keys = KEYS.getOrDefault(type, Set.of());
        if (!type.isEmpty() && keys.isEmpty()) {
            channel.mistake("type", "expected webhook, slack, pagerduty or command");
        }
        String url = channel.optionalText(
                "url",
                KeyMeaning.of(
                        "URL",
                        "Where a webhook is. For PagerDuty, another address of its Events API; without this key, `"
                                + PAGER_DUTY + "`."));
        Secret secretUrl =
                ReceiverKeys.secret(channel, "url", "the URL of a webhook, or of an incoming webhook of Slack");
        Secret secret = ReceiverKeys.secret(channel, "secret", "the secret that signs the messages to a webhook");
        Secret routingKey =
                ReceiverKeys.secret(channel, "routing-key", "the integration key of a service of PagerDuty");
        boolean allowsPlainHttp = ReceiverKeys.allowsPlainHttp(channel);
        Path trusted = ReceiverKeys.ca(channel);
        List<String> command = channel.texts(
                "command",
                List.of(),
                KeyMeaning.of("The program of a command and its arguments. No shell interprets them."));
        int timeout = channel.number(
                "timeout-seconds", 10, 1, 300, KeyMeaning.of("s", "How long an attempt to send a message may take."));
        for (String key : keysOfOtherTypes(channel, keys)) {
            channel.mistake(key, "is not a key of a channel with the type " + type + "; remove it");
        }
        channel.end();
        Duration limit = Duration.ofSeconds(timeout);
        return switch (type) {
            case "webhook" ->
                new AlertChannel.Webhook(
                        new AlertChannel.Target(
                                ReceiverKeys.url(channel, url, secretUrl, allowsPlainHttp),
                                allowsPlainHttp,
                                trusted,
                                limit),
                        secret);
            case "slack" ->
                new AlertChannel.Slack(new AlertChannel.Target(
                        ReceiverKeys.required(channel, "url", secretUrl), allowsPlainHttp, trusted, limit));
            case "pagerduty" ->
                new AlertChannel.PagerDuty(
                        new AlertChannel.Target(
                                ReceiverKeys.url(channel, url == null ? PAGER_DUTY : url, null, allowsPlainHttp),
                                allowsPlainHttp,
                                trusted,
                                limit),
                        ReceiverKeys.required(channel, "routing-key", routingKey));
            default -> command(channel, type, command, limit);
        };
    }

    private static Set<String> keysOfOtherTypes(ConfigurationSection channel, Set<String> keys) {
        return keys.isEmpty()
                ? Set.of()
                : KEYS.values().stream()
                        .flatMap(Set::stream)
                        .filter(key -> !keys.contains(key) && channel.has(key))
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    private static AlertChannel command(
            ConfigurationSection channel, String type, List<String> command, Duration timeout) {
        if (type.equals("command") && (command.isEmpty() || command.getFirst().isBlank())) {
            channel.mistake("command", "names no program; write a list such as [ \"/usr/local/bin/page\", \"ops\" ]");
        }
        return new AlertChannel.Command(command, timeout);
    }
}
