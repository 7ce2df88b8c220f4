package io.nightshift.coordinator.alert;

import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.AlertRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// How the outbox delivers alerts.
///
/// @param rules of the configuration, which count for all jobs and nodes
/// @param stalledAfter how long a batch may make no progress before that is an alert
/// @param retryFor how long a message is retried; longer than 0
/// @param minBackoff the time between the first attempt and the second; it doubles with each further attempt
/// @param maxBackoff the longest time between two attempts
/// @param askEvery how often the outbox asks a batch whether the cause of its open incident has ended
/// @param silentAfter after this time without a message about an excluded node, its incident ends
public record AlertSettings(
        List<AlertRule> rules,
        Duration stalledAfter,
        Duration retryFor,
        Duration minBackoff,
        Duration maxBackoff,
        Duration askEvery,
        Duration silentAfter) {

    /// No rules, and the default times.
    public static final AlertSettings NONE = of(List.of(), Duration.ofMinutes(30), Duration.ofHours(24));

    public AlertSettings {
        rules = List.copyOf(rules);
    }

    /// Settings with the default times between attempts.
    public static AlertSettings of(List<AlertRule> rules, Duration stalledAfter, Duration retryFor) {
        return new AlertSettings(
                rules,
                stalledAfter,
                retryFor,
                Duration.ofSeconds(5),
                Duration.ofMinutes(5),
                Duration.ofMinutes(1),
                Duration.ofMinutes(15));
    }

    /// The channels of rules for a cause, each once.
    public static List<String> channels(List<AlertRule> rules, AlertCause cause) {
        Set<String> channels = new LinkedHashSet<>();
        for (AlertRule rule : rules) {
            if (rule.causes().contains(cause)) {
                channels.add(rule.channel());
            }
        }
        return List.copyOf(channels);
    }

    /// The channels that are told of a cause: those that the job names, and those of the configuration.
    List<String> allChannels(List<String> ofJob, AlertCause cause) {
        Set<String> channels = new LinkedHashSet<>(ofJob);
        channels.addAll(channels(rules, cause));
        return new ArrayList<>(channels);
    }

    /// The time between an attempt and the next. A tenth of it differs from incident to incident, so that
    /// messages that failed together are not sent together again.
    ///
    /// @param attempts how many attempts have failed, at least 1
    Duration backoff(int attempts, long incident) {
        long doubled = Math.max(1, minBackoff.toMillis()) << Math.min(attempts - 1, 30);
        long longest = Math.min(doubled, maxBackoff.toMillis());
        return Duration.ofMillis(longest - longest * Math.floorMod(incident * 31 + attempts, 100) / 1_000);
    }
}
