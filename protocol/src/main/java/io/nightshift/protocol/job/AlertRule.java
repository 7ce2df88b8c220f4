package io.nightshift.protocol.job;

import java.util.List;

/// The channel that receives alerts about a job, and the problems that they report.
///
/// @param causes at least one, and none twice
/// @param channel the name of a channel in the configuration of the nodes
public record AlertRule(List<AlertCause> causes, String channel) {
    public AlertRule {
        causes = List.copyOf(causes);
    }
}
