package io.nightshift.coordinator.batch.state;

import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchUse;
import io.nightshift.protocol.batch.PartitionCommit;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.batch.Use;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The use of a batch's attempts that were thrown away, and how much time of processors its nodes had: a part of
/// the fold [BatchState], which sums the use of the committed attempts in its totals.
///
/// The active time of a batch is the time in which its partitions could be scored. It does not go on while
/// the batch is paused, waits for a resource, has failed, or has no coordinator. A node counts from the start
/// of the first attempt that it has committed since the last takeover, until the next takeover.
///
/// @param discarded the use of the attempts that were thrown away
/// @param discardedAttempts how many these are
/// @param active the active time, in microseconds, until `since`
/// @param since the last entry of the ledger after which the active time goes on; null while it does not
/// @param earlier the processors' time of the nodes until the last takeover
/// @param takenOver the active time at the last takeover, in microseconds
/// @param nodes the nodes that count, by address
public record ResourceUse(
        Use discarded,
        int discardedAttempts,
        long active,
        @Nullable Instant since,
        Capacity earlier,
        long takenOver,
        Map<String, Node> nodes) {

    static final ResourceUse NONE = new ResourceUse(Use.NONE, 0, 0, null, new Capacity(0, 0), 0, Map.of());

    /// The time that nodes had.
    ///
    /// @param processors of their processors, in microseconds
    /// @param threads of their scoring threads, in microseconds
    public record Capacity(long processors, long threads) {}

    /// A node that counts.
    ///
    /// @param cores how many processors it has
    /// @param threads how many scoring threads it has
    /// @param from the active time of the batch from which on it counts, in microseconds
    public record Node(int cores, int threads, long from) {}

    public ResourceUse {
        nodes = nodes.isEmpty() ? Map.of() : Map.copyOf(nodes);
    }

    /// @param before the state before the event
    /// @param folded the state after the event, except its phase
    /// @param phase the phase after the event
    ResourceUse after(BatchState before, BatchEvent event, BatchState folded, Phase phase) {
        boolean goesOn = before.phase() == Phase.RUNNING
                && before.outage() == null
                && since != null
                && !(event instanceof BatchEvent.TookOver);
        boolean isActive = phase == Phase.RUNNING && folded.outage() == null;
        ResourceUse next = new ResourceUse(
                discarded,
                discardedAttempts,
                active + (goesOn ? micros(since, event.at()) : 0),
                isActive ? later(since, event.at()) : null,
                earlier,
                takenOver,
                nodes);
        return switch (event) {
            case BatchEvent.TookOver tookOver -> next.afterTakeover();
            case BatchEvent.Committed committed -> next.committed(committed);
            case BatchEvent.AttemptFailed failed -> next.discarded(failed.use(), 1);
            case BatchEvent.Rescored rescored ->
                next.discarded(
                        before.totals().use().minus(folded.totals().use()),
                        rescored.partitions().size());
            default -> next;
        };
    }

    /// The later of two times, so that a clock that was set back does not make a time count twice.
    private static Instant later(@Nullable Instant one, Instant other) {
        return one != null && one.isAfter(other) ? one : other;
    }

    private static long micros(@Nullable Instant from, Instant to) {
        return from == null ? 0 : Math.max(0, Duration.between(from, to).toNanos() / 1_000);
    }

    private ResourceUse afterTakeover() {
        return new ResourceUse(discarded, discardedAttempts, active, since, capacity(), active, Map.of());
    }

    private ResourceUse discarded(@Nullable Use use, int attempts) {
        return use == null || use.equals(Use.NONE)
                ? this
                : new ResourceUse(
                        discarded.plus(use), discardedAttempts + attempts, active, since, earlier, takenOver, nodes);
    }

    private ResourceUse committed(BatchEvent.Committed event) {
        Map<String, Node> changed = new TreeMap<>();
        for (PartitionCommit commit : event.commits()) {
            Use use = commit.use();
            if (use == null || commit.cores() == 0) {
                continue;
            }
            Node known = changed.getOrDefault(commit.node(), nodes.get(commit.node()));
            long began = Math.max(takenOver, active - use.elapsed());
            Node now =
                    new Node(commit.cores(), commit.threads(), known == null ? began : Math.min(known.from(), began));
            if (!now.equals(known)) {
                changed.put(commit.node(), now);
            }
        }
        return with(changed).discarded(event.discarded(), event.discardedAttempts());
    }

    private ResourceUse with(Map<String, Node> changed) {
        if (changed.isEmpty()) {
            return this;
        }
        Map<String, Node> next = new TreeMap<>(nodes);
        next.putAll(changed);
        return new ResourceUse(discarded, discardedAttempts, active, since, earlier, takenOver, next);
    }

    private Capacity capacity() {
        long processors = earlier.processors();
        long threads = earlier.threads();
        for (Node node : nodes.values()) {
            long time = active - node.from();
            processors += time * node.cores();
            threads += time * node.threads();
        }
        return new Capacity(processors, threads);
    }

    /// The use of the nodes by the batch; null if the ledger does not say.
    ///
    /// @param committed the use of the committed attempts
    @Nullable
    BatchUse describe(Use committed) {
        if (committed.equals(Use.NONE) && discardedAttempts == 0) {
            return null;
        }
        Capacity capacity = capacity();
        return new BatchUse(
                committed,
                discarded,
                discardedAttempts,
                active,
                capacity.processors(),
                capacity.threads(),
                nodes.size(),
                nodes.values().stream().mapToInt(Node::cores).sum(),
                nodes.values().stream().mapToInt(Node::threads).sum());
    }
}
