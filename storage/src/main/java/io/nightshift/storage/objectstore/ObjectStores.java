package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The object stores that jobs may use on this node, by bucket. A store's client is made when it is first
/// used, since that takes a second. Safe for several threads.
public final class ObjectStores implements AutoCloseable {

    /// The store of a command whose configuration has none for a bucket: it is described by the standard
    /// variables of the environment.
    private static final String ENVIRONMENT = "environment";

    private final List<ObjectStoreSettings> settings;
    private final @Nullable ObjectStoreSettings fallback;
    private final RequestTuning tuning;
    private final Map<Client, ObjectStore> open = new ConcurrentHashMap<>();

    private record Client(String store, StorePurpose purpose) {}

    private ObjectStores(
            List<ObjectStoreSettings> settings, @Nullable ObjectStoreSettings fallback, RequestTuning tuning) {
        this.settings = List.copyOf(settings);
        this.fallback = fallback;
        this.tuning = tuning;
    }

    /// No store.
    public static ObjectStores none() {
        return only(List.of());
    }

    /// Only these stores, and in each of them only its buckets. For a node whose jobs others submit.
    public static ObjectStores only(List<ObjectStoreSettings> settings) {
        return only(settings, RequestTuning.DEFAULT);
    }

    static ObjectStores only(List<ObjectStoreSettings> settings, RequestTuning tuning) {
        return new ObjectStores(settings, null, tuning);
    }

    /// These stores. Any other bucket is read as the environment says: `AWS_ACCESS_KEY_ID`, `AWS_REGION`,
    /// `AWS_ENDPOINT_URL_S3`, and the rest of the standard chain. For a command whose user runs a job of
    /// their own.
    ///
    /// @param environment the process's variables
    public static ObjectStores orEnvironment(
            List<ObjectStoreSettings> settings, Function<String, @Nullable String> environment) {
        return new ObjectStores(settings, environment(environment), RequestTuning.DEFAULT);
    }

    /// The store that the standard variables of the environment describe.
    ///
    /// @param environment the process's variables
    public static ObjectStoreSettings environment(Function<String, @Nullable String> environment) {
        String endpoint = environment.apply("AWS_ENDPOINT_URL_S3");
        if (endpoint == null) {
            endpoint = environment.apply("AWS_ENDPOINT_URL");
        }
        return new ObjectStoreSettings(
                ENVIRONMENT,
                endpoint == null || endpoint.isBlank() ? null : URI.create(endpoint),
                null,
                endpoint != null,
                List.of(ObjectStoreSettings.EVERY),
                List.of(ObjectStoreSettings.EVERY),
                new StoreCredentials.StandardChain(null));
    }

    /// The settings whose list has a bucket, or else those with `*`.
    public static Optional<ObjectStoreSettings> withBucket(List<ObjectStoreSettings> settings, String bucket) {
        return settings.stream()
                .filter(store -> store.bucketNames().contains(bucket))
                .findFirst()
                .or(() ->
                        settings.stream().filter(ObjectStoreSettings::isDefault).findFirst());
    }

    /// The stores of the configuration.
    public List<ObjectStoreSettings> settings() {
        return settings;
    }

    /// Checks that jobs may read an address.
    ///
    /// @throws FailureException permanent, if they may not. It does not tell whether the object exists
    public void requireReadable(ObjectAddress address) {
        of(address);
    }

    /// The store of an address.
    ///
    /// @throws FailureException permanent, if jobs may not read it
    public ObjectStore of(ObjectAddress address) {
        ObjectStoreSettings found = find(address)
                .filter(store -> store.allows(address))
                .orElseThrow(() -> FailureException.permanent(
                        "%s is outside the buckets that jobs may read on this node (nightshift.stores.NAME.buckets)"
                                .formatted(address)));
        return store(found);
    }

    /// Why jobs may not write an address.
    public Optional<String> writeRefusal(ObjectAddress address) {
        return find(address).filter(store -> store.allowsWriting(address)).isPresent()
                ? Optional.empty()
                : Optional.of(
                        "%s is outside the buckets that jobs may write on this node (nightshift.stores.NAME.write-buckets)"
                                .formatted(address));
    }

    /// The store of an address of a destination.
    ///
    /// @throws FailureException permanent, if jobs may not write it
    public ObjectStore forWriting(ObjectAddress address) {
        writeRefusal(address).ifPresent(reason -> {
            throw FailureException.permanent(reason);
        });
        return client(find(address).orElseThrow(), StorePurpose.DESTINATION);
    }

    /// The client of a store.
    public ObjectStore store(ObjectStoreSettings store) {
        return client(store, StorePurpose.SOURCE);
    }

    private ObjectStore client(ObjectStoreSettings store, StorePurpose purpose) {
        return open.computeIfAbsent(
                new Client(store.name(), purpose), client -> new RetryingStore(store, purpose, tuning));
    }

    private Optional<ObjectStoreSettings> find(ObjectAddress address) {
        return withBucket(settings, address.bucket()).or(() -> Optional.ofNullable(fallback));
    }

    @Override
    public void close() {
        open.values().forEach(ObjectStore::close);
    }
}
