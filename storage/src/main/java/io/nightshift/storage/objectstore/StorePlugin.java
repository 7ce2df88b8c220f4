package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;

/// A protocol of object stores, provided as a service.
public interface StorePlugin {

    /// Whether the protocol is that of a store.
    boolean speaksTo(ObjectStoreSettings settings);

    /// Makes a client, which takes up to a second.
    ///
    /// @throws FailureException if this process lacks something that the client needs
    StoreClient open(ObjectStoreSettings settings);
}
