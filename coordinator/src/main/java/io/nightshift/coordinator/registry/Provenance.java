package io.nightshift.coordinator.registry;

/// Where a registered model came from.
///
/// @param file the name of the file that the training library wrote, or of what it was trained on here
/// @param sha256 of that file, or of the rows that the model was trained on; 64 hexadecimal digits
public record Provenance(String file, String sha256) {

    public Provenance {
        if (file.isBlank()) {
            throw new IllegalArgumentException("a model's provenance names a file");
        }
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("not a SHA-256 digest: " + sha256);
        }
    }
}
