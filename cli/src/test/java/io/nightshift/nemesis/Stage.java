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
    private final @Nullable SmallDisk disk;
    private final List<Path> kept = new ArrayList<>();
    private @Nullable Cluster cluster;
    private boolean closed;

    private Stage(Path folder, boolean loopback, Random random) throws IOException {
        this.folder = folder;
        ground = loopback ? new Loopback() : ground(random);
        disk = disk();
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

    private @Nullable SmallDisk disk() {
        try {
            return SmallDisk.mount(folder.resolve("disk"));
        } catch (IOException e) {
            notes.add("no small disk: " + e.getMessage());
            return null;
        }
    }

    /// What isn't as it should be.
    List<String> notes() {
        return notes;
    }

    Arsenal arsenal() throws IOException {
        return new Arsenal(
                ground, disk == null ? null : disk.path, FakeClock.find().orElse(null));
    }

    /// The cluster that runs, or a new one.
    synchronized Cluster cluster(Shape shape) throws IOException {
        if (cluster == null) {
            cluster = Cluster.create(Files.createTempDirectory(folder, "cluster-"), ground, shape);
            cluster.start(Place.NODES);
        }
        return cluster;
    }

    /// Ends the cluster.
    ///
    /// @param keep its files
    synchronized void end(boolean keep) {
        if (cluster != null) {
            cluster.close();
            if (keep) {
                kept.add(cluster.folder);
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
