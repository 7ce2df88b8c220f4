package io.nightshift.storage.objectstore;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A store of the node's configuration.
///
/// @param name by which messages call it
/// @param endpoint the address of its API; null for that of the cloud
/// @param buckets that jobs may read in it, as `bucket`, `bucket/prefix` or `*` for every bucket
/// @param writeBuckets that jobs may write in it, in the same way
public record ObjectStoreSettings(
        String name,
        StoreType type,
        @Nullable URI endpoint,
        List<String> buckets,
        List<String> writeBuckets,
        StoreCredentials credentials) {

    /// Stands for every bucket that no other store lists.
    public static final String EVERY = "*";

    public ObjectStoreSettings {
        buckets = List.copyOf(buckets);
        writeBuckets = List.copyOf(writeBuckets);
    }

    /// Whether jobs may read an address. A prefix ends at a `/`, or is a whole key.
    boolean allows(ObjectAddress address) {
        return allow(buckets, address);
    }

    /// Whether jobs may write an address. What they may write, their commands may read as well.
    boolean allowsWriting(ObjectAddress address) {
        return allow(writeBuckets, address);
    }

    private static boolean allow(List<String> buckets, ObjectAddress address) {
        return buckets.stream().anyMatch(bucket -> bucket.equals(EVERY) || covers(bucket, address));
    }

    /// The address of an entry of the lists.
    public ObjectAddress address(String bucket) {
        int slash = bucket.indexOf('/');
        return new ObjectAddress(type.scheme(), bucketOf(bucket), slash < 0 ? "" : bucket.substring(slash + 1));
    }

    /// The buckets that the store is for, without prefixes.
    public Set<String> bucketNames() {
        Set<String> names = new LinkedHashSet<>();
        buckets.forEach(entry -> names.add(bucketOf(entry)));
        writeBuckets.forEach(entry -> names.add(bucketOf(entry)));
        return names;
    }

    /// Whether the store takes every bucket that no other store lists.
    boolean isDefault() {
        return bucketNames().contains(EVERY);
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
