package io.nightshift.protocol.schedule;

/// The reply to a [ScheduledJobCommand].
///
/// @param <T> the type of the result
public sealed interface ScheduledJobReply<T extends Record> {

    /// The request succeeded.
    ///
    /// @param <T> the type of the result
    /// @param value the result
    record Succeeded<T extends Record>(T value) implements ScheduledJobReply<T> {}

    /// The request changed nothing.
    ///
    /// @param <T> the type of the result
    /// @param reason the kind of the refusal
    /// @param text why, in one or two sentences, for people
    record Declined<T extends Record>(Reason reason, String text) implements ScheduledJobReply<T> {}

    /// The kind of a refusal.
    enum Reason {
        /// No job of this name is applied, or it has no such backfill.
        UNKNOWN,
        /// The request is wrong.
        INVALID,
        /// The request does not fit what the job does now.
        CONFLICT
    }
}
