package io.nightshift.worker;

import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The resources of this node that have failed in attempts, or in steps of batches that this node coordinates.
///
/// A batch needs its own input files, and not every batch needs temporary files. So coordinators decide
/// about such faults: each keeps the partitions of its batch from this node, and gives it one after a
/// backoff. Every batch needs the model registry and the libraries. So the node itself takes no work while
/// one of them fails, except that after a backoff one worker tries.
///
/// Safe for use by several threads.
public final class NodeFaults {

    private static final Logger LOG = LoggerFactory.getLogger(NodeFaults.class);

    /// A resource that has failed without a success since.
    ///
    /// @param batch the batch that met the fault last
    /// @param since when the first attempt failed
    /// @param last when the last attempt failed
    /// @param reason the last failure
    /// @param tries how often it has failed, or a worker was let try
    /// @param nextTry when the next worker tries; null if coordinators decide
    public record Fault(
            FailedResource resource,
            BatchId batch,
            Instant since,
            Instant last,
            String reason,
            int tries,
            @Nullable Instant nextTry) {

        /// Whether the node takes no work of any batch.
        public boolean isOfAllWork() {
            return isOfAllWork(resource);
        }

        private static boolean isOfAllWork(FailedResource resource) {
            return resource.type() == FailedResource.Type.REGISTRY || resource.type() == FailedResource.Type.LIBRARY;
        }

        private static Fault after(
                @Nullable Fault before, FailedResource resource, BatchId batch, String reason, Instant now) {
            int tries = before == null ? 1 : before.tries() + 1;
            return new Fault(
                    resource,
                    batch,
                    before == null ? now : before.since(),
                    now,
                    reason,
                    tries,
                    isOfAllWork(resource) ? now.plus(backoff(tries)) : null);
        }

        private Fault tried(Instant now) {
            return new Fault(resource, batch, since, last, reason, tries + 1, now.plus(backoff(tries + 1)));
        }

        private Fault withNextTry(@Nullable Instant next) {
            return new Fault(resource, batch, since, last, reason, tries, next);
        }

        /// Whether a success of an attempt shows that the resource works.
        private boolean endsWith(BatchId succeeded) {
            return switch (resource.type()) {
                case REGISTRY, LIBRARY -> true;
                case SCRATCH, MOUNT -> batch.equals(succeeded);
                case INPUT, STORAGE, DATABASE, PLACE -> false;
            };
        }
    }

    /// After this time without a failure, a fault counts as over. The node tries itself more often than that.
    private static final Duration SILENCE = Duration.ofMinutes(2);

    private static final Duration FIRST_BACKOFF = Duration.ofSeconds(1);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(30);

    private final Clock clock;
    private final AtomicBoolean probing = new AtomicBoolean();
    private final Map<FailedResource, Fault> faults = new ConcurrentHashMap<>();

    /// Until when batches lease nothing to this node.
    private final Map<BatchId, Instant> heldOff = new HashMap<>();

    public NodeFaults(Clock clock) {
        this.clock = clock;
    }

    private static Duration backoff(int tries) {
        Duration doubled = FIRST_BACKOFF.multipliedBy(1L << Math.min(tries - 1, 10));
        return doubled.compareTo(LONGEST_BACKOFF) < 0 ? doubled : LONGEST_BACKOFF;
    }

    /// An attempt or a step failed.
    public void failed(BatchId batch, Failure failure) {
        FailedResource resource = failure.resource();
        if (resource == null || !resource.type().isOfNode()) {
            return;
        }
        Fault fault = faults.compute(
                resource, (same, before) -> Fault.after(before, resource, batch, failure.message(), clock.instant()));
        if (fault.tries() == 1) {
            LOG.warn(
                    "this node is excluded from {} until it can use the {} again: {}",
                    fault.isOfAllWork() ? "all work" : "the batches that need it",
                    resource.type().title(),
                    fault.reason());
        }
    }

    /// An attempt or a step succeeded, so the registry and the libraries work.
    public void succeeded(BatchId batch) {
        if (!faults.isEmpty()) {
            faults.values().stream().filter(fault -> fault.endsWith(batch)).forEach(this::end);
        }
    }

    private void end(Fault fault) {
        if (faults.remove(fault.resource()) != null) {
            LOG.info(
                    "this node can use the {} again: {}",
                    fault.resource().type().title(),
                    fault.resource().name());
        }
    }

    /// A batch leases nothing to this node for a while.
    void heldOff(BatchId batch, Duration time) {
        Instant now = clock.instant();
        synchronized (heldOff) {
            heldOff.values().removeIf(until -> !until.isAfter(now));
            heldOff.put(batch, now.plus(time));
        }
    }

    /// Whether a worker may look for work. While a fault keeps the node from all work, only one worker may, after
    /// each backoff.
    boolean permitsWork() {
        return faults.isEmpty() || permitsTry();
    }

    private synchronized boolean permitsTry() {
        Instant now = clock.instant();
        List<Fault> ofAllWork =
                faults.values().stream().filter(Fault::isOfAllWork).toList();
        boolean isDue = ofAllWork.stream()
                .allMatch(fault -> fault.nextTry() == null || !fault.nextTry().isAfter(now));
        if (isDue) {
            ofAllWork.forEach(fault -> faults.replace(fault.resource(), fault, fault.tried(now)));
        }
        return isDue;
    }

    /// Ends the faults of files that can be read again, and those that no attempt has met for a while. May block;
    /// does nothing while another call blocks.
    public void probe() {
        if (!probing.compareAndSet(false, true)) {
            return;
        }
        try {
            Instant silent = clock.instant().minus(SILENCE);
            for (Fault fault : faults.values()) {
                boolean isReadable = fault.resource().type() == FailedResource.Type.INPUT
                        && isReadableFile(Path.of(fault.resource().name()));
                if (isReadable || fault.last().isBefore(silent)) {
                    end(fault);
                }
            }
        } finally {
            probing.set(false);
        }
    }

    /// A folder may be readable, and lack the files.
    private static boolean isReadableFile(Path file) {
        return Files.isRegularFile(file) && Files.isReadable(file);
    }

    /// The current faults. The next try of a fault that coordinators decide about is that of the first batch that
    /// leases to this node again; null if none holds it off.
    public List<Fault> all() {
        Instant next = nextLease();
        return faults.values().stream()
                .map(fault -> fault.isOfAllWork() ? fault : fault.withNextTry(next))
                .toList();
    }

    private @Nullable Instant nextLease() {
        Instant now = clock.instant();
        synchronized (heldOff) {
            return heldOff.values().stream()
                    .filter(until -> until.isAfter(now))
                    .min(Instant::compareTo)
                    .orElse(null);
        }
    }

    /// The number of resources of a type that fail.
    public int count(FailedResource.Type type) {
        return (int) faults.keySet().stream()
                .filter(resource -> resource.type() == type)
                .count();
    }
}
