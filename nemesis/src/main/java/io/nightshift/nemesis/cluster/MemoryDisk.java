package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.SystemCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A small file system in memory. Needs the right to mount one.
public final class MemoryDisk implements AutoCloseable {

    public final Path path;

    private MemoryDisk(Path path) {
        this.path = path;
    }

    /// @param path a folder that does not exist yet
    public static MemoryDisk mount(Path path) throws IOException {
        Files.createDirectories(path);
        SystemCommand.run("mount", "-t", "tmpfs", "-o", "size=200m", "nightshift", path.toString());
        return new MemoryDisk(path);
    }

    @Override
    public void close() throws IOException {
        SystemCommand.run("umount", path.toString());
    }
}
