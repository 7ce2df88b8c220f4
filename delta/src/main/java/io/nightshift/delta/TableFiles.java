package io.nightshift.delta;

import io.nightshift.protocol.failure.FailureException;
import java.io.FileNotFoundException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where the logs of Delta tables are: folders, or an object store. A path is absolute, or
/// `s3://bucket/key`. A file is durable when a call returns. Safe for several threads.
///
/// Every call throws a [FailureException] if a file can't be read or written.
public sealed interface TableFiles permits DiskFiles, ObjectFiles {

    /// A file that is there.
    ///
    /// @param bytes its length
    /// @param modified when it was written, in milliseconds since 1970
    record Entry(String path, long bytes, long modified) {}

    /// Checks that jobs may use a table.
    ///
    /// @param folder of the table
    /// @throws FailureException permanent, if they may not
    void requireAllowed(String folder);

    /// The files in the folder of a path whose names are not less than the name of the path, in the order
    /// of the names.
    ///
    /// @throws FileNotFoundException if there is no such folder
    List<Entry> listFrom(String path) throws FileNotFoundException;

    /// A file; null if there is none.
    @Nullable
    Entry find(String path);

    /// The content of a file.
    ///
    /// @throws FileNotFoundException if there is none
    byte[] read(String path) throws FileNotFoundException;

    /// Creates a file as a whole, unless there is one. Of two calls at the same time, one creates it.
    ///
    /// @return false if there is one. An object store may have carried out an earlier try of the same call,
    ///     so the file may have this content
    boolean create(String path, byte[] content);

    /// As [#create(String, byte[])], with the content of a file of [#scratch] for the same folder.
    boolean create(String path, Path content);

    /// Creates a file, or replaces it as a whole.
    void replace(String path, byte[] content);

    /// Deletes a file, if there is one.
    void delete(String path);

    /// Makes a folder, where the files are in folders.
    void makeFolder(String path);

    /// Makes sure that [#create] works in a folder that exists.
    ///
    /// @throws FailureException permanent, if it can't
    void requireCreate(String folder);

    /// A local file for DuckDB. It is deleted when it is closed.
    ///
    /// @param folder of the table's log
    Scratch scratch(String folder);

    /// A local file, which need not exist.
    ///
    /// @param end deletes it, if it is nobody else's
    record Scratch(Path path, Runnable end) implements AutoCloseable {

        @Override
        public void close() {
            end.run();
        }
    }

    /// A local file with the content of a file of the table.
    ///
    /// @throws FileNotFoundException if there is none
    Scratch local(String path) throws FileNotFoundException;
}
