package io.nightshift.api;

import java.util.List;

/// The health of a node.
///
/// @param well whether all checks pass
/// @param checks the result of each check
public record HealthReport(boolean well, List<Check> checks) {

    /// Keeps an unmodifiable copy of the list.
    public HealthReport {
        checks = List.copyOf(checks);
    }

    /// The result of one check.
    ///
    /// @param what the check's name, such as `journal`
    /// @param holds whether the check passes
    /// @param detail a sentence for people, whether the check passes or not
    public record Check(String what, boolean holds, String detail) {}
}
