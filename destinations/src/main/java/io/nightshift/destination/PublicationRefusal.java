package io.nightshift.destination;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import java.util.List;

/// Why a destination does not publish what a coordinator asks for, in the words that all destinations share.
public final class PublicationRefusal {

    private PublicationRefusal() {}

    /// A later coordinator has the right to publish the batch. Transient: the later one publishes it.
    public static FailureException superseded(CommittedBatch batch) {
        return new FailureException(Failure.transientFailure(
                "%s is published by a later coordinator, or it was cancelled, or it is gone from %s"
                        .formatted(batch.id(), batch.job().destination())));
    }

    /// The batch that was to be published is gone. Transient, because its coordinator may still learn why.
    public static FailureException removed(BatchId batch) {
        return new FailureException(Failure.transientFailure("%s was removed while it was published".formatted(batch)));
    }

    /// A later coordinator has the right to add rows to the batch. Transient: the later one adds them.
    public static FailureException supplementSuperseded(CommittedBatch batch) {
        return new FailureException(
                Failure.transientFailure("rows are added to %s by a later coordinator".formatted(batch.id())));
    }

    /// An attempt wrote to the batch at the instant of its publication. Transient: the next try compares again.
    ///
    /// @param place what the attempt wrote to
    public static FailureException writtenMeanwhile(CommittedBatch batch, Object place) {
        return new FailureException(Failure.transientFailure(
                "%s: an attempt has written to %s while it was published".formatted(batch.id(), place)));
    }

    /// The published batch is gone, so it can have no supplement. Permanent.
    public static FailureException gone(CommittedBatch batch, Destination destination) {
        return FailureException.permanent(
                "%s is gone from %s, so no rows can be added to it".formatted(batch.id(), destination));
    }

    /// IDs of records are repeated, which the job does not allow. Permanent.
    ///
    /// @param repeated some of them, with how often each is there
    public static FailureException idsRepeated(Job job, List<String> repeated) {
        return FailureException.permanent("the column %s is not unique, but source.unique-id asks for that: %s"
                .formatted(job.source().id(), String.join(", ", repeated)));
    }
}
