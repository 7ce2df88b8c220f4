package io.nightshift.coordinator.verification;

/// One thing that was looked at, and what came of it.
///
/// @param what was looked at, in a word or two
/// @param detail a sentence that names entry, partition or file
public record Finding(Outcome outcome, String what, String detail) {

    public enum Outcome {
        /// It is as it must be.
        PROVED,
        /// It isn't, or could not be looked at.
        BROKEN,
        /// There is nothing to prove it by: the batch isn't that far, or its input is another now.
        OPEN
    }
}
