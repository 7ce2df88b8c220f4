package io.nightshift.coordinator.batch;

import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.coordinator.batch.task.BackgroundTaskRunner;
import io.nightshift.coordinator.batch.task.BatchServices;
import io.nightshift.coordinator.batch.task.RemoteStep;
import io.nightshift.coordinator.batch.task.WatchedTask;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.register.BatchRegisterCommand;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/// Starts the background tasks of a batch, here or on the node that helps, and reports to the batch's actor how
/// they stall and end. Called by the actor only.
final class BatchTasks {

    private final ActorContext<CoordinatorMessage> context;
    private final BatchId batch;
    private final BatchServices services;
    private final BackgroundTaskRunner runner;

    /// The last deletion of the staged output; null before the first.
    private @Nullable WatchedTask<Boolean> sweep;

    /// The last fence of the batch's publication; null before the first.
    private @Nullable WatchedTask<CoordinatorMessage.TaskOutcome> fence;

    BatchTasks(ActorContext<CoordinatorMessage> context, BatchId batch, BatchServices services) {
        this.context = context;
        this.batch = batch;
        this.services = services;
        this.runner = new BackgroundTaskRunner(batch, services);
    }

    /// Releases what the tasks hold, on another thread.
    void release() {
        services.runtime().blocking().execute(runner::release);
    }

    /// A step that stalls is reported twice: when it stalls, and if it ends after all. The outcome of a
    /// fence counts once, because its request is answered then.
    void start(CoordinatorAction.BackgroundTask task, BatchState state) {
        if (task.helper() != null) {
            startElsewhere(task, task.helper(), state);
            return;
        }
        if (isFence(task) && fence != null && fence.isHanging()) {
            report(task, afterHangingFence(task, state, fence));
            return;
        }
        WatchedTask<CoordinatorMessage.TaskOutcome> watched = watch(() -> runner.run(task, state));
        fence = isFence(task) ? watched : fence;
        CompletableFuture<CoordinatorMessage.TaskOutcome> stalled = watched.stall()
                .thenApplyAsync(
                        waited -> runner.stalled(task, state.submission().job(), waited),
                        services.runtime().blocking());
        if (task instanceof CoordinatorAction.FencePublication) {
            report(task, watched.result().applyToEither(stalled, Function.identity()));
        } else if (task instanceof CoordinatorAction.RemoveOutput
                || task instanceof CoordinatorAction.RunRedrive
                || task instanceof CoordinatorAction.FenceFailedBatch) {
            // While it hangs, no other one begins.
            report(task, watched.result());
        } else {
            report(task, watched.result());
            report(task, stalled);
        }
    }

    private static boolean isFence(CoordinatorAction.BackgroundTask task) {
        return task instanceof CoordinatorAction.FencePublication || task instanceof CoordinatorAction.FenceFailedBatch;
    }

    boolean isFenceRunning() {
        return fence != null && !fence.result().isDone();
    }

    /// While a fence hangs, no other one begins: each would take a thread. A request is answered at once, and a
    /// failed batch is fenced when the hanging fence has ended.
    private CompletableFuture<CoordinatorMessage.TaskOutcome> afterHangingFence(
            CoordinatorAction.BackgroundTask task,
            BatchState state,
            WatchedTask<CoordinatorMessage.TaskOutcome> hanging) {
        Job job = state.submission().job();
        CompletableFuture<Duration> waited = task instanceof CoordinatorAction.FencePublication
                ? hanging.stall()
                : hanging.result()
                        .handle((outcome, problem) -> true)
                        .thenCombine(hanging.stall(), (ended, time) -> time);
        return waited.thenApplyAsync(
                time -> runner.stalled(task, job, time), services.runtime().blocking());
    }

    private void startElsewhere(CoordinatorAction.BackgroundTask task, String helper, BatchState state) {
        Phase phase = Objects.requireNonNull(state.phase());
        RemoteStep.Request request = new RemoteStep.Request(
                batch, task.incarnation(), phase, helper, services.settings().lease());
        ActorRef<CoordinatorMessage> self = context.getSelf();
        context.spawnAnonymous(RemoteStep.create(
                request,
                services,
                outcome -> self.tell(new CoordinatorMessage.TaskReported(
                        task.incarnation(),
                        outcome,
                        services.recipients().peers().others()))));
    }

    private void report(
            CoordinatorAction.BackgroundTask task, CompletableFuture<CoordinatorMessage.TaskOutcome> reported) {
        context.pipeToSelf(
                reported,
                (outcome, problem) -> new CoordinatorMessage.TaskReported(
                        task.incarnation(),
                        problem == null ? outcome : runner.failed(problem),
                        services.recipients().peers().others()));
    }

    private <T> WatchedTask<T> watch(Supplier<T> work) {
        return WatchedTask.start(
                work,
                services.runtime().blocking(),
                services.settings().stallAfter(),
                services.runtime().stuck());
    }

    /// The register learns of the end even if the sweep fails or stalls. While a sweep hangs, there is no
    /// other one.
    void sweep(Job job) {
        WatchedTask<Boolean> last = sweep;
        WatchedTask<Boolean> current = last != null && last.isHanging()
                ? last
                : watch(() -> {
                    runner.sweep(job);
                    return true;
                });
        sweep = current;
        CompletionStage<Object> end = CompletableFuture.anyOf(current.result(), current.stall());
        end.whenComplete((done, problem) ->
                services.recipients().register().accept(new BatchRegisterCommand.BatchEnded(batch, Phase.CANCELLED)));
    }
}
