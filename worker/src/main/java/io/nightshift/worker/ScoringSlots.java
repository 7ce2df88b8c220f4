package io.nightshift.worker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/// Grants slots to a node's workers: one for each scoring thread, and those for partitions leased ahead. A
/// worker keeps its slot while it lives. When it moves to another node or stops, the next worker in the queue
/// gets the slot. The node closes its slots before it leaves the cluster, while its workers can still reach
/// the batches.
public final class ScoringSlots extends AbstractBehavior<ScoringSlots.Command> {

    public sealed interface Command {}

    /// Requests a slot.
    ///
    /// @param worker that gets a [Notice] when it has a slot
    public record Acquire(ActorRef<Notice> worker) implements Command {}

    /// Revokes all slots and grants no more. The answer comes when every worker that held one has stopped.
    public record Close(ActorRef<Closed> replyTo) implements Command {}

    /// The messages to a worker.
    public sealed interface Notice {}

    public record Granted() implements Notice {}

    /// The worker must stop. It may finish its partition.
    public record Revoked() implements Notice {}

    public record Closed() {}

    private final Set<ActorRef<Notice>> holders = new HashSet<>();
    private final ArrayDeque<ActorRef<Notice>> queue = new ArrayDeque<>();
    private final List<ActorRef<Closed>> closing = new ArrayList<>();
    private final int slots;

    private ScoringSlots(ActorContext<Command> context, int slots) {
        super(context);
        this.slots = slots;
    }

    public static Behavior<Command> create(int slots) {
        return Behaviors.setup(context -> new ScoringSlots(context, slots));
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Acquire.class, this::acquire)
                .onMessage(Close.class, this::close)
                .onSignal(Terminated.class, this::released)
                .build();
    }

    private Behavior<Command> acquire(Acquire message) {
        if (!holders.contains(message.worker()) && !queue.contains(message.worker())) {
            getContext().watch(message.worker());
            queue.add(message.worker());
            grant();
        }
        return this;
    }

    private Behavior<Command> close(Close message) {
        closing.add(message.replyTo());
        holders.forEach(holder -> holder.tell(new Revoked()));
        answerWhenEmpty();
        return this;
    }

    private void answerWhenEmpty() {
        if (holders.isEmpty()) {
            closing.forEach(asker -> asker.tell(new Closed()));
        }
    }

    private Behavior<Command> released(Terminated terminated) {
        holders.removeIf(holder -> holder.path().equals(terminated.getRef().path()));
        queue.removeIf(waiting -> waiting.path().equals(terminated.getRef().path()));
        if (closing.isEmpty()) {
            grant();
        } else {
            answerWhenEmpty();
        }
        return this;
    }

    private void grant() {
        while (closing.isEmpty() && holders.size() < slots && !queue.isEmpty()) {
            ActorRef<Notice> next = queue.remove();
            holders.add(next);
            next.tell(new Granted());
        }
    }
}
