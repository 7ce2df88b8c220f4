package io.nightshift.nemesis.fault;

import java.io.IOException;
import java.time.Duration;

/// A fault that is in effect.
///
/// @param victim the affected node in words, empty where the fault names it
/// @param lasts the longest time until the fault is healed
/// @param untilCommit whether the fault is healed as soon as another partition is committed
/// @param healing ends the fault
public record InjectedFault(String victim, Duration lasts, boolean untilCommit, Healing healing) {

    /// Undoes a fault.
    public interface Healing {
        void heal() throws IOException;
    }
}
