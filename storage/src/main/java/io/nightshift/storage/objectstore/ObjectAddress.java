package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ObjectScheme;
import org.jspecify.annotations.Nullable;

/// The address of an object, or of all objects whose keys begin alike.
///
/// @param authority names the bucket, as [#bucket()] explains
/// @param key the object's key, a prefix of keys, or a glob; may be empty
public record ObjectAddress(ObjectScheme scheme, String authority, String key) {

    /// Whether a text is an address, not a path.
    public static boolean isAddress(String text) {
        return ObjectScheme.of(text).isPresent();
    }

    /// Parses an address such as `s3://bucket/key`: see [ObjectScheme].
    ///
    /// @throws FailureException permanent, if the text is no address
    public static ObjectAddress of(String text) {
        ObjectScheme scheme = ObjectScheme.of(text).orElse(ObjectScheme.S3);
        String rest = isAddress(text) ? text.substring(scheme.prefix().length()) : "";
        int slash = rest.indexOf('/');
        String authority = slash < 0 ? rest : rest.substring(0, slash);
        if (!authority.matches(scheme == ObjectScheme.ABFSS ? "[^@:]+@[^@:.]+\\.dfs\\.[^@:]+" : "[^@:]+")) {
            throw FailureException.permanent(
                    "%s is no address of objects; write %s".formatted(text, ObjectScheme.examples("key")));
        }
        return new ObjectAddress(scheme, authority, slash < 0 ? "" : rest.substring(slash + 1));
    }

    /// An address in a bucket of S3.
    public static ObjectAddress ofS3(String bucket, String key) {
        return new ObjectAddress(ObjectScheme.S3, bucket, key);
    }

    /// The name of the bucket, or of the container of Azure.
    public String bucket() {
        int at = authority.indexOf('@');
        return at < 0 ? authority : authority.substring(0, at);
    }

    /// The account that the address names; null if it names none.
    @Nullable
    String account() {
        int at = authority.indexOf('@');
        return at < 0 ? null : authority.substring(at + 1, authority.indexOf('.', at));
    }

    /// The address of the bucket, without a `/` at the end.
    public String root() {
        return scheme.prefix() + authority;
    }

    /// The address of another key in the same bucket.
    public ObjectAddress with(String otherKey) {
        return new ObjectAddress(scheme, authority, otherKey);
    }

    @Override
    public String toString() {
        return root() + "/" + key;
    }
}
