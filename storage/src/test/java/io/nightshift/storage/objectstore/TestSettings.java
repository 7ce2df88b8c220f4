package io.nightshift.storage.objectstore;

import java.net.URI;
import java.util.List;

/// Settings of stores with keys of tests.
final class TestSettings {

    private TestSettings() {}

    /// @param buckets that jobs may read and write
    static ObjectStoreSettings of(String name, URI endpoint, String... buckets) {
        return new ObjectStoreSettings(
                name,
                new StoreType.S3(null, true),
                endpoint,
                List.of(buckets),
                List.of(buckets),
                new StoreCredentials.Keys("an-id", "a-secret", null));
    }
}
