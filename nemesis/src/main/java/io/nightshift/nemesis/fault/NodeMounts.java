package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.network.SystemCommand;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Changes what one node sees of the file system. The other processes see no change. The node must run in a
/// mount namespace of its own, as `ip netns exec` gives it.
final class NodeMounts {

    private final long pid;
    private final Deque<Path> mounted = new ArrayDeque<>();
    private @Nullable Path pipe;

    /// @param pid the node's process
    NodeMounts(long pid) {
        this.pid = pid;
    }

    /// Mounts an empty file system over a folder.
    void hide(Path folder) throws IOException {
        mount(folder, "-t", "tmpfs", "nightshift");
    }

    /// Mounts a full file system over a folder.
    void fill(Path folder) throws IOException {
        // One page, which the file system's root folder takes.
        mount(folder, "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "nightshift");
    }

    /// Mounts a pipe over a file. A process that opens the file waits until someone writes to it.
    ///
    /// @param place of the pipe, which does not exist yet
    void hang(Path file, Path place) throws IOException {
        SystemCommand.run("mkfifo", place.toString());
        pipe = place;
        mount(file, "--bind", place.toString());
    }

    private void mount(Path over, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(words));
        command.add(over.toString());
        inNode(command);
        mounted.push(over);
    }

    /// Undoes all changes, if the node still runs. Those who wait for the pipe read its end.
    void restore() throws IOException {
        while (!mounted.isEmpty()) {
            Path over = mounted.pop();
            if (Files.exists(Path.of("/proc/" + pid))) {
                inNode(List.of("umount", "--lazy", over.toString()));
            }
        }
        if (pipe != null) {
            try (RandomAccessFile writer = new RandomAccessFile(pipe.toFile(), "rw")) {
                writer.getFD();
            }
            Files.delete(pipe);
            pipe = null;
        }
    }

    private void inNode(List<String> command) throws IOException {
        List<String> words = new ArrayList<>(List.of("nsenter", "--target", String.valueOf(pid), "--mount"));
        words.addAll(command);
        SystemCommand.run(words.toArray(String[]::new));
    }
}
