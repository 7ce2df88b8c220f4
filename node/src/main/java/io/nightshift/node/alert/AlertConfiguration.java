package io.nightshift.node.alert;

import io.nightshift.coordinator.alert.AlertSettings;
import java.util.Map;
import java.util.Set;

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

    /// The names of the channels.
    public Set<String> names() {
        return channels.keySet();
    }
}
