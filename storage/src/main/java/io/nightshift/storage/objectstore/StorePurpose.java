package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailedResource;

/// The purpose of a store. Messages begin with it.
public enum StorePurpose {
    /// Rows of jobs.
    SOURCE("source", FailedResource.Type.INPUT),
    /// Predictions of jobs.
    DESTINATION("destination", FailedResource.Type.MOUNT),
    /// Registered models.
    REGISTRY("model registry", FailedResource.Type.REGISTRY);

    private final String title;
    private final FailedResource.Type resource;

    StorePurpose(String title, FailedResource.Type resource) {
        this.title = title;
        this.resource = resource;
    }

    /// The resource that fails if this node can't use an object, whereas other nodes may be able to.
    FailedResource.Type resource() {
        return resource;
    }

    @Override
    public String toString() {
        return title;
    }
}
