package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.decision.CoordinatorAction;
import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.coordinator.batch.state.BatchState;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.StepReply;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does steps of batches whose coordinators run on other nodes, because those nodes lack the input or another
/// resource. Every node has one, whatever its roles. The counterpart of [RemoteStep].
///
/// A step changes nothing but the destination's staging folder, which every coordinator of the batch makes. The
/// coordinator persists the result, if it is still in office.
public final class StepRunner {

    private static final Logger LOG = LoggerFactory.getLogger(StepRunner.class);
    private static final Message HEARTBEAT = new Heartbeat();
    private static final Message EXPIRED = new Expired();

    /// The time between two messages that the step is still done.
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    /// How long a finished result is kept for the coordinator that asked for it.
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private StepRunner() {}

    /// @param ledger reads the state of a batch from its entries in the ledger; blocks
    public static Behavior<StepCommand> create(BatchServices services, Function<BatchId, BatchState> ledger) {
        return Behaviors.setup(context -> Behaviors.receiveMessage(command -> {
            if (command instanceof StepCommand.Run run) {
                if (services.recipients().peers().isNode(run.replyTo().path().address())) {
                    context.spawnAnonymous(Session.create(run, services, ledger));
                } else {
                    LOG.warn("a step of {} is refused: {} is not a node of this cluster", run.batch(), run.replyTo());
                }
            }
            return Behaviors.same();
        }));
    }

    private sealed interface Message {}

    private record Succeeded(List<String> parts) implements Message {}

    private record Failed(Failure failure, boolean mayContinue) implements Message {}

    private record Heartbeat() implements Message {}

    private record Expired() implements Message {}

    private record Asked(StepCommand command) implements Message {}

    /// One step.
    private static final class Session extends AbstractBehavior<Message> {

        private final TimerScheduler<Message> timers;
        private final StepCommand.Run run;
        private final BatchServices services;
        private final Function<BatchId, BatchState> ledger;
        private final BackgroundTaskRunner tasks;
        private final CoordinatorAction.BackgroundTask task;
        private List<String> parts = List.of();

        /// The batch; null until it is read.
        private volatile @Nullable BatchState state;

        private Session(
                ActorContext<Message> context,
                TimerScheduler<Message> timers,
                StepCommand.Run run,
                BatchServices services,
                Function<BatchId, BatchState> ledger) {
            super(context);
            this.timers = timers;
            this.run = run;
            this.services = services;
            this.ledger = ledger;
            this.tasks = BackgroundTaskRunner.ofAnotherNode(run.batch(), services);
            this.task = run.phase() == Phase.RUNNING
                    ? new CoordinatorAction.CheckInput(run.incarnation())
                    : new CoordinatorAction.MakePlan(run.incarnation());
            context.watch(run.replyTo());
            timers.startTimerWithFixedDelay(HEARTBEAT, HEARTBEAT, Duration.ZERO, INTERVAL);
            start();
        }

        static Behavior<Message> create(
                StepCommand.Run run, BatchServices services, Function<BatchId, BatchState> ledger) {
            return Behaviors.setup(
                    context -> Behaviors.withTimers(timers -> new Session(context, timers, run, services, ledger)));
        }

        @Override
        public Receive<Message> createReceive() {
            return newReceiveBuilder()
                    .onMessage(Heartbeat.class, heartbeat -> {
                        run.replyTo().tell(new StepReply.Working(run.nonce()));
                        return this;
                    })
                    .onMessage(Succeeded.class, this::succeeded)
                    .onMessage(Failed.class, this::failed)
                    .onMessage(Asked.class, this::asked)
                    .onMessage(Expired.class, expired -> Behaviors.stopped())
                    .onSignal(Terminated.class, terminated -> Behaviors.stopped())
                    .build();
        }

        private void start() {
            WatchedTask<List<String>> watched = WatchedTask.start(
                    this::result,
                    services.runtime().blocking(),
                    services.settings().stallAfter(),
                    services.runtime().stuck());
            getContext()
                    .pipeToSelf(
                            watched.result(),
                            (result, problem) ->
                                    problem == null ? new Succeeded(result) : failed(tasks.failed(problem)));
            getContext().pipeToSelf(watched.stall(), (waited, problem) -> stalled(waited));
        }

        private static Failed failed(CoordinatorMessage.TaskFailed failed) {
            return new Failed(failed.failure(), false);
        }

        private Message stalled(Duration waited) {
            BatchState read = state;
            return read != null
                            && tasks.stalled(task, read.submission().job(), waited)
                                    instanceof CoordinatorMessage.TaskStalled(Failure failure, String helper)
                    ? new Failed(failure, true)
                    : new Failed(
                            Failure.transientFailure("node %s has not read the ledger of %s for %d s"
                                    .formatted(services.runtime().node(), run.batch(), waited.toSeconds())),
                            true);
        }

        /// Called on a thread that may block.
        private List<String> result() {
            BatchState read = ledger.apply(run.batch());
            state = read;
            if (!isInOffice(read)) {
                throw new FailureException(Failure.transientFailure(
                        "%s: another coordinator has taken over the batch".formatted(run.batch())));
            }
            LOG.info(
                    "{}: this node {} for the coordinator on another node",
                    run.batch(),
                    run.phase() == Phase.RUNNING ? "compares the input with the plan" : "plans the batch");
            CoordinatorMessage.TaskOutcome outcome = tasks.run(task, read);
            // The batch may have been cancelled, and swept, before this node has made the staging folder.
            if (ledger.apply(run.batch()).phase() == Phase.CANCELLED) {
                tasks.sweep(read.submission().job());
            }
            return StepResult.parts(outcome, services.runtime().clock().instant());
        }

        private boolean isInOffice(BatchState read) {
            boolean isPlanned = read.plan() != null;
            return read.isOpen()
                    && read.phase() != Phase.FAILED
                    && read.incarnation() == run.incarnation()
                    && isPlanned == (run.phase() == Phase.RUNNING);
        }

        private Behavior<Message> failed(Failed failed) {
            run.replyTo().tell(new StepReply.Failed(run.nonce(), failed.failure(), failed.mayContinue()));
            return Behaviors.stopped();
        }

        private Behavior<Message> succeeded(Succeeded succeeded) {
            timers.cancel(HEARTBEAT);
            parts = succeeded.parts();
            return send(0);
        }

        private Behavior<Message> asked(Asked asked) {
            return asked.command() instanceof StepCommand.SendPart(int number) && number > 0 && number < parts.size()
                    ? send(number)
                    : this;
        }

        private Behavior<Message> send(int number) {
            boolean last = number == parts.size() - 1;
            ActorRef<StepCommand> next = getContext().messageAdapter(StepCommand.class, Asked::new);
            run.replyTo().tell(new StepReply.Part(run.nonce(), number, last, parts.get(number), next));
            if (last) {
                return Behaviors.stopped();
            }
            timers.startSingleTimer(EXPIRED, EXPIRED, PATIENCE);
            return this;
        }
    }
}
