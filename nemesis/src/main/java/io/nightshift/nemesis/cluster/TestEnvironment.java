package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.LoopbackNetwork;
import io.nightshift.nemesis.network.NamespaceNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Everything that the nemesis creates on this machine. Closing it removes all of it, and so does Ctrl-C,
/// except for the files of clusters with violations.
public final class TestEnvironment implements AutoCloseable {

    private final Path folder;
    private final List<String> notes = new ArrayList<>();
    private final HostNetwork network;
    private @Nullable MemoryDisk disk;
    private @Nullable ObjectStorage storage;
    private @Nullable DestinationServer destination;
    private final List<Path> kept = new ArrayList<>();
    private volatile @Nullable NemesisCluster cluster;
    private boolean closed;

    private TestEnvironment(Path folder, boolean loopback, Random random) throws IOException {
        this.folder = folder;
        network = loopback ? new LoopbackNetwork() : network(random);
        Runtime.getRuntime().addShutdownHook(new Thread(this::closeQuietly, "remove-environment"));
    }

    /// @param folder for all files
    /// @param loopback whether to use loopback even where namespaces are permitted
    public static TestEnvironment create(Path folder, boolean loopback, Random random) throws IOException {
        return new TestEnvironment(folder, loopback, random);
    }

    private HostNetwork network(Random random) {
        try {
            return NamespaceNetwork.open(random);
        } catch (IOException e) {
            notes.add("all nodes share the loopback interface, because network namespaces can't be created: "
                    + e.getMessage());
            return new LoopbackNetwork();
        }
    }

    /// The network of the hosts.
    public HostNetwork network() {
        return network;
    }

    /// Mounts a small file system.
    ///
    /// @return its folder, or null if this process may not mount one
    public synchronized @Nullable Path mountSmallDisk() {
        try {
            MemoryDisk mounted = MemoryDisk.mount(folder.resolve("disk"));
            disk = mounted;
            return mounted.path;
        } catch (IOException e) {
            notes.add("no small file system: " + e.getMessage());
            return null;
        }
    }

    /// Starts the object storage of clusters whose nodes share no folder.
    public synchronized ObjectStorage startStorage() throws IOException {
        ObjectStorage started = ObjectStorage.start(network);
        storage = started;
        return started;
    }

    /// The object storage; null unless it was started.
    public synchronized @Nullable ObjectStorage storage() {
        return storage;
    }

    /// Adds a server of predictions that is not the journal's.
    public synchronized void setDestination(DestinationServer started) {
        destination = started;
    }

    /// The server of predictions that is not the journal's; null if there is none.
    public synchronized @Nullable DestinationServer destination() {
        return destination;
    }

    /// The operations that this machine does not permit, in sentences.
    public List<String> notes() {
        return notes;
    }

    /// The running cluster. Starts one if none runs.
    ///
    /// @param hosts the hosts on which a new cluster starts nodes
    public NemesisCluster cluster(NodeLaunchOptions options, List<SimulatedHost> hosts) throws IOException {
        NemesisCluster running = cluster;
        if (running == null) {
            running = create(options);
            // Outside the lock, so that Ctrl-C need not wait for it.
            running.start(hosts);
        }
        return running;
    }

    private synchronized NemesisCluster create(NodeLaunchOptions options) throws IOException {
        if (closed) {
            throw new IOException("interrupted");
        }
        NemesisCluster created = NemesisCluster.create(Files.createTempDirectory(folder, "cluster-"), network, options);
        cluster = created;
        return created;
    }

    /// Stops the cluster, if one runs.
    ///
    /// @param keep whether to keep its files
    public synchronized void stopCluster(boolean keep) {
        NemesisCluster running = cluster;
        if (running != null) {
            running.close();
            if (keep) {
                kept.add(running.folder);
            }
            cluster = null;
        }
    }

    private void closeQuietly() {
        try {
            close();
        } catch (IOException e) {
            System.err.println("Some of the environment was not removed: " + e.getMessage());
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        stopCluster(false);
        if (storage != null) {
            storage.close();
        }
        if (destination != null) {
            destination.close();
        }
        if (disk != null) {
            disk.close();
        }
        network.close();
        if (kept.isEmpty()) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
