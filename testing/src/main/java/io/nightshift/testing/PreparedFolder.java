package io.nightshift.testing;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

/// Files in the build's output that take seconds to make and that many test processes use, such as an unpacked
/// server. The first process makes them, and the others wait. They stay until `mvn clean`. Nobody may change them.
public final class PreparedFolder {

    /// Makes the files.
    @FunctionalInterface
    public interface Making {

        /// @param folder is empty, and gets another name when it is complete
        void into(Path folder) throws IOException;
    }

    private PreparedFolder() {}

    /// The folder with the files, which are made if they are not there.
    ///
    /// @param name of the folder; different files need a different name, so it contains their version
    public static synchronized Path get(String name, Making making) throws IOException {
        Path all = Files.createDirectories(Checkout.path("testing/target/prepared"));
        Path folder = all.resolve(name);
        try (FileChannel lock =
                FileChannel.open(all.resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            if (!Files.exists(folder)) {
                Path unfinished = all.resolve(name + ".new");
                new ScratchFolder(unfinished).delete();
                making.into(Files.createDirectory(unfinished));
                Files.move(unfinished, folder, StandardCopyOption.ATOMIC_MOVE);
            }
        }
        return folder;
    }

    /// Copies a folder with all its files.
    ///
    /// @param to is created
    public static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> tree = Files.walk(from)) {
            for (Path file : tree.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
    }
}
