package io.nightshift.coordinator.registry;

import io.nightshift.protocol.model.ModelVersion;

/// The result of a registration.
///
/// @param version under which the content is registered
/// @param isNew false if the same content was registered under the name before, as this version
public record RegistrationResult(ModelVersion version, boolean isNew) {}
