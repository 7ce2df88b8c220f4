package io.nightshift.worker;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/// Lets as many of a node's workers take partitions as the node has scoring threads. A worker keeps
/// its slot while it lives; when it moves to another node or stops, the next in line gets the slot.
public final class ScoringSlots extends AbstractBehavior<ScoringSlots.Acquire> {

    /// @param worker told once, when it has a slot
    public record Acquire(ActorRef<Granted> worker) {}

    public record Granted() {}

    private final Set<ActorRef<Granted>> holders = new HashSet<>();
    private final ArrayDeque<ActorRef<Granted>> queue = new ArrayDeque<>();
    private final int slots;

    private ScoringSlots(ActorContext<Acquire> context, int slots) {
        super(context);
        this.slots = slots;
    }

    public static Behavior<Acquire> create(int slots) {
        return Behaviors.setup(context -> new ScoringSlots(context, slots));
    }

    @Override
    public Receive<Acquire> createReceive() {
        return newReceiveBuilder()
                .onMessage(Acquire.class, this::acquire)
                .onSignal(Terminated.class, this::released)
                .build();
    }

    private Behavior<Acquire> acquire(Acquire message) {
        if (!holders.contains(message.worker()) && !queue.contains(message.worker())) {
            getContext().watch(message.worker());
            queue.add(message.worker());
            grant();
        }
        return this;
    }

    private Behavior<Acquire> released(Terminated terminated) {
        holders.removeIf(holder -> holder.path().equals(terminated.getRef().path()));
        queue.removeIf(waiting -> waiting.path().equals(terminated.getRef().path()));
        grant();
        return this;
    }

    private void grant() {
        while (holders.size() < slots && !queue.isEmpty()) {
            ActorRef<Granted> next = queue.remove();
            holders.add(next);
            next.tell(new Granted());
        }
    }
}
