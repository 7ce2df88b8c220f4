package io.nightshift.nemesis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The nodes of a cluster, watched: their logs are read as they grow, and a node that ended by itself is started again.
final class Nodes implements AutoCloseable {

    private static final long READING = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long BEFORE_RESTART = TimeUnit.SECONDS.toNanos(1);

    private final Map<Place, Node> nodes;
    private final List<Place> byAge = new ArrayList<>();
    private final Map<Place, Long> ended = new EnumMap<>(Place.class);
    private @Nullable Chronicle chronicle;
    private volatile boolean closed;

    Nodes(Map<Place, Node> nodes) {
        this.nodes = new EnumMap<>(nodes);
        Thread.ofPlatform().daemon().name("watch").start(this::watch);
    }

    Node get(Place place) {
        return nodes.get(place);
    }

    private void watch() {
        while (!closed) {
            try {
                read();
                supervise();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            LockSupport.parkNanos(READING);
        }
    }

    /// Reads what the logs have now.
    synchronized void read() throws IOException {
        Map<Place, List<String>> lines = new EnumMap<>(Place.class);
        for (Node node : nodes.values()) {
            lines.put(node.place, node.read());
            age(node);
        }
        if (chronicle != null) {
            chronicle.read(lines, System.nanoTime());
        }
    }

    private void age(Node node) {
        if (!node.isUp()) {
            byAge.remove(node.place);
        } else if (!byAge.contains(node.place)) {
            byAge.add(node.place);
        }
    }

    private void supervise() throws IOException {
        long now = System.nanoTime();
        for (Node node : nodes.values()) {
            if (node.isAlive()) {
                ended.remove(node.place);
            } else if (now - ended.computeIfAbsent(node.place, key -> now) > BEFORE_RESTART) {
                node.supervise();
            }
        }
    }

    /// Lets it read the logs too.
    synchronized void tell(Chronicle wanted) {
        chronicle = wanted;
    }

    /// The node that is up for the longest: that of the shard coordinator.
    synchronized @Nullable Place oldest() {
        return byAge.isEmpty() ? null : byAge.getFirst();
    }

    /// Waits until all that were started are up.
    ///
    /// @return whether they are
    boolean awaitUp(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!nodes.values().stream().filter(Node::isWanted).allMatch(Node::isUp)) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(READING);
        }
        return true;
    }

    @Override
    public void close() {
        closed = true;
        nodes.values().forEach(Node::kill);
    }
}
