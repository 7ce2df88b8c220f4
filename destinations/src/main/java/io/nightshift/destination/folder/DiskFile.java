package io.nightshift.destination.folder;

import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/// A file in a file system.
///
/// @param roots of the files that may be read
record DiskFile(Path path, FileRoots roots) implements WrittenFile, WrittenFile.Local {

    @Override
    public Optional<String> refusal() {
        return roots.writeRefusal(path);
    }

    @Override
    public OptionalLong length() throws IOException {
        return Files.isRegularFile(path) ? OptionalLong.of(Files.size(path)) : OptionalLong.empty();
    }

    @Override
    public Local open() {
        return this;
    }

    @Override
    public void close() {
        // The file stays where it is.
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
