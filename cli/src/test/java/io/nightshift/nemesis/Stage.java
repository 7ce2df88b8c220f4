package io.nightshift.nemesis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Everything that is made on this machine. It is removed in the end, also after Ctrl-C; of clusters that something
/// was wrong with, the files stay.
final class Stage implements AutoCloseable {

    private final Path folder;
    private final List<String> notes = new ArrayList<>();
    private final Ground ground;
    private @Nullable SmallDisk disk;
    private final List<Path> kept = new ArrayList<>();
    private volatile @Nullable Cluster cluster;
    private boolean closed;

    private Stage(Path folder, boolean loopback, Random random) throws IOException {
        this.folder = folder;
        ground = loopback ? new Loopback() : ground(random);
        Runtime.getRuntime().addShutdownHook(new Thread(this::closeQuietly, "clear-away"));
    }

    /// @param folder of all files
    /// @param loopback to do without namespaces
    static Stage set(Path folder, boolean loopback, Random random) throws IOException {
        return new Stage(folder, loopback, random);
    }

    private Ground ground(Random random) {
        try {
            return Namespaces.open(random);
        } catch (IOException e) {
            notes.add("plain processes on loopback, since network namespaces aren't allowed here: " + e.getMessage());
            return new Loopback();
        }
    }

    /// Makes what faults need besides.
    synchronized Arsenal arsenal() throws IOException {
        try {
            disk = SmallDisk.mount(folder.resolve("disk"));
        } catch (IOException e) {
            notes.add("no small disk: " + e.getMessage());
        }
        return new Arsenal(
                ground, disk == null ? null : disk.path, FakeClock.find().orElse(null));
    }

    /// Where plain processes will do.
    Arsenal plainArsenal() {
        return new Arsenal(ground, null, null);
    }

    /// What isn't as it should be.
    List<String> notes() {
        return notes;
    }

    /// The cluster that runs, or a new one.
    ///
    /// @param places where a new one has nodes
    Cluster cluster(Shape shape, List<Place> places) throws IOException {
        Cluster running = cluster;
        if (running == null) {
            running = create(shape);
            // Without the lock, so that an interruption needn't wait.
            running.start(places);
        }
        return running;
    }

    private synchronized Cluster create(Shape shape) throws IOException {
        if (closed) {
            throw new IOException("interrupted");
        }
        Cluster created = Cluster.create(Files.createTempDirectory(folder, "cluster-"), ground, shape);
        cluster = created;
        return created;
    }

    /// Ends the cluster.
    ///
    /// @param keep its files
    synchronized void end(boolean keep) {
        Cluster running = cluster;
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
            System.err.println("Not everything is cleared away: " + e.getMessage());
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        end(false);
        if (disk != null) {
            disk.close();
        }
        ground.close();
        if (kept.isEmpty()) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
