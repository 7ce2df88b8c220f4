package io.nightshift.nemesis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A file system of its own, in memory. Needs the right to mount one.
final class SmallDisk implements AutoCloseable {

    final Path path;

    private SmallDisk(Path path) {
        this.path = path;
    }

    /// @param path that doesn't exist
    static SmallDisk mount(Path path) throws IOException {
        Files.createDirectories(path);
        Command.run("mount", "-t", "tmpfs", "-o", "size=200m", "nightshift", path.toString());
        return new SmallDisk(path);
    }

    @Override
    public void close() throws IOException {
        Command.run("umount", path.toString());
    }
}
