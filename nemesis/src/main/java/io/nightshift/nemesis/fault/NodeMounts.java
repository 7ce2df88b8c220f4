package io.nightshift.nemesis.fault;

import io.nightshift.nemesis.network.SystemCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Changes what one node sees of the file system. The other processes see no change. The node must run in a
/// mount namespace of its own, as `ip netns exec` gives it.
final class NodeMounts {

    private final long pid;
    private final Deque<Path> mounted = new ArrayDeque<>();

    /// @param pid the node's process
    NodeMounts(long pid) {
        this.pid = pid;
    }

    /// Mounts an empty file system over a folder.
    void hide(Path folder) throws IOException {
        mount(folder, "-t", "tmpfs", "nightshift");
    }

    /// Mounts a full file system over a folder, which is made if it isn't there.
    void fill(Path folder) throws IOException {
        Files.createDirectories(folder);
        // One page, which the file system's root folder takes.
        mount(folder, "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "nightshift");
    }

    private void mount(Path over, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("mount"));
        command.addAll(List.of(words));
        command.add(over.toString());
        inNode(command);
        mounted.push(over);
    }

    /// Undoes all changes, if the node still runs.
    void restore() throws IOException {
        while (!mounted.isEmpty()) {
            Path over = mounted.pop();
            if (Files.exists(Path.of("/proc/" + pid))) {
                inNode(List.of("umount", "--lazy", over.toString()));
            }
        }
    }

    private void inNode(List<String> command) throws IOException {
        List<String> words = new ArrayList<>(List.of("nsenter", "--target", String.valueOf(pid), "--mount"));
        words.addAll(command);
        SystemCommand.run(words.toArray(String[]::new));
    }
}
