package io.nightshift.storage.objectstore;

import java.io.IOException;
import java.nio.file.Path;

/// A bucket of a test, at a server of some protocol.
public interface TestBucket extends AutoCloseable {

    /// The protocols. A test needs the module of each.
    enum Protocol {
        S3,
        GCS,
        AZURE;

        public TestBucket open() throws IOException {
            return switch (this) {
                case S3 -> new TestStore();
                case GCS -> TestStore.ofGcs();
                case AZURE -> new AzureBucket();
            };
        }
    }

    /// The bucket, which may be read and written.
    ObjectStores stores();

    String address(String key);

    void put(String key, Path file);

    @Override
    void close();
}
