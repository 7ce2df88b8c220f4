package io.nightshift.node.configuration;

import io.nightshift.source.files.CopyFolder;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreType;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The sections `nightshift.stores` and `nightshift.object-copies`: the object stores that jobs may use, and
/// where the node keeps what it has fetched from them.
///
/// @param stores in the order of their names
/// @param folder of the copies, absolute; null for the home folder's
/// @param limit of the copies, in bytes
public record ObjectSettings(
        List<ObjectStoreSettings> stores, @Nullable Path folder, long limit) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");
    private static final Pattern ACCOUNT = Pattern.compile("[a-z0-9]{3,24}");

    /// The keys that only stores of one type have.
    private static final Map<String, List<String>> KEYS = Map.of(
            "s3",
            List.of(
                    "region",
                    "path-style",
                    "access-key-id",
                    "access-key-id-file",
                    "secret-access-key",
                    "secret-access-key-file",
                    "session-token",
                    "session-token-file",
                    "profile"),
            "azure",
            List.of("account", "account-key", "account-key-file", "sas-token", "sas-token-file", "client-id"),
            "gcs",
            List.of("credentials-file"));

    private static final Pattern BUCKET = Pattern.compile("\\*|[a-z0-9][a-z0-9._-]{2,62}(/.*)?");

    public ObjectSettings {
        stores = List.copyOf(stores);
    }

    static ObjectSettings read(ConfigurationSection stores, ConfigurationSection copies) {
        List<ObjectStoreSettings> read = new ArrayList<>();
        Map<String, String> owners = new TreeMap<>();
        for (String name : stores.names()) {
            if (!NAME.matcher(name).matches()) {
                stores.mistake(
                        name, "is not a valid name of a store; use at most 63 lower-case letters, digits, - and _");
            }
            ConfigurationSection section = stores.section(name);
            ObjectStoreSettings store = store(name, section);
            for (String bucket : store.bucketNames()) {
                String other = owners.putIfAbsent(owned(store, bucket), name);
                if (other != null) {
                    section.mistake("buckets", "a bucket is also in the list of the store " + other);
                }
            }
            read.add(store);
        }
        stores.end();
        String folder = copies.textOrNull(
                "folder",
                KeyMeaning.of(
                        "path",
                        "The folder for copies of objects, on a local disk. Each process has a folder of its own in it."
                                + " Without this key: `objects` in the home folder."));
        int megabytes = copies.number(
                "max-mb",
                (int) (CopyFolder.DEFAULT_LIMIT >> 20),
                0,
                Integer.MAX_VALUE,
                KeyMeaning.of(
                        "The size of the copies that a process keeps, in MiB. Partitions that are being scored are"
                                + " copied even if they need more; with 0, nothing is fetched ahead."));
        copies.end();
        return new ObjectSettings(read, folder == null ? null : copies.resolve(folder), (long) megabytes << 20);
    }

    /// The stores of two types, or two accounts of Azure, may have buckets of the same name.
    private static String owned(ObjectStoreSettings store, String bucket) {
        String account = store.type() instanceof StoreType.Azure(String name) ? name + "@" : "";
        return store.type().scheme().prefix() + account + bucket;
    }

    private static ObjectStoreSettings store(String name, ConfigurationSection section) {
        String type = section.text(
                "type",
                "s3",
                KeyMeaning.of(
                        "`s3`: a store with the API of Amazon S3. `gcs`: Google Cloud Storage. `azure`: containers of"
                                + " Azure Blob Storage."));
        if (!KEYS.containsKey(type)) {
            section.mistake("type", "expected s3, gcs or azure");
        }
        URI endpoint = endpoint(section);
        PlainConnections.checkHttp(section, "endpoint", endpoint, PlainConnections.allowsHttp(section));
        String region = section.textOrNull(
                "region",
                KeyMeaning.of(
                        "S3: the region of the buckets. Without this key: `AWS_REGION`, or `us-east-1` for a store"
                                + " with an `endpoint`."));
        boolean pathStyle = section.flag(
                "path-style",
                KeyMeaning.of("S3: whether requests name the bucket in the path. MinIO and Ceph most often need it."));
        String account = section.textOrNull(
                "account", KeyMeaning.of("Azure: the name of the storage account. Needed for this type."));
        List<String> buckets = buckets(
                section,
                "buckets",
                "What jobs may read in the store; for Azure, its containers. `*` stands for every bucket that no other"
                        + " store lists. No job reads a store without this key.");
        List<String> writeBuckets = buckets(
                section,
                "write-buckets",
                "What jobs may write in the store, in the same form. `nightshift batch` may read there, too. A bucket may not be in"
                        + " the lists of two stores.");
        StoreCredentials keys = credentials(section);
        StoreCredentials azureKeys = azureCredentials(section);
        StoreCredentials googleKeys = googleCredentials(section);
        refuseKeysOfOthers(section, type);
        section.end();
        boolean isAnonymous = keys instanceof StoreCredentials.Anonymous;
        return switch (type) {
            case "azure" -> {
                if (account == null || !ACCOUNT.matcher(account).matches()) {
                    section.mistake(
                            "account", "expected the name of a storage account: 3 to 24 lower-case letters and digits");
                }
                yield new ObjectStoreSettings(
                        name,
                        new StoreType.Azure(account == null ? "" : account),
                        endpoint,
                        buckets,
                        writeBuckets,
                        isAnonymous ? keys : azureKeys);
            }
            case "gcs" ->
                new ObjectStoreSettings(
                        name, new StoreType.Gcs(), endpoint, buckets, writeBuckets, isAnonymous ? keys : googleKeys);
            default ->
                new ObjectStoreSettings(
                        name, new StoreType.S3(region, pathStyle), endpoint, buckets, writeBuckets, keys);
        };
    }

    private static void refuseKeysOfOthers(ConfigurationSection section, String type) {
        KEYS.forEach((other, keys) -> {
            for (String key : keys) {
                if (!other.equals(type) && section.has(key)) {
                    section.mistake(key, "is not a key of a store of the type " + type);
                }
            }
        });
    }

    private static StoreCredentials googleCredentials(ConfigurationSection section) {
        String file = section.textOrNull(
                "credentials-file",
                KeyMeaning.of(
                        "path",
                        "Google: a file with the key of a service account, a workload identity (`external_account`) or"
                                + " the credentials of a user. Without this key: the file that"
                                + " `GOOGLE_APPLICATION_CREDENTIALS` names, that of `gcloud auth application-default"
                                + " login`, or the identity of the pod or machine."));
        if (file == null) {
            return new StoreCredentials.GoogleCredentials(null);
        }
        if (section.has("anonymous")) {
            section.mistake("credentials-file", "only one of credentials-file and anonymous may be given");
        }
        try {
            Path path = section.resolve(file);
            if (Files.isReadable(path)) {
                return new StoreCredentials.GoogleCredentials(path);
            }
        } catch (InvalidPathException _) {
            // Reported below.
        }
        section.mistake(
                "credentials-file", "there is no such file, or it can't be read; check its path and permissions");
        return new StoreCredentials.GoogleCredentials(null);
    }

    private static StoreCredentials azureCredentials(ConfigurationSection section) {
        String key = secret(
                section,
                "account-key",
                "Azure: a key of the storage account. Preferably, use `${?NAME}`. Without this key and `sas-token`, the"
                        + " node asks for tokens of the workload identity of its pod (`AZURE_FEDERATED_TOKEN_FILE`),"
                        + " or of the managed identity of its machine.");
        String signature =
                secret(section, "sas-token", "Azure: a shared access signature. Preferably, use `${?NAME}`.");
        String clientId = section.textOrNull(
                "client-id",
                KeyMeaning.of("Azure: the client ID of the identity. Without this key: `AZURE_CLIENT_ID`, or the only"
                        + " identity of the machine."));
        if (signature != null && signature.startsWith("?")) {
            signature = signature.substring(1);
        }
        if ((key != null ? 1 : 0)
                        + (signature != null ? 1 : 0)
                        + (clientId != null ? 1 : 0)
                        + (section.has("anonymous") ? 1 : 0)
                > 1) {
            section.mistake("account", "only one of account-key, sas-token, client-id and anonymous may be given");
        }
        return key != null
                ? new StoreCredentials.AccountKey(key)
                : signature != null
                        ? new StoreCredentials.SharedAccessSignature(signature)
                        : new StoreCredentials.AzureIdentity(clientId);
    }

    private static List<String> buckets(ConfigurationSection section, String key, String meaning) {
        List<String> buckets =
                section.texts(key, List.of(), KeyMeaning.of("list of `bucket` or `bucket/prefix`", meaning));
        if (buckets.stream().anyMatch(bucket -> !BUCKET.matcher(bucket).matches())) {
            section.mistake(key, "expected texts such as \"bucket\", \"bucket/prefix\" or \"*\"");
        }
        if (buckets.stream()
                .anyMatch(bucket -> ObjectStoreSettings.bucketOf(bucket).endsWith(ObjectStores.DIRECTORY_BUCKET))) {
            section.mistake(
                    key,
                    "has a directory bucket of S3 (%s), which Nightshift can't use: it does not list objects in the order of their keys"
                            .formatted(ObjectStores.DIRECTORY_BUCKET));
        }
        return buckets;
    }

    private static @Nullable URI endpoint(ConfigurationSection section) {
        String endpoint = section.textOrNull(
                "endpoint",
                KeyMeaning.of(
                        "URL",
                        "The address of the store's API. Without this key: that of AWS in the region, of Google, or of"
                                + " Azure for the account."));
        if (endpoint == null) {
            return null;
        }
        try {
            URI uri = URI.create(endpoint);
            boolean isHttp = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (isHttp && uri.getHost() != null && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException _) {
            // Reported below.
        }
        section.mistake("endpoint", "expected a URL such as https://minio.example.org, without credentials");
        return null;
    }

    private static StoreCredentials credentials(ConfigurationSection section) {
        String id = secret(
                section,
                "access-key-id",
                "S3: the ID of an access key. Preferably, use `${?NAME}`. Without this key, the node looks for credentials as"
                        + " the AWS SDK does: in the environment, in `~/.aws`, in the role of the machine or the pod.");
        String secret =
                secret(section, "secret-access-key", "S3: the secret of the access key. Preferably, use `${?NAME}`.");
        String token = secret(section, "session-token", "S3: the session token of a temporary access key.");
        String profile = section.textOrNull(
                "profile", KeyMeaning.of("S3: the profile of `~/.aws/credentials` with the credentials."));
        boolean anonymous = section.flag(
                "anonymous", KeyMeaning.of("Whether requests are not signed. Only public buckets accept that."));
        if ((id == null) != (secret == null)) {
            section.mistake(
                    id == null ? "secret-access-key" : "access-key-id",
                    "access-key-id and secret-access-key are only valid together");
        }
        if ((id != null ? 1 : 0) + (profile != null ? 1 : 0) + (anonymous ? 1 : 0) > 1) {
            section.mistake(
                    profile == null ? "anonymous" : "profile",
                    "only one of access-key-id, profile and anonymous may be given");
        }
        if (id != null && secret != null) {
            return new StoreCredentials.Keys(id, secret, token);
        }
        return anonymous ? new StoreCredentials.Anonymous() : new StoreCredentials.StandardChain(profile);
    }

    /// A value, or the content of the file that the key with the ending `-file` names.
    static @Nullable String secret(ConfigurationSection section, String key, String meaning) {
        String value = section.textOrNull(key, KeyMeaning.of(meaning));
        String fileKey = key + "-file";
        String file = section.textOrNull(
                fileKey,
                KeyMeaning.of(
                        "path",
                        "A file that contains the value, instead of `%s`. Line ends are ignored.".formatted(key)));
        if (file == null) {
            return value == null || value.isBlank() ? null : value;
        }
        if (value != null) {
            section.mistake(fileKey, "is given together with %s; remove one of them".formatted(key));
        }
        try {
            return Files.readString(section.resolve(file)).strip();
        } catch (InvalidPathException | IOException _) {
            section.mistake(fileKey, "there is no such file, or it can't be read; check its path and permissions");
            return null;
        }
    }

    /// For a node: other programs submit its jobs, so they may read what the stores list, and nothing else.
    ///
    /// @param home the home folder
    public ObjectCopies ofNode(Path home) {
        return copies(ObjectStores.only(stores), home);
    }

    /// For a command whose user runs a job of their own: what no store lists is read as the environment says.
    ///
    /// @param home the home folder
    public ObjectCopies ofCommand(Path home) {
        return copies(ObjectStores.orEnvironment(stores, System::getenv), home);
    }

    private ObjectCopies copies(ObjectStores readable, Path home) {
        return new ObjectCopies(readable, new CopyFolder(folderIn(home), limit));
    }

    /// The folder for copies of objects.
    ///
    /// @param home the home folder
    public Path folderIn(Path home) {
        return folder == null ? home.resolve("objects") : folder;
    }

    /// The store of objects that the administrator names: the one whose list has the bucket, or the one that
    /// the environment describes.
    ObjectStoreSettings storeOf(ObjectAddress address) {
        return ObjectStores.withBucket(stores, address)
                .orElseGet(() -> ObjectStores.environment(address, System::getenv));
    }
}
