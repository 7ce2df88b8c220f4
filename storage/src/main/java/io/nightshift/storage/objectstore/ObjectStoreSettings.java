package io.nightshift.storage.objectstore;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A store of the node's configuration.
///
/// @param name by which messages call it
/// @param endpoint the address of its API; null for that of AWS in the region
/// @param region null for what the AWS SDK finds, or `us-east-1` with an endpoint
/// @param pathStyle whether requests name the bucket in the path instead of the host
/// @param buckets that jobs may read in it, as `bucket`, `bucket/prefix` or `*` for every bucket
public record ObjectStoreSettings(
        String name,
        @Nullable URI endpoint,
        @Nullable String region,
        boolean pathStyle,
        List<String> buckets,
        StoreCredentials credentials) {

    /// Stands for every bucket that no other store lists.
    public static final String EVERY = "*";

    public ObjectStoreSettings {
        buckets = List.copyOf(buckets);
    }

    /// Whether jobs may read an address. A prefix ends at a `/`, or is a whole key.
    boolean allows(ObjectAddress address) {
        return buckets.stream().anyMatch(bucket -> bucket.equals(EVERY) || covers(bucket, address));
    }

    /// Whether an entry of the list names the address's bucket.
    boolean names(String bucket) {
        return buckets.stream().anyMatch(entry -> bucketOf(entry).equals(bucket));
    }

    boolean isDefault() {
        return buckets.contains(EVERY);
    }

    /// The bucket of an entry of the list.
    public static String bucketOf(String entry) {
        int slash = entry.indexOf('/');
        return slash < 0 ? entry : entry.substring(0, slash);
    }

    private static boolean covers(String entry, ObjectAddress address) {
        int slash = entry.indexOf('/');
        String prefix = slash < 0 ? "" : entry.substring(slash + 1);
        if (!bucketOf(entry).equals(address.bucket())) {
            return false;
        }
        String folder = prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
        return address.key().startsWith(folder) || address.key().equals(prefix);
    }

    @Override
    public String toString() {
        return "store " + name;
    }
}
