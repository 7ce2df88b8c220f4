package io.nightshift.testing.objectstore;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/// A server of objects, seen from behind: what tests write and read without the program. Safe for several threads.
public interface ObjectServer extends AutoCloseable {

    URI endpoint();

    void createBucket(String bucket) throws IOException;

    void put(String bucket, String key, byte[] content) throws IOException;

    void put(String bucket, String key, Path file) throws IOException;

    /// The content of an object, as UTF-8.
    String get(String bucket, String key) throws IOException;

    /// Copies an object to a file.
    void get(String bucket, String key, Path file) throws IOException;

    /// The keys with a prefix, in their order.
    List<String> list(String bucket, String prefix) throws IOException;

    /// Begins an upload in parts.
    ///
    /// @return its ID
    String begin(String bucket, String key) throws IOException;

    void delete(String bucket, String key) throws IOException;

    @Override
    void close();
}
