package io.nightshift.nemesis;

import java.io.IOException;
import java.time.Duration;

/// A fault that was dealt.
///
/// @param victim whom it hit, in words; empty where that is plain
/// @param lasts how long until it is healed at most
/// @param untilCommit whether it is healed as soon as a partition was committed since
/// @param healing how it ends
record Blow(String victim, Duration lasts, boolean untilCommit, Healing healing) {

    /// Undoes a fault.
    interface Healing {
        void heal() throws IOException;
    }
}
