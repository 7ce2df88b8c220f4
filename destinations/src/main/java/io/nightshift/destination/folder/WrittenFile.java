package io.nightshift.destination.folder;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// A file of a batch, on a disk that this node has or elsewhere. `toString` is its path or its address.
/// Blocking; safe for several threads.
public interface WrittenFile {

    /// Why jobs may not read the file on this node; empty if they may.
    Optional<String> refusal();

    /// The length in bytes; empty if there is no such file.
    ///
    /// @throws FailureException if it can't be found out
    OptionalLong length() throws IOException;

    /// Makes the content readable on this node's disk.
    ///
    /// @throws FailureException if it can't be read
    Local open() throws IOException;

    /// A file on this node's disk that stays there until it is closed.
    interface Local extends AutoCloseable {

        /// The path of the file.
        Path path();

        @Override
        void close();
    }

    /// Several files on this node's disk.
    ///
    /// @param files in the order in which they were asked for
    record Locals(List<Local> files) implements AutoCloseable {

        /// Opens all files.
        ///
        /// @throws FailureException if one may not be read or can't be read
        public static Locals open(List<? extends WrittenFile> files) {
            Locals opened = new Locals(new ArrayList<>());
            try {
                for (WrittenFile file : files) {
                    opened.files.add(file.open());
                }
                return opened;
            } catch (IOException e) {
                opened.close();
                throw FailureException.permanent("the output can't be read: " + e.getMessage());
            } catch (RuntimeException e) {
                opened.close();
                throw e;
            }
        }

        /// The paths of the files.
        public List<Path> paths() {
            return files.stream().map(Local::path).toList();
        }

        @Override
        public void close() {
            files.forEach(Local::close);
        }
    }

    /// The whole content of a small file.
    ///
    /// @throws FailureException if it may not be read or can't be read
    default byte[] content() throws IOException {
        refusal().ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        try (Local local = open()) {
            return Files.readAllBytes(local.path());
        }
    }
}
