package io.nightshift.worker;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/// The resources of this node that have failed in attempts, for metrics and health checks. Coordinators keep the
/// partitions of their batches from this node meanwhile, and give it one after a backoff, so that it tries itself
/// again. Safe for use by several threads.
public final class NodeFaults {

    /// A resource that has failed without a success since.
    ///
    /// @param since when the first attempt failed
    /// @param last when the last attempt failed
    /// @param reason the last failure
    public record Fault(FailedResource resource, Instant since, Instant last, String reason) {}

    /// After this time without a failure, a fault counts as over. Coordinators try a node more often than that.
    private static final Duration SILENCE = Duration.ofMinutes(2);

    private final Clock clock;
    private final AtomicBoolean probing = new AtomicBoolean();
    private final Map<FailedResource, Fault> faults = new ConcurrentHashMap<>();

    public NodeFaults(Clock clock) {
        this.clock = clock;
    }

    /// An attempt failed.
    void failed(Failure failure) {
        FailedResource resource = failure.resource();
        if (resource != null && resource.type().isOfNode()) {
            faults.compute(
                    resource,
                    (same, before) -> new Fault(
                            resource,
                            before == null ? clock.instant() : before.since(),
                            clock.instant(),
                            failure.message()));
        }
    }

    /// An attempt succeeded: it has used its input, the registry, the libraries and the folder of temporary
    /// files.
    void succeeded() {
        faults.clear();
    }

    /// Ends the faults of files that can be read again, and those that no attempt has met for a while. May block;
    /// does nothing while another call blocks.
    public void probe() {
        if (!probing.compareAndSet(false, true)) {
            return;
        }
        try {
            Instant silent = clock.instant().minus(SILENCE);
            faults.values()
                    .removeIf(fault -> fault.resource().type() == FailedResource.Type.INPUT
                            ? Files.isReadable(Path.of(fault.resource().name()))
                            : fault.last().isBefore(silent));
        } finally {
            probing.set(false);
        }
    }

    /// The current faults.
    public List<Fault> all() {
        return List.copyOf(faults.values());
    }

    /// The number of resources of a type that fail.
    public int count(FailedResource.Type type) {
        return (int) faults.keySet().stream()
                .filter(resource -> resource.type() == type)
                .count();
    }
}
