package io.nightshift.gcs;

import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StorePlugin;
import io.nightshift.storage.objectstore.StoreType;

/// Google Cloud Storage as a service.
public final class GcsPlugin implements StorePlugin {

    @Override
    public boolean speaksTo(ObjectStoreSettings settings) {
        return settings.type() instanceof StoreType.Gcs;
    }

    @Override
    public StoreClient open(ObjectStoreSettings settings) {
        return new GcsStoreClient(settings, AccessTokens.of(settings, System::getenv));
    }
}
