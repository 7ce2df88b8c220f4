package io.nightshift.source.files;

import java.nio.file.Path;

/// A file that a query reads in place of a whole file: a local file itself, or a copy of an object. The copy stays
/// until this is closed.
public interface LocalCopy extends AutoCloseable {

    /// The local file.
    Path path();

    @Override
    void close();

    /// A local file, which needs no copy.
    static LocalCopy of(Path file) {
        return new LocalCopy() {
            @Override
            public Path path() {
                return file;
            }

            @Override
            public void close() {
                // The file is the user's own.
            }
        };
    }
}
