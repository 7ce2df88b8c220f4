package io.nightshift.coordinator.registry;

/// The origin of a registered model.
///
/// @param file the name of the imported model file; for a model that Nightshift trained, of its training data
/// @param sha256 of the imported file, or of the training rows; 64 hexadecimal digits
public record Provenance(String file, String sha256) {

    public Provenance {
        if (file.isBlank()) {
            throw new IllegalArgumentException("a provenance needs the name of a file");
        }
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("not a SHA-256 digest: " + sha256);
        }
    }
}
