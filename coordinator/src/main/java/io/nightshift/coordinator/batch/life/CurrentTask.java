package io.nightshift.coordinator.batch.life;

import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorAction.BackgroundTask;
import io.nightshift.protocol.batch.BatchCommand;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The background task of a batch: which one runs, on which node, and what the next one waits for. At most one
/// runs for an incarnation at a time. [WantedTask] says which one.
public final class CurrentTask {

    private enum Wait {
        NOTHING,
        /// The batch's window is closed.
        WINDOW,
        /// The last task has failed, and is tried again after a backoff.
        BACKOFF
    }

    /// The last task that was started; null before the first of this incarnation.
    private @Nullable BackgroundTask started;

    private boolean isRunning;

    private Wait wait = Wait.NOTHING;

    /// The other node that does the task, or does it next; null for this node.
    private @Nullable String helper;

    /// The nodes that have failed at the task since this node did it last.
    private final Set<String> failedNodes = new HashSet<>();

    /// The number of tasks that have failed since one succeeded, for the backoff.
    private int failures;

    /// The request to cancel the batch that waits until the publication is fenced; null if there is none.
    private BatchCommand.@Nullable Control cancellation;

    /// Whether the batch has failed, and nobody knows yet whether readers see it or might see it later.
    private boolean mayBecomeVisible;

    /// When the fence of the failed batch failed for the first time; null if it has not.
    private @Nullable Instant fenceFailedAt;

    // Start and end.

    void start(BackgroundTask task) {
        started = task;
        isRunning = true;
    }

    boolean isRunning() {
        return isRunning;
    }

    /// Whether a task runs that may still create staged output. A fence creates none.
    boolean mayStage() {
        return isRunning && !(started instanceof CoordinatorAction.FenceFailedBatch);
    }

    /// A task other than a fence has ended, with whatever outcome.
    void stepEnded() {
        isRunning = isRunning && isFence();
    }

    void fenceEnded() {
        isRunning = isRunning && !isFence();
    }

    private boolean isFence() {
        return started instanceof CoordinatorAction.FencePublication
                || started instanceof CoordinatorAction.FenceFailedBatch;
    }

    void succeeded() {
        failures = 0;
        wait = Wait.NOTHING;
        returnToThisNode();
    }

    /// @return how many tasks have failed since one succeeded
    int failed() {
        failures++;
        return failures;
    }

    /// A new incarnation begins: what tasks of earlier ones report, and what they wait for, does not count.
    void superseded() {
        isRunning = false;
        wait = Wait.NOTHING;
    }

    /// Begins anew, without the failures of earlier incarnations.
    void reset() {
        superseded();
        started = null;
        cancellation = null;
        mayBecomeVisible = false;
        fenceFailedAt = null;
        succeeded();
    }

    // Waiting.

    boolean isWaiting() {
        return wait != Wait.NOTHING;
    }

    void waitForWindow() {
        wait = Wait.WINDOW;
    }

    void waitForBackoff() {
        wait = Wait.BACKOFF;
    }

    void windowOpened() {
        wait = wait == Wait.WINDOW ? Wait.NOTHING : wait;
    }

    /// The task need not wait any longer. If the window is closed, it begins to wait for it again.
    void endWait() {
        wait = Wait.NOTHING;
    }

    // The node.

    @Nullable
    String helper() {
        return helper;
    }

    /// Takes note that a node has failed at the task.
    ///
    /// @param others the other nodes that can do a task now
    /// @return those of them that may do better: they have not failed yet
    List<String> failedOn(String node, List<String> others) {
        failedNodes.add(node);
        return canMove()
                ? others.stream().filter(other -> !failedNodes.contains(other)).toList()
                : List.of();
    }

    /// Whether another node can do the last task.
    boolean canMove() {
        return started != null && started.canMove();
    }

    void moveTo(String node) {
        helper = node;
    }

    void returnToThisNode() {
        helper = null;
        failedNodes.clear();
    }

    // Fences.

    BatchCommand.@Nullable Control cancellation() {
        return cancellation;
    }

    /// @param request that waits until the publication is fenced; null if none does any more
    void cancel(BatchCommand.@Nullable Control request) {
        cancellation = request;
    }

    boolean mayBecomeVisible() {
        return mayBecomeVisible;
    }

    void batchFailed() {
        mayBecomeVisible = true;
        wait = Wait.NOTHING;
    }

    /// The failed batch is fenced, or only the next coordinator fences it.
    void fenceIsOver() {
        mayBecomeVisible = false;
    }

    /// @return when the fence of the failed batch failed for the first time
    Instant fenceFailed(Instant now) {
        fenceFailedAt = fenceFailedAt == null ? now : fenceFailedAt;
        return fenceFailedAt;
    }
}
