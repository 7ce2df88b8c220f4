package io.nightshift.protocol.api;

import java.util.List;

/// How a node is.
///
/// @param well whether all checks hold
public record HealthReport(boolean well, List<Check> checks) {

    public HealthReport {
        checks = List.copyOf(checks);
    }

    /// @param detail a sentence, whether it holds or not
    public record Check(String what, boolean holds, String detail) {}
}
