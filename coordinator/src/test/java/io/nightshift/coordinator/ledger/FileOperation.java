package io.nightshift.coordinator.ledger;

/// An operation on a recorded file, or the acknowledgement of an event.
sealed interface FileOperation {

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Write(long position, byte[] bytes) implements FileOperation {}

    record Truncate(long size) implements FileOperation {}

    /// The file was forced to the disk.
    record Force() implements FileOperation {}

    /// The program acknowledged something.
    ///
    /// @param events how many events the ledger must hold from here on
    record Acknowledge(long events) implements FileOperation {}
}
