package io.nightshift.api;

import java.util.List;

/// The health of a node.
///
/// @param status [#UP] if all checks pass, otherwise [#DOWN]
/// @param checks the result of each check
public record HealthReport(String status, List<Check> checks) {

    /// The status of a node or a check that is well.
    public static final String UP = "up";

    /// The status of a node or a check that is not.
    public static final String DOWN = "down";

    /// Keeps an unmodifiable copy of the list.
    public HealthReport {
        checks = List.copyOf(checks);
    }

    /// The report with the results of the checks.
    ///
    /// @param checks the result of each check
    public HealthReport(List<Check> checks) {
        this(checks.stream().allMatch(Check::passes) ? UP : DOWN, checks);
    }

    /// Whether all checks pass.
    public boolean isUp() {
        return status.equals(UP);
    }

    /// The result of one check.
    ///
    /// @param name the check's name, such as `journal`
    /// @param status [#UP] if the check passes, otherwise [#DOWN]
    /// @param detail a sentence for people, whether the check passes or not
    public record Check(String name, String status, String detail) {

        /// The result of a check.
        ///
        /// @param name the check's name
        /// @param passes whether the check passes
        /// @param detail a sentence for people
        public Check(String name, boolean passes, String detail) {
            this(name, passes ? UP : DOWN, detail);
        }

        private boolean passes() {
            return status.equals(UP);
        }
    }
}
