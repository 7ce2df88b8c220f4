package io.nightshift.destination;

import io.nightshift.protocol.failure.FailureException;

/// The steps that publish one batch at one destination, in the order of [ExactlyOncePublication]. Each step may be
/// repeated by the same process or another one, after a crash too.
public interface PublicationSteps {

    /// Whether it is decided that readers see the batch. They may see it only after [#carryOut].
    boolean isDecided();

    /// Takes the right to publish from coordinators of earlier incarnations. One of them that has begun [#decide]
    /// has ended when this returns.
    ///
    /// @return false if a later coordinator has that right, or the batch is over
    boolean claim(int incarnation);

    /// As [#claim], also for a batch of which nothing is staged any more.
    default void fence(int incarnation) {
        claim(incarnation);
    }

    /// Compares what the destination records of each partition with its commit.
    ///
    /// @throws FailureException permanent, if they differ
    void requireParts(CommittedBatch batch);

    /// Compares the rows at the destination with what it records. Files need no such step: their lengths are
    /// records.
    ///
    /// @throws FailureException permanent, if they differ
    default void requireRows(CommittedBatch batch) {}

    /// Checks that no ID is repeated, if the job asks for it.
    ///
    /// @throws FailureException permanent, if one is
    void refuseRepeatedIds(CommittedBatch batch);

    /// Stages the manifest.
    void stageManifest(CommittedBatch batch);

    /// Decides that readers see the batch, in one atomic step that only the coordinator of the last claim can make.
    ///
    /// @throws FailureException if a later coordinator has claimed the batch, or an attempt has written to it since
    ///     the checks
    void decide(CommittedBatch batch);

    /// Finishes what was decided.
    ///
    /// @param incarnation of the coordinator
    Publication carryOut(int incarnation);

    /// Removes what is still staged of a batch that readers see.
    ///
    /// @param incarnation of the coordinator
    default void removeStaged(int incarnation) {}
}
