package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent.RedriveBegun;
import io.nightshift.protocol.batch.Removal;
import io.nightshift.protocol.batch.Supplement;
import io.nightshift.protocol.failure.Failure;
import org.jspecify.annotations.Nullable;

/// An operation on a published batch. There is at most one operation at a time.
public sealed interface UpkeepOperation {

    /// The removal of the batch. It is the last operation, and stays after its end.
    ///
    /// @param removal how far it is
    record Removing(Removal removal) implements UpkeepOperation {}

    /// A redrive of the batch's quarantine that has yet to end.
    ///
    /// @param begun its first event
    /// @param committed its supplement; null before it is scored
    /// @param refused why the destination refuses the supplement for good, so that it is being withdrawn; null if
    ///     it does not
    record Redriving(
            RedriveBegun begun,
            @Nullable Supplement committed,
            @Nullable Failure refused) implements UpkeepOperation {}
}
