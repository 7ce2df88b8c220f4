package io.nightshift.source.parquet;

import io.nightshift.storage.objectstore.TestStore;
import java.io.IOException;

/// Two objects in Google Cloud Storage.
class GcsSourceIT extends ObjectSourceIT {

    @Override
    TestStore newStore() throws IOException {
        return TestStore.ofGcs();
    }
}
