package io.nightshift.coordinator.batch.attempt;

import io.nightshift.coordinator.batch.state.CommittedPartitions;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Use;
import io.nightshift.protocol.batch.WorkerMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The leases of one incarnation: which worker holds which partition, and which partition is leased next.
/// Leases are not persisted. After a restart all are void, and the next incarnation's epochs are higher than
/// all before.
///
/// A partition is in one of these states: not leased yet, leased, waiting for its next attempt, excluded
/// because it has exhausted its attempts, or committed. The caller knows which partitions are committed.
///
/// Deterministic: the caller passes the time, in nanoseconds of a monotonic clock. Used by one thread.
public class Leases {

    /// A lease that a worker holds.
    ///
    /// @param since when it was granted
    /// @param deadline when it expires without another heartbeat
    /// @param rows how many rows the worker has reported as scored
    /// @param use what the worker has reported that the attempt has used; null if it has not
    public record ActiveLease(
            Epoch epoch,
            Holder holder,
            long since,
            long deadline,
            long rows,
            @Nullable Use use) {}

    /// The worker that holds a lease.
    ///
    /// @param node the worker's node, `host:port`
    public record Holder(String node, ActorRef<WorkerMessage> worker) {}

    public record GrantedLease(int partition, Epoch epoch) {}

    /// A lease without a heartbeat for too long.
    ///
    /// @param use what the worker has reported that the attempt has used; null if it has not
    public record ExpiredLease(
            int partition,
            Epoch epoch,
            String node,
            @Nullable Use use) {}

    /// A partition that waits for its next attempt.
    private record DelayedPartition(int partition, long notBefore) {}

    private final int incarnation;
    private final long duration;
    private int partitions;
    public final Map<Integer, ActiveLease> active = new HashMap<>();
    /// The partition that each worker holds.
    private final Map<ActorRef<WorkerMessage>, Integer> heldBy = new HashMap<>();
    /// Partitions to lease before those from [#firstFresh] on.
    private final ArrayDeque<Integer> queued = new ArrayDeque<>();
    private final PriorityQueue<DelayedPartition> delayed =
            new PriorityQueue<>((one, other) -> Long.signum(one.notBefore() - other.notBefore()));
    private final Set<Integer> excluded = new HashSet<>();
    /// The first partition that this incarnation has not leased yet.
    private int firstFresh;
    /// The number of leases that were granted.
    private int granted;

    /// @param duration how long a lease lasts without a heartbeat, in nanoseconds
    public Leases(int incarnation, int partitions, long duration) {
        this.incarnation = incarnation;
        this.partitions = partitions;
        this.duration = duration;
    }

    /// Leases these partitions only, until [#restart]. Called before the first lease.
    ///
    /// @param chosen partitions that are not committed
    protected void only(List<Integer> chosen) {
        queued.addAll(chosen);
        firstFresh = partitions;
    }

    /// Voids all leases, and makes every partition available that is not committed.
    public void restart() {
        active.clear();
        heldBy.clear();
        queued.clear();
        delayed.clear();
        excluded.clear();
        firstFresh = 0;
    }

    /// The partition to lease next; empty if every partition is committed, leased, excluded or delayed.
    public OptionalInt nextPartition(CommittedPartitions committed, long now) {
        while (!delayed.isEmpty() && delayed.peek().notBefore() - now <= 0) {
            queued.add(delayed.remove().partition());
        }
        if (!queued.isEmpty()) {
            return OptionalInt.of(queued.element());
        }
        while (firstFresh < partitions && (committed.contains(firstFresh) || excluded.contains(firstFresh))) {
            firstFresh++;
        }
        return firstFresh < partitions ? OptionalInt.of(firstFresh) : OptionalInt.empty();
    }

    /// The lease that a worker holds, extended; null if it holds none. A worker that asks for a lease while
    /// it holds one never received it, or its release was lost.
    @Nullable
    protected GrantedLease currentLease(Holder holder, long now) {
        Integer partition = heldBy.get(holder.worker());
        ActiveLease lease = partition == null ? null : active.get(partition);
        if (partition == null || lease == null || !lease.holder().equals(holder)) {
            return null;
        }
        heartbeat(partition, lease.epoch(), 0, lease.use(), now);
        return new GrantedLease(partition, lease.epoch());
    }

    /// Leases the partition that [#nextPartition] has just returned.
    GrantedLease grant(int partition, Holder holder, long now) {
        if (!queued.isEmpty() && queued.element() == partition) {
            queued.remove();
        } else if (partition == firstFresh) {
            firstFresh++;
        } else {
            throw new IllegalStateException("partition " + partition + " is not next");
        }
        granted++;
        Epoch epoch = new Epoch(incarnation, granted);
        active.put(partition, new ActiveLease(epoch, holder, now, now + duration, 0, null));
        heldBy.put(holder.worker(), partition);
        return new GrantedLease(partition, epoch);
    }

