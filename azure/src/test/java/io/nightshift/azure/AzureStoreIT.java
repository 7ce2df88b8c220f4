package io.nightshift.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.azure.core.util.BinaryData;
import com.azure.storage.blob.BlobContainerClient;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStoreContract;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreError;
import io.nightshift.storage.objectstore.StorePurpose;
import io.nightshift.storage.objectstore.StoreType;
import io.nightshift.storage.objectstore.StoredObject;
import io.nightshift.testing.objectstore.AzureServer;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Azure Blob Storage, with a server of our own, or with the one of `-Dnightshift.azurite=URL`.
class AzureStoreIT extends ObjectStoreContract {

    private static final AtomicInteger CONTAINERS = new AtomicInteger();

    private static final @Nullable String AZURITE = System.getProperty("nightshift.azurite");

    /// Null with Azurite.
    private static final @Nullable AzureServer OWN = AZURITE == null ? start() : null;

    private static AzureServer start() {
        try {
            return AzureServer.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static URI serverAddress() {
        return AZURITE == null ? Objects.requireNonNull(OWN).endpoint() : URI.create(AZURITE);
    }

    private static ObjectStoreSettings settings(URI endpoint, StoreCredentials credentials, String... containers) {
        return new ObjectStoreSettings(
                "lake",
                new StoreType.Azure(AzureServer.ACCOUNT),
                endpoint,
                List.of(containers),
                List.of(containers),
                credentials);
    }

    @Override
    protected Bucket bucket() {
        String name = "container-" + CONTAINERS.incrementAndGet() + "-"
                + ProcessHandle.current().pid();
        ObjectStoreSettings direct = settings(serverAddress(), new StoreCredentials.AccountKey(AzureServer.KEY), name);
        BlobContainerClient container = AzureClients.open(direct, new StoreType.Azure(AzureServer.ACCOUNT))
                .getBlobContainerClient(name);
        if (OWN == null) {
            container.create();
        } else {
            OWN.createContainer(name);
        }
        return new Bucket() {
            @Override
            public URI endpoint() {
                return serverAddress();
            }

            @Override
            public ObjectAddress address(String key) {
                return ObjectAddress.of(
                        "abfss://%s@%s.dfs.core.windows.net/%s".formatted(name, AzureServer.ACCOUNT, key));
            }

            @Override
            public ObjectStoreSettings settings(URI endpoint, String... buckets) {
                return AzureStoreIT.settings(endpoint, new StoreCredentials.AccountKey(AzureServer.KEY), buckets);
            }

            @Override
            public void put(String key, byte[] content) {
                container.getBlobClient(key).upload(BinaryData.fromBytes(content), true);
            }

            @Override
            public void delete(String key) {
                container.getBlobClient(key).delete();
            }

            @Override
            public void close() {
                // The server ends with the process.
            }
        };
    }

    @Override
    protected Fault.Answer passing() {
        return new Fault.Answer(409, "PendingCopyOperation");
    }

    /// The server would notice a missing header by the signature.
    @Override
    protected Fault wrongRange() {
        return new Fault.Shorten(20);
    }

    @Override
    protected String refused() {
        return "Check the credentials of the store, and the roles of the identity (Storage Blob Data Reader or Contributor)";
    }

    @Override
    protected String noBucket(String name) {
        return "container " + name;
    }

    @Test
    void bothAddressesNameTheSameObject() {
        ObjectAddress az = ObjectAddress.of("az://" + address("").bucket() + "/a/content");

        assertThat(Objects.requireNonNull(stores.of(az).find(az)).tag())
                .isEqualTo(
                        Objects.requireNonNull(stores.of(address("a/content")).find(address("a/content")))
                                .tag());
        assertThatThrownBy(() -> stores.of(ObjectAddress.of("abfss://%s@another.dfs.core.windows.net/a"
                        .formatted(address("").bucket()))))
                .hasMessageContaining("is outside the buckets that jobs may read");
    }

    @Test
    void wholeObjectsHaveAChecksum(@TempDir Path folder) throws IOException {
        ObjectStore store = stores.forWriting(address(""));
        Path file = Files.writeString(folder.resolve("file"), "content");
        store.upload(address("b/file"), file, FetchControl.NONE);
        StoredObject object = Objects.requireNonNull(store.find(address("b/file")));

        assertThat(Objects.requireNonNull(store.checksum(object)))
                .isEqualTo(Objects.requireNonNull(store.checksum(object)).ofSame(file));
    }

    @Test
    void aLeaseIsNoConditionThatIsNotMet() {
        proxy.next(new Fault.Answer(412, "LeaseIdMissing"));

        assertThatThrownBy(() -> stores.forWriting(address(""))
                        .put(address("a/content"), new byte[1], new ObjectStore.Condition.Always()))
                .hasMessageContaining("another program has a lease on it (LeaseIdMissing)");
    }

    /// Azure's emulator has no hierarchical namespace.
    @Test
    void foldersOfAHierarchicalNamespaceAreNoObjects() {
        assumeThat(OWN).isNotNull();
        Objects.requireNonNull(OWN).putFolder(address("").bucket(), "a/folder");
        List<String> listed = new ArrayList<>();
        stores.of(address(""))
                .list(address("a/"), found -> listed.add(found.address().key()));

        assertThat(listed).containsExactly("a/content");
        assertThat(stores.of(address("")).find(address("a/folder"))).isNull();
    }

    @Test
    void anotherUploadOfTheSameObjectEndsTheFirst() {
        AzureStoreClient client = new AzureStoreClient(
                settings(serverAddress(), new StoreCredentials.AccountKey(AzureServer.KEY)),
                AzureClients.open(
                        settings(serverAddress(), new StoreCredentials.AccountKey(AzureServer.KEY)),
                        new StoreType.Azure(AzureServer.ACCOUNT)));

        assertThatThrownBy(() -> client.complete(client.beginUpload(address("b/large")), List.of("bm9uZQ==")))
                .isInstanceOfSatisfying(
                        RuntimeException.class,
                        e -> assertThat(client.error(e, address("b/large"), ""))
                                .isInstanceOf(StoreError.Missing.class));
    }

    @Test
    void aWrongKeyIsRefused() {
        try (ObjectStore store = ObjectStore.open(
                settings(
                        serverAddress(),
                        new StoreCredentials.AccountKey("d3Jvbmc="),
                        address("").bucket()),
                StorePurpose.SOURCE)) {
            assertThatThrownBy(() -> store.find(address("a/content"))).hasMessageContaining("refuses access (A");
        }
    }

    @Test
    void aSignatureIsSentWithCopiesToo() {
        assumeThat(OWN).isNotNull();
        try (ObjectStore store = ObjectStore.open(
                settings(
                        serverAddress(),
                        new StoreCredentials.SharedAccessSignature("sv=2021-12-02&sig=c2lnbmF0dXJl"),
                        address("").bucket()),
                StorePurpose.DESTINATION)) {
            assertThat(store.copy(address("a/content"), 1, address("b/copy"))).isTrue();
            assertThat(store.find(address("b/copy"))).isNotNull();
        }
    }

    @Test
    void anonymousRequestsHaveNoSignature() {
        try (ObjectStore store = ObjectStore.open(
                settings(
                        serverAddress(),
                        new StoreCredentials.Anonymous(),
                        address("").bucket()),
                StorePurpose.SOURCE)) {
            assertThatThrownBy(() -> store.find(address("a/content"))).isInstanceOf(FailureException.class);
        }
    }

    @Test
    void theEnvironmentNamesAnAccount() {
        Map<String, String> variables = Map.of("AZURE_STORAGE_ACCOUNT", "flights", "AZURE_STORAGE_KEY", "a2V5");
        ObjectStoreSettings own = ObjectStores.environment(ObjectAddress.of("az://lake/a"), variables::get);
        ObjectStoreSettings other =
                ObjectStores.environment(ObjectAddress.of("abfss://lake@other.dfs.core.windows.net/a"), variables::get);

        assertThat(own.type()).isEqualTo(new StoreType.Azure("flights"));
        assertThat(own.credentials()).isEqualTo(new StoreCredentials.AccountKey("a2V5"));
        assertThat(other.type()).isEqualTo(new StoreType.Azure("other"));
        assertThat(other.credentials())
                .as("the key is that of the other account")
                .isEqualTo(new StoreCredentials.AzureIdentity(null));
        assertThatThrownBy(() -> ObjectStores.environment(ObjectAddress.of("az://lake/a"), none -> null))
                .hasMessageContaining("az://lake/a names no storage account");
    }

    @Test
    void aKeyThatIsNoneIsRefusedWithOurWords() {
        try (ObjectStore store = ObjectStore.open(
                settings(serverAddress(), new StoreCredentials.AccountKey("no base64!"), "lake"),
                StorePurpose.SOURCE)) {
            assertThatThrownBy(store::requireUsable).isInstanceOf(FailureException.class);
        }
    }
}
