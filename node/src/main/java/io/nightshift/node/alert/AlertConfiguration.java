package io.nightshift.node.alert;

import io.nightshift.coordinator.alert.AlertSettings;
import io.nightshift.protocol.failure.NameSuggestion;
import io.nightshift.protocol.job.AlertRule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.alerts` of the configuration.
///
/// @param settings how alerts are delivered
/// @param channels by name
public record AlertConfiguration(AlertSettings settings, Map<String, AlertChannel> channels) {

    /// No channels.
    public static final AlertConfiguration NONE = new AlertConfiguration(AlertSettings.NONE, Map.of());

    public AlertConfiguration {
        channels = Map.copyOf(channels);
    }

    /// Why rules of a job can't be followed; null if all channels are known. An alert that nobody gets would
    /// be found out when it is needed.
    ///
    /// @param channels the names of the known channels
    public static @Nullable String refusal(List<AlertRule> rules, Set<String> channels) {
        for (AlertRule rule : rules) {
            if (channels.contains(rule.channel())) {
                continue;
            }
            String near = NameSuggestion.closest(rule.channel(), channels);
            String known = channels.isEmpty()
                    ? "the configuration has no nightshift.alerts.channels. docs/how-to/alerts.md describes them"
                    : "the configuration has " + String.join(", ", new TreeSet<>(channels));
            return "alerts: there is no channel %s; %s"
                    .formatted(rule.channel(), near == null ? known : "did you mean %s?".formatted(near));
        }
        return null;
    }

    /// The names of the channels.
    public Set<String> names() {
        return channels.keySet();
    }
}