    /// The workers that hold leases.
    List<ActorRef<WorkerMessage>> workers() {
        return active.values().stream().map(lease -> lease.holder().worker()).toList();
    }

    /// Adds partitions at the end of the plan. Leases continue.
    ///
    /// @param all how many partitions the plan has now, not fewer than before
    public void grow(int all) {
        if (all < partitions) {
            throw new IllegalArgumentException("%d partitions, and were %d".formatted(all, partitions));
        }
        partitions = all;
    }

    boolean holds(int partition, Epoch epoch) {
        ActiveLease lease = active.get(partition);
        return lease != null && lease.epoch().equals(epoch);
    }

    /// When the partition's lease was granted.
    ///
    /// @throws IllegalStateException if the partition is not leased
    long since(int partition) {
        ActiveLease lease = active.get(partition);
        if (lease == null) {
            throw new IllegalStateException("partition " + partition + " is not leased");
        }
        return lease.since();
    }

    /// Extends a lease.
    ///
    /// @param rows how many rows the worker has scored so far
    /// @param use what the attempt has used so far; null if that is not known
    /// @return whether the epoch holds the partition
    protected boolean heartbeat(int partition, Epoch epoch, long rows, @Nullable Use use, long now) {
        ActiveLease lease = active.get(partition);
        if (lease == null || !lease.epoch().equals(epoch)) {
            return false;
        }
        active.put(
                partition,
                new ActiveLease(
                        epoch, lease.holder(), lease.since(), now + duration, rows, use == null ? lease.use() : use));
        return true;
    }

    /// Ends the lease of a partition that is committed.
    void committed(int partition) {
        end(partition);
    }

    private void end(int partition) {
        ActiveLease lease = active.remove(partition);
        if (lease != null) {
            heldBy.remove(lease.holder().worker(), partition);
        }
    }

    /// Ends a lease. The partition can be leased again from `notBefore` on. Does nothing if the epoch doesn't
    /// hold the partition.
    protected void release(int partition, Epoch epoch, long notBefore) {
        if (holds(partition, epoch)) {
            end(partition);
            delayed.add(new DelayedPartition(partition, notBefore));
        }
    }

    /// Ends the partition's lease. The partition is not leased again before [#includeExcluded].
    void exclude(int partition) {
        end(partition);
        excluded.add(partition);
    }

    /// Makes every excluded partition available again.
    void includeExcluded() {
        excluded.forEach(this::requeue);
        excluded.clear();
    }

    /// Makes a partition available again that is neither leased nor delayed.
    void requeue(int partition) {
        // A partition that was never leased is found by its number.
        if (partition < firstFresh) {
            queued.add(partition);
        }
    }

    /// The leases that have expired. They stay active until the caller ends them.
    protected List<ExpiredLease> expired(long now) {
        List<ExpiredLease> expired = new ArrayList<>();
        active.forEach((partition, lease) -> {
            if (lease.deadline() - now < 0) {
                expired.add(new ExpiredLease(
                        partition, lease.epoch(), lease.holder().node(), lease.use()));
            }
        });
        return expired;
    }

    /// Extends every lease.
    void extendAll(long now) {
        active.replaceAll((partition, lease) -> new ActiveLease(
                lease.epoch(), lease.holder(), lease.since(), now + duration, lease.rows(), lease.use()));
    }

    /// The time since the lease's last heartbeat, in nanoseconds; empty if the epoch holds no lease.
    OptionalLong nanosSinceHeartbeat(int partition, Epoch epoch, long now) {
        ActiveLease lease = active.get(partition);
        return lease == null || !lease.epoch().equals(epoch)
                ? OptionalLong.empty()
                : OptionalLong.of(now - (lease.deadline() - duration));
    }

    /// The age of the oldest lease in nanoseconds; 0 if there is none.
    long oldestLeaseAge(long now) {
        return active.values().stream()
                .mapToLong(lease -> now - lease.since())
                .max()
                .orElse(0);
    }

    /// The nodes that hold leases.
    Set<String> nodes() {
        Set<String> nodes = new HashSet<>();
        active.values().forEach(lease -> nodes.add(lease.holder().node()));
        return nodes;
    }

    int excludedCount() {
        return excluded.size();
    }

    int inFlight() {
        return active.size();
    }

    long rowsInFlight() {
        return active.values().stream().mapToLong(ActiveLease::rows).sum();
    }
}
