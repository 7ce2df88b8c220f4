package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.SimulatedHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Watches the nodes of a cluster: reads their logs as they grow, and restarts nodes that ended by
/// themselves.
public final class NodeSupervisor implements AutoCloseable {

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long BEFORE_RESTART = TimeUnit.SECONDS.toNanos(1);

    private final Map<SimulatedHost, NodeProcess> nodes;
    private final List<SimulatedHost> byAge = new ArrayList<>();
    private final Map<SimulatedHost, Long> ended = new EnumMap<>(SimulatedHost.class);
    private final List<Map<SimulatedHost, List<String>>> recorded = new ArrayList<>();
    private @Nullable LeaseTimeline timeline;
    private boolean isRecording;
    private volatile boolean closed;

    public NodeSupervisor(Map<SimulatedHost, NodeProcess> nodes) {
        this.nodes = new EnumMap<>(nodes);
        Thread.ofPlatform().daemon().name("watch").start(this::watch);
    }

    public NodeProcess get(SimulatedHost host) {
        return Objects.requireNonNull(nodes.get(host));
    }

    private void watch() {
        while (!closed) {
            try {
                read();
                supervise();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /// Reads the new lines of all logs.
    public synchronized void read() throws IOException {
        Map<SimulatedHost, List<String>> lines = new EnumMap<>(SimulatedHost.class);
        for (NodeProcess node : nodes.values()) {
            lines.put(node.host, node.read());
            age(node);
        }
        if (isRecording) {
            recorded.add(lines);
        } else if (timeline != null) {
            timeline.read(lines, System.nanoTime());
        }
    }

    private void age(NodeProcess node) {
        if (!node.isUp()) {
            byAge.remove(node.host);
        } else if (!byAge.contains(node.host)) {
            byAge.add(node.host);
        }
    }

    private void supervise() throws IOException {
        long now = System.nanoTime();
        for (NodeProcess node : nodes.values()) {
            if (node.isAlive()) {
                ended.remove(node.host);
            } else if (now - ended.computeIfAbsent(node.host, key -> now) > BEFORE_RESTART) {
                node.supervise();
            }
        }
    }

    /// Keeps the new lines of the logs from now on, for the next [#follow].
    public synchronized void record() {
        isRecording = true;
    }

    /// Adds the new lines of the logs to a timeline, from the last [#record] on.
    public synchronized void follow(LeaseTimeline followed) {
        recorded.forEach(lines -> followed.read(lines, System.nanoTime()));
        recorded.clear();
        isRecording = false;
        timeline = followed;
    }

    /// The oldest member, which holds the shard coordinator; null if no node is up.
    public synchronized @Nullable SimulatedHost oldest() {
        return byAge.isEmpty() ? null : byAge.getFirst();
    }

    /// Waits until all started nodes are up.
    ///
    /// @return whether they are
    public boolean awaitUp(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!nodes.values().stream().filter(NodeProcess::isWanted).allMatch(NodeProcess::isUp)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    @Override
    public void close() {
        closed = true;
        nodes.values().forEach(NodeProcess::kill);
    }
}
