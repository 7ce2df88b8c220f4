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

/// Lets as many of a node's workers take partitions as it has scoring threads, and those it may take ahead. A worker
/// keeps its slot while it lives; when it moves to another node or stops, the next in line gets the slot. Closed
/// before the node leaves its cluster, while its workers can still be heard there.
public final class ScoringSlots extends AbstractBehavior<ScoringSlots.Command> {

    public sealed interface Command {}

    /// @param worker told when it has a slot
    public record Acquire(ActorRef<Notice> worker) implements Command {}

    /// Withdraws all slots and grants no more. Answered when every worker that had one has ended.
    public record Close(ActorRef<Closed> replyTo) implements Command {}

    /// What a worker is told.
    public sealed interface Notice {}

    public record Granted() implements Notice {}

    /// The worker has to end; it may see to the end of what it has.
    public record Withdrawn() implements Notice {}

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
        holders.forEach(holder -> holder.tell(new Withdrawn()));
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
