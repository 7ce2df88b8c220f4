package io.nightshift.destination;

/// The result of looking at one thing.
///
/// @param outcome what was found
/// @param what was looked at, in a word or two
/// @param detail a sentence that names entry, partition or file
public record Finding(Outcome outcome, String what, String detail) {

    /// The kind of the finding.
    public enum Outcome {
        /// It is as it must be.
        PROVED,
        /// It is not as it must be, or it could not be looked at.
        BROKEN,
        /// It can't be proved: the batch hasn't got so far, or its input has changed.
        OPEN
    }
}
