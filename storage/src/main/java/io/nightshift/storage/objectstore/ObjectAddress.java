package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;

/// The address of an object, or of all objects whose keys begin alike.
///
/// @param bucket the bucket's name
/// @param key the object's key, a prefix of keys, or a glob; may be empty
public record ObjectAddress(String bucket, String key) {

    /// Begins every address.
    public static final String SCHEME = "s3://";

    /// Whether a text is an address, not a path.
    public static boolean isAddress(String text) {
        return text.startsWith(SCHEME);
    }

    /// Parses `s3://bucket/key`.
    ///
    /// @throws FailureException permanent, if the text is no address
    public static ObjectAddress of(String text) {
        String rest = isAddress(text) ? text.substring(SCHEME.length()) : "";
        int slash = rest.indexOf('/');
        String bucket = slash < 0 ? rest : rest.substring(0, slash);
        if (bucket.isEmpty() || bucket.contains("@") || bucket.contains(":")) {
            throw FailureException.permanent("%s is no address of objects; write s3://bucket/key".formatted(text));
        }
        return new ObjectAddress(bucket, slash < 0 ? "" : rest.substring(slash + 1));
    }

    /// The address of another key in the same bucket.
    public ObjectAddress with(String otherKey) {
        return new ObjectAddress(bucket, otherKey);
    }

    @Override
    public String toString() {
        return SCHEME + bucket + "/" + key;
    }
}
