package io.nightshift.coordinator.batch.task;

import io.nightshift.coordinator.batch.decision.CoordinatorMessage;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.StepCommand;
import io.nightshift.protocol.batch.StepReply;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A background task of a batch that another node does: asks the node, collects the result, and reports one
/// outcome. A child of the batch's coordinator.
///
/// The node does its work under the incarnation that asks. If nothing is known of its end, it counts as lost, and
/// the coordinator takes over from itself. So a plan that arrives late is one of an earlier incarnation, and this
/// actor, which would receive it, has stopped.
public final class RemoteStep extends AbstractBehavior<RemoteStep.Message> {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteStep.class);

    sealed interface Message {}

    private record Found(ActorRef<StepCommand> helper) implements Message {}

    /// The node was not found, or its result can't be used.
    private record Unusable(Throwable problem) implements Message {}

    private record Replied(StepReply reply) implements Message {}

    /// The node has not replied for too long.
    private record Silent() implements Message {}

    private record Decoded(CoordinatorMessage.StepOutcome outcome) implements Message {}

    /// A task for another node.
    ///
    /// @param phase of the batch, which says what the task is
    /// @param helper the other node, `host:port`
    /// @param patience how long the node may be silent
    public record Request(BatchId batch, int incarnation, Phase phase, String helper, Duration patience) {}

    private final TimerScheduler<Message> timers;
    private final Request request;
    private final BatchServices services;
    private final Consumer<CoordinatorMessage.StepOutcome> report;
    private final String nonce = UUID.randomUUID().toString();
    private final StringBuilder text = new StringBuilder();

    /// The parts that have arrived.
    private int parts;

    private boolean hasAsked;

    private RemoteStep(
            ActorContext<Message> context,
            TimerScheduler<Message> timers,
            Request request,
            BatchServices services,
            Consumer<CoordinatorMessage.StepOutcome> report) {
        super(context);
        this.timers = timers;
        this.request = request;
        this.services = services;
        this.report = report;
        context.pipeToSelf(
                services.recipients().peers().find(request.helper()),
                (found, problem) -> found == null ? new Unusable(problem) : new Found(found));
        expectReply();
    }

    /// @param report receives the outcome, once
    public static Behavior<Message> create(
            Request request, BatchServices services, Consumer<CoordinatorMessage.StepOutcome> report) {
        return Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new RemoteStep(context, timers, request, services, report)));
    }

    @Override
    public Receive<Message> createReceive() {
        return newReceiveBuilder()
                .onMessage(Found.class, this::ask)
                .onMessage(Unusable.class, unusable -> lost(String.valueOf(unusable.problem())))
                .onMessage(
                        Silent.class,
                        silent -> lost(
                                "no reply for %s s".formatted(request.patience().toSeconds())))
                .onMessage(Replied.class, this::replied)
                .onMessage(Decoded.class, decoded -> end(decoded.outcome()))
                .build();
    }

    private void expectReply() {
        timers.startSingleTimer("silent", new Silent(), request.patience());
    }

    private Behavior<Message> ask(Found found) {
        hasAsked = true;
        ActorRef<StepReply> replies = getContext().messageAdapter(StepReply.class, Replied::new);
        found.helper()
                .tell(new StepCommand.Run(request.batch(), request.incarnation(), request.phase(), nonce, replies));
        return this;
    }

    private Behavior<Message> lost(String why) {
        LOG.warn("{}: node {} does not do a step of the batch: {}", request.batch(), request.helper(), why);
        return end(new CoordinatorMessage.HelperLost(request.helper(), hasAsked));
    }

    private Behavior<Message> end(CoordinatorMessage.StepOutcome outcome) {
        report.accept(outcome);
        return Behaviors.stopped();
    }

    private Behavior<Message> replied(Replied replied) {
        if (!replied.reply().nonce().equals(nonce)) {
            return this;
        }
        expectReply();
        return switch (replied.reply()) {
            case StepReply.Working working -> this;
            case StepReply.Failed failed ->
                end(
                        failed.mayContinue()
                                ? new CoordinatorMessage.TaskStalled(failed.failure(), request.helper())
                                : new CoordinatorMessage.TaskFailed(failed.failure(), request.helper()));
            case StepReply.Part part -> take(part);
        };
    }

    /// A part may arrive twice.
    private Behavior<Message> take(StepReply.Part part) {
        if (part.number() != parts) {
            return this;
        }
        parts++;
        text.append(part.text());
        if (part.last()) {
            decode(text.toString());
        } else {
            part.sender().tell(new StepCommand.SendPart(parts));
        }
        return this;
    }

    private void decode(String result) {
        timers.cancel("silent");
        getContext()
                .pipeToSelf(
                        CompletableFuture.supplyAsync(
                                () -> StepResult.outcome(result),
                                services.runtime().blocking()),
                        (outcome, problem) -> outcome == null ? new Unusable(problem) : new Decoded(outcome));
    }
}
