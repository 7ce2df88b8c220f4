package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.Job;
import java.util.Optional;

/// Makes a batch visible. The order of calls for one batch is [#prepare], then, when every
/// partition is committed, [#publish], or [#discard] if it is given up; each may be called again
/// after a crash at any instant of an earlier call, and then finishes what that began. Blocking;
/// called off the actors' threads.
public interface Publisher {

    /// Makes the place where attempts stage their output.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if the destination can't be made
    ///     or written
    void prepare(BatchId batch, Job job);

    /// The folder for the output of attempts. A worker never makes it: once it is gone, late
    /// attempts have nowhere to go.
    String staging(BatchId batch, Job job);

    /// Checks the committed output and shows all of it to readers at once: the output of the winning
    /// attempts, and none of attempts that have won before their partition was rescored. Of two
    /// coordinators that publish the same batch at a time, the one of the greater incarnation goes on.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if committed output is missing
    ///     or the checks fail; nothing is visible then
    Publication publish(BatchState state);

    /// Makes sure that no publication which an earlier coordinator may still be at becomes visible
    /// from now on: one that was thought dead can wake up in the middle of [#publish], and the batch
    /// is about to be changed or given up. Publications of greater incarnations than the state's are
    /// not hindered.
    ///
    /// @return what readers see already, or nothing; then, nothing of the batch is visible, or will
    ///     be
    /// @throws io.nightshift.protocol.failure.FailureException if that can't be made sure
    Optional<Publication> fence(BatchState state);

    /// Removes what a given-up batch has staged. What can't be removed is logged.
    void discard(BatchId batch, Job job);

    /// @param destination the folder that readers see
    /// @param manifestSha256 of its manifest
    record Publication(String destination, String manifestSha256) {}
}
