package io.nightshift.coordinator.registry;

import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.scoring.model.ModelDescription;
import java.time.Instant;

/// A registered model version with its metadata.
///
/// @param version the name, the number and the digest
/// @param description the features and outputs
/// @param provenance the origin
/// @param registeredAt when the version was registered, in whole milliseconds
/// @param size of the registered file in bytes, 0 or more
public record RegisteredModel(
        ModelVersion version, ModelDescription description, Provenance provenance, Instant registeredAt, long size) {

    public RegisteredModel {
        if (size < 0) {
            throw new IllegalArgumentException("the size of a file is 0 or more, not " + size);
        }
    }
}
