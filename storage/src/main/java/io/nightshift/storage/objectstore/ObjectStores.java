package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.ObjectScheme;
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

    /// Ends the name of a directory bucket of S3.
    public static final String DIRECTORY_BUCKET = "--x-s3";

    private final List<ObjectStoreSettings> settings;
    private final @Nullable Function<String, @Nullable String> environment;
    private final RequestTuning tuning;
    private final Map<Client, ObjectStore> open = new ConcurrentHashMap<>();

    private record Client(ObjectStoreSettings store, StorePurpose purpose) {}

    private ObjectStores(
            List<ObjectStoreSettings> settings,
            @Nullable Function<String, @Nullable String> environment,
            RequestTuning tuning) {
        this.settings = List.copyOf(settings);
        this.environment = environment;
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

    /// These stores. Any other bucket is read as the environment says: see [#environment]. For a command whose user
    /// runs a job of their own.
    ///
    /// @param environment the process's variables
    public static ObjectStores orEnvironment(
            List<ObjectStoreSettings> settings, Function<String, @Nullable String> environment) {
        return new ObjectStores(settings, environment, RequestTuning.DEFAULT);
    }

    /// The store that the standard variables of the environment describe. For S3: `AWS_ACCESS_KEY_ID`,
    /// `AWS_REGION`, `AWS_ENDPOINT_URL_S3`, and the rest of the standard chain. For Azure: `AZURE_STORAGE_ACCOUNT`,
    /// which an address may name instead, with `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN`, or else the
    /// identity of the machine. For Google: what [StoreCredentials.GoogleCredentials] says.
    ///
    /// @param environment the process's variables
    /// @throws FailureException permanent, if neither names the account
    public static ObjectStoreSettings environment(
            ObjectAddress address, Function<String, @Nullable String> environment) {
        return switch (address.scheme()) {
            case S3 -> s3Environment(environment);
            case GS -> everyBucket(new StoreType.Gcs(), null, new StoreCredentials.GoogleCredentials(null));
            case AZ, ABFSS -> azureEnvironment(address, environment);
        };
    }

    private static ObjectStoreSettings azureEnvironment(
            ObjectAddress address, Function<String, @Nullable String> environment) {
        String own = environment.apply("AZURE_STORAGE_ACCOUNT");
        String named = address.account();
        String account = named == null ? own : named;
        if (account == null) {
            throw FailureException.permanent(
                    "%s names no storage account. Configure a store of the type azure, set AZURE_STORAGE_ACCOUNT, or write abfss://%s@ACCOUNT.dfs.core.windows.net/%s"
                            .formatted(address, address.bucket(), address.key()));
        }
        String key = environment.apply("AZURE_STORAGE_KEY");
        String signature = environment.apply("AZURE_STORAGE_SAS_TOKEN");
        // They are those of one account.
        boolean isOwn = account.equals(own);
        StoreCredentials credentials = isOwn && key != null
                ? new StoreCredentials.AccountKey(key)
                : isOwn && signature != null
                        ? new StoreCredentials.SharedAccessSignature(signature)
                        : new StoreCredentials.AzureIdentity(null);
        return everyBucket(new StoreType.Azure(account), null, credentials);
    }

    private static ObjectStoreSettings s3Environment(Function<String, @Nullable String> environment) {
        String endpoint = environment.apply("AWS_ENDPOINT_URL_S3");
        if (endpoint == null) {
            endpoint = environment.apply("AWS_ENDPOINT_URL");
        }
        return everyBucket(
                new StoreType.S3(null, endpoint != null),
                endpoint == null || endpoint.isBlank() ? null : URI.create(endpoint),
                new StoreCredentials.StandardChain(null));
    }

    private static ObjectStoreSettings everyBucket(
            StoreType type, @Nullable URI endpoint, StoreCredentials credentials) {
        List<String> every = List.of(ObjectStoreSettings.EVERY);
        return new ObjectStoreSettings(ENVIRONMENT, type, endpoint, every, every, credentials);
    }

    /// The settings whose list has the bucket of an address, or else those with `*`.
    ///
    /// @throws FailureException permanent, if several stores have it
    public static Optional<ObjectStoreSettings> withBucket(List<ObjectStoreSettings> settings, ObjectAddress address) {
        if (address.scheme() == ObjectScheme.S3 && address.bucket().endsWith(DIRECTORY_BUCKET)) {
            throw FailureException.permanent(
                    "%s is in a directory bucket of S3, which Nightshift can't use: it does not list objects in the order of their keys. Use a general purpose bucket"
                            .formatted(address));
        }
        List<ObjectStoreSettings> possible =
                settings.stream().filter(store -> store.type().has(address)).toList();
        return only(
                        possible.stream()
                                .filter(store -> store.bucketNames().contains(address.bucket()))
                                .toList(),
                        address)
                .or(() -> only(
                        possible.stream().filter(ObjectStoreSettings::isDefault).toList(), address));
    }

    private static Optional<ObjectStoreSettings> only(List<ObjectStoreSettings> stores, ObjectAddress address) {
        if (stores.size() > 1) {
            throw FailureException.permanent(
                    "%s is in %s and in %s of this node. Write abfss://%s@ACCOUNT.dfs.core.windows.net/%s"
                            .formatted(address, stores.get(0), stores.get(1), address.bucket(), address.key()));
        }
        return stores.stream().findFirst();
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
        return open.computeIfAbsent(new Client(store, purpose), client -> new RetryingStore(store, purpose, tuning));
    }

    private Optional<ObjectStoreSettings> find(ObjectAddress address) {
        return withBucket(settings, address)
                .or(() -> environment == null ? Optional.empty() : Optional.of(environment(address, environment)));
    }

    @Override
    public void close() {
        open.values().forEach(ObjectStore::close);
    }
}
