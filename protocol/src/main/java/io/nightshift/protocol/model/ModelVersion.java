package io.nightshift.protocol.model;

import java.util.regex.Pattern;

/// A registered, immutable version of a model.
///
/// @param name lower-case letters, digits, `-`, `_` and `.`, starting with a letter or digit
/// @param version the number of the version: 1 for the first of a name, and one more for each later one
/// @param sha256 the SHA-256 of the registered file, 64 hexadecimal digits
public record ModelVersion(String name, int version, String sha256) {

    /// The names that a model may have.
    public static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    public ModelVersion {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a model name: " + name);
        }
        if (version < 1) {
            throw new IllegalArgumentException("a model's version is at least 1, not " + version);
        }
        if (!SHA256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("not a SHA-256 digest: " + sha256);
        }
    }

    /// `name@version`, as a job file writes it.
    @Override
    public String toString() {
        return name + "@" + version;
    }
}
