package io.nightshift.coordinator.registry;

import io.nightshift.protocol.model.ModelVersion;

/// What a registration came to.
///
/// @param isNew false where the same content already stood under the name, as this version
public record RegistrationResult(ModelVersion version, boolean isNew) {}
