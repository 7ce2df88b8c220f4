package io.nightshift.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A small file system, mounted on a folder until it is closed.
///
/// @param folder it is mounted on
public record SmallDisk(Path folder) implements AutoCloseable {

    /// Mounts one.
    ///
    /// @param folder does not exist yet
    /// @param size as `mount` knows it, such as `400k`
    /// @return null where this process may not mount a file system
    public static @Nullable SmallDisk mount(Path folder, String size) throws IOException {
        Files.createDirectory(folder);
        return call("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString())
                ? new SmallDisk(folder)
                : null;
    }

    /// Changes its size.
    public void resize(String size) {
        call("mount", "-o", "remount,size=" + size, folder.toString());
    }

    private static boolean call(String... command) {
        try {
            return new ProcessBuilder(List.of(command))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        call("umount", folder.toString());
    }
}
