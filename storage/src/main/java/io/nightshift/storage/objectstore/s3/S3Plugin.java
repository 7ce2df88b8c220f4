package io.nightshift.storage.objectstore.s3;

import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StorePlugin;

/// The S3 protocol as a service.
public final class S3Plugin implements StorePlugin {

    @Override
    public boolean speaksTo(ObjectStoreSettings settings) {
        return true;
    }

    @Override
    public StoreClient open(ObjectStoreSettings settings) {
        return new S3StoreClient(settings, S3Clients.open(settings));
    }
}
