package io.nightshift.storage.objectstore.s3;

import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StorePlugin;
import io.nightshift.storage.objectstore.StoreType;

/// The S3 protocol as a service.
public final class S3Plugin implements StorePlugin {

    @Override
    public boolean speaksTo(ObjectStoreSettings settings) {
        return settings.type() instanceof StoreType.S3;
    }

    @Override
    public StoreClient open(ObjectStoreSettings settings) {
        return new S3StoreClient(settings, (StoreType.S3) settings.type());
    }
}
