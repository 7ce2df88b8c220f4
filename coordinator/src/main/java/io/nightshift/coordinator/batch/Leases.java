package io.nightshift.coordinator.batch;

import io.nightshift.protocol.batch.Epoch;
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

/// Who holds which partition, within one incarnation of a batch's coordinator. Not persisted: after
/// a restart every lease is void, and the new incarnation's epochs are greater than all before.
/// Deterministic; the caller brings the time.
///
/// Times are nanoseconds of a monotonic clock. Used by one thread.
class Leases {

    /// @param since when it was granted
    /// @param deadline until when its holder has to be heard of
    record Held(Epoch epoch, Holder holder, long since, long deadline, long rows) {}

    /// Who holds a lease.
    ///
    /// @param node where the worker scores, `host:port`
    record Holder(String node, ActorRef<WorkerMessage> worker) {}

    /// A partition that is leased.
    record Leased(int partition, Epoch epoch) {}

    /// A lease whose holder has not been heard of in time.
    record Expired(int partition, Epoch epoch, String node) {}

    private record Waiting(int partition, long notBefore) {}

    private final int incarnation;
    private final long duration;
    private final int partitions;
    final Map<Integer, Held> held = new HashMap<>();
    /// The partition that a worker holds, if it still does.
    private final Map<ActorRef<WorkerMessage>, Integer> heldBy = new HashMap<>();
    private final ArrayDeque<Integer> returned = new ArrayDeque<>();
    private final PriorityQueue<Waiting> waiting =
            new PriorityQueue<>((one, other) -> Long.signum(one.notBefore() - other.notBefore()));
    private final Set<Integer> givenUp = new HashSet<>();
    private int fresh;
    private int granted;

    /// @param duration how long a lease lasts without a heartbeat, in nanoseconds
    Leases(int incarnation, int partitions, long duration) {
        this.incarnation = incarnation;
        this.partitions = partitions;
        this.duration = duration;
    }

    /// The partition to lease next, or nothing if all are committed, held, given up or waiting for
    /// their next attempt.
    OptionalInt next(CommittedPartitions winners, long now) {
        while (!waiting.isEmpty() && waiting.peek().notBefore() - now <= 0) {
            returned.add(waiting.remove().partition());
        }
        if (!returned.isEmpty()) {
            return OptionalInt.of(returned.element());
        }
        while (fresh < partitions && (winners.contains(fresh) || givenUp.contains(fresh))) {
            fresh++;
        }
        return fresh < partitions ? OptionalInt.of(fresh) : OptionalInt.empty();
    }

    /// What a worker holds, which is then its again from now on; null if it holds nothing. A free worker that holds a
    /// partition hasn't heard of it, or its word that it has none any more was lost.
    @Nullable
    Leased again(Holder holder, long now) {
        Integer partition = heldBy.get(holder.worker());
        Held lease = partition == null ? null : held.get(partition);
        if (partition == null || lease == null || !lease.holder().equals(holder)) {
            return null;
        }
        heartbeat(partition, lease.epoch(), 0, now);
        return new Leased(partition, lease.epoch());
    }

    /// Leases the partition that [#next] named.
    Leased grant(int partition, Holder holder, long now) {
        if (!returned.isEmpty() && returned.element() == partition) {
            returned.remove();
        } else if (partition == fresh) {
            fresh++;
        } else {
            throw new IllegalStateException("partition " + partition + " is not next");
        }
        granted++;
        Epoch epoch = new Epoch(incarnation, granted);
        held.put(partition, new Held(epoch, holder, now, now + duration, 0));
        heldBy.put(holder.worker(), partition);
        return new Leased(partition, epoch);
    }

    boolean holds(int partition, Epoch epoch) {
        Held lease = held.get(partition);
        return lease != null && lease.epoch().equals(epoch);
    }

    /// Extends a lease.
    ///
    /// @return whether the epoch holds the partition
    boolean heartbeat(int partition, Epoch epoch, long rows, long now) {
        Held lease = held.get(partition);
        if (lease == null || !lease.epoch().equals(epoch)) {
            return false;
        }
        held.put(partition, new Held(epoch, lease.holder(), lease.since(), now + duration, rows));
        return true;
    }

    /// Ends the lease of a committed partition.
    void committed(int partition) {
        release(partition);
    }

    private void release(int partition) {
        Held lease = held.remove(partition);
        if (lease != null) {
            heldBy.remove(lease.holder().worker(), partition);
        }
    }

    /// Takes a partition back from the epoch that holds it, to be leased again from `notBefore` on.
    /// Does nothing if that epoch doesn't hold it.
    void giveBack(int partition, Epoch epoch, long notBefore) {
        if (holds(partition, epoch)) {
            release(partition);
            waiting.add(new Waiting(partition, notBefore));
        }
    }

    /// Takes a partition back from whoever holds it, not to be leased until [#retry].
    void giveUp(int partition) {
        release(partition);
        givenUp.add(partition);
    }

    /// Partitions that were given up are to be leased again.
    void retry() {
        givenUp.forEach(this::again);
        givenUp.clear();
    }

    /// A partition that is neither held nor waiting is to be leased again.
    void again(int partition) {
        // One that is still to come will be found when it is its turn.
        if (partition < fresh) {
            returned.add(partition);
        }
    }

    /// The leases that ran out; they are held until they are given back.
    List<Expired> expired(long now) {
        List<Expired> expired = new ArrayList<>();
        held.forEach((partition, lease) -> {
            if (lease.deadline() - now < 0) {
                expired.add(new Expired(partition, lease.epoch(), lease.holder().node()));
            }
        });
        return expired;
    }

    /// Extends every lease.
    void renew(long now) {
        held.replaceAll((partition, lease) ->
                new Held(lease.epoch(), lease.holder(), lease.since(), now + duration, lease.rows()));
    }

    /// How long ago the holder was heard of last, or nothing if that epoch doesn't hold the partition.
    OptionalLong sinceHeard(int partition, Epoch epoch, long now) {
        Held lease = held.get(partition);
        return lease == null || !lease.epoch().equals(epoch)
                ? OptionalLong.empty()
                : OptionalLong.of(now - (lease.deadline() - duration));
    }

    /// The age of the oldest lease, 0 if there is none.
    long oldest(long now) {
        return held.values().stream()
                .mapToLong(lease -> now - lease.since())
                .max()
                .orElse(0);
    }

    /// Partitions that failed too often, and wait for nobody.
    int givenUp() {
        return givenUp.size();
    }

    int inFlight() {
        return held.size();
    }

    long rowsInFlight() {
        return held.values().stream().mapToLong(Held::rows).sum();
    }
}
