package io.nightshift.destination.objects;

import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.storage.objectstore.TestStore;
import java.io.IOException;
import java.io.UncheckedIOException;

/// The contract for Parquet files in Google Cloud Storage.
class GcsObjectsIT extends ParquetObjectsIT {

    @Override
    protected TestStore newStore() {
        try {
            return TestStore.ofGcs();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Statements that load tables are for S3 only.
    @Override
    protected Destination destination() {
        return new ParquetDestination(prefix());
    }
}
