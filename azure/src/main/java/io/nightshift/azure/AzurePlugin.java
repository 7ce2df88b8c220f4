package io.nightshift.azure;

import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StorePlugin;
import io.nightshift.storage.objectstore.StoreType;

/// Azure Blob Storage as a service.
public final class AzurePlugin implements StorePlugin {

    @Override
    public boolean speaksTo(ObjectStoreSettings settings) {
        return settings.type() instanceof StoreType.Azure;
    }

    @Override
    public StoreClient open(ObjectStoreSettings settings) {
        return new AzureStoreClient(settings, AzureClients.open(settings, (StoreType.Azure) settings.type()));
    }
}
