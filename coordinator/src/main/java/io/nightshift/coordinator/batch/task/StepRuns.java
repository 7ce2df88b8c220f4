package io.nightshift.coordinator.batch.task;

import io.nightshift.protocol.batch.BatchId;
import java.util.List;

/// Remembers which runs of a batch's steps have begun and not ended. A step that computes expressions of a job can
/// crash the process, which then reports nothing. So a run that has not ended counts as a failed attempt, like a
/// lease without heartbeats. See docs/decisions/0059-crashes-in-steps.md.
///
/// Safe for several threads. Every method waits for the ledger's database, and throws a [FailureException] if it
/// can't be used.
public interface StepRuns {

    /// Records that a run begins.
    ///
    /// @param step what is done, such as `plan`
    /// @param run the ID of this run
    /// @param node that does it, `host:port`
    /// @return the nodes of the runs of this step that have not ended, without this one; sorted
    List<String> begin(BatchId batch, String step, String run, String node);

    /// Records that a run has ended in some way, or that its process has not crashed. Does nothing if that is
    /// recorded already.
    void end(BatchId batch, String run);

    /// Forgets all runs of a step, so that they do not count any more.
    void forget(BatchId batch, String step);
}
