package io.nightshift.coordinator.registry;

import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.ModelDescription;
import java.time.Instant;

/// All that the registry knows of a version.
///
/// @param size of the registered file, in bytes
public record RegisteredModel(
        ModelVersion version, ModelDescription description, Provenance provenance, Instant registeredAt, long size) {

    public RegisteredModel {
        if (size < 0) {
            throw new IllegalArgumentException("a file has no negative size: " + size);
        }
    }
}
