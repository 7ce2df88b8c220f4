package io.nightshift.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStoreContract;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StorePurpose;
import io.nightshift.storage.objectstore.StoreType;
import io.nightshift.storage.objectstore.StoredObject;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import io.nightshift.testing.objectstore.GcsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Google Cloud Storage, with a server that was written from Google's description.
class GcsStoreIT extends ObjectStoreContract {

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private static final GcsServer SERVER = start();

    @TempDir
    private static Path keys;

    private static GcsServer start() {
        try {
            return GcsServer.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectStoreSettings settings(URI endpoint, StoreCredentials credentials, String... buckets) {
        return new ObjectStoreSettings(
                "lake", new StoreType.Gcs(), endpoint, List.of(buckets), List.of(buckets), credentials);
    }

    @Override
    protected Bucket bucket() throws IOException {
        String name = "bucket-" + BUCKETS.incrementAndGet();
        SERVER.createBucket(name);
        Path key = Files.writeString(keys.resolve("key.json"), SERVER.keyFile());
        return new Bucket() {
            @Override
            public URI endpoint() {
                return SERVER.endpoint();
            }

            @Override
            public ObjectAddress address(String key) {
                return ObjectAddress.of("gs://%s/%s".formatted(name, key));
            }

            @Override
            public ObjectStoreSettings settings(URI endpoint, String... buckets) {
                return GcsStoreIT.settings(endpoint, new StoreCredentials.GoogleCredentials(key), buckets);
            }

            @Override
            public void put(String key, byte[] content) {
                SERVER.put(name, key, content);
            }

            @Override
            public void delete(String key) {
                SERVER.delete(name, key);
            }

            @Override
            public void close() {
                // The server ends with the process.
            }
        };
    }

    /// The token has ended before its time.
    @Override
    protected Fault.Answer passing() {
        return new Fault.Answer(401, "AuthenticationRequired");
    }

    @Override
    protected Fault otherTag() {
        return new Fault.Header("x-goog-generation", generation -> "9" + generation);
    }

    @Override
    protected String tagName() {
        return "generation";
    }

    @Override
    protected String refused() {
        return "Check the credentials of the store, and the roles of the identity (Storage Object Viewer, or Storage Object User to write)";
    }

    @Override
    protected String noBucket(String name) {
        return "bucket " + name;
    }

    private ObjectStore store() {
        return stores.forWriting(address(""));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private byte[] content(String key) {
        return Objects.requireNonNull(store().get(address(key))).bytes();
    }

    @Test
    void wholeObjectsHaveAChecksum(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "content");
        store().upload(address("b/file"), file, FetchControl.NONE);
        StoredObject object = Objects.requireNonNull(store().find(address("b/file")));

        assertThat(Objects.requireNonNull(store().checksum(object)))
                .isEqualTo(Objects.requireNonNull(store().checksum(object)).ofSame(file));
    }

    @Test
    void wrongBytesOfAWholeObjectAreReadAgain(@TempDir Path folder) throws IOException {
        byte[] expected = content("a/content");
        Path file = folder.resolve("content");
        proxy.only((method, path) -> method.equals("GET"))
                .next(new Fault.Corrupt(7), new Fault.Cut(100_000), new Fault.Corrupt(3));

        assertThat(store().get(address("a/content"), file)).isTrue();
        assertThat(file).hasBinaryContent(expected);

        proxy.often(1, 1, new Fault.Corrupt(7));
        assertThatThrownBy(() -> store().get(address("a/content")))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("its bytes have the CRC32C ");
    }

    @Test
    void wrongBytesOfAnUploadAreSentAgain() {
        proxy.next(new Fault.Answer(400, "BadDigest"));

        assertThat(store().put(address("b/new"), bytes("one"), new ObjectStore.Condition.IfAbsent()))
                .isTrue();
        assertThat(content("b/new")).isEqualTo(bytes("one"));
    }

    @Test
    void theSameContentIsAnotherGeneration() {
        store().put(address("b/register"), bytes("one"), new ObjectStore.Condition.Always());
        String first =
                Objects.requireNonNull(store().get(address("b/register"))).tag();
        store().put(address("b/register"), bytes("one"), new ObjectStore.Condition.Always());

        assertThat(store().put(address("b/register"), bytes("two"), new ObjectStore.Condition.IfTag(first)))
                .isFalse();
    }

    @Test
    void aCompressedObjectIsReadAsItIsStored() throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(compressed)) {
            out.write(new byte[100_000]);
        }
        SERVER.putCompressed(address("").bucket(), "a/compressed", compressed.toByteArray());

        StoredObject object = Objects.requireNonNull(store().find(address("a/compressed")));
        assertThat(object.bytes()).isEqualTo(compressed.size());
        assertThat(content("a/compressed")).isEqualTo(compressed.toByteArray());
        byte[] read = new byte[10];
        store().read(
                        object,
                        new ByteRange(20, 30),
                        FetchControl.NONE,
                        (position, from, length) -> System.arraycopy(from, 0, read, (int) position - 20, length));
        assertThat(read).isEqualTo(Arrays.copyOfRange(compressed.toByteArray(), 20, 30));
    }

    @Test
    void aTokenThatEndsEarlyIsReplaced(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "content");
        content("a/content");
        SERVER.expireTokens();
        store().upload(address("b/file"), file, FetchControl.NONE);
        SERVER.expireTokens();

        assertThat(content("b/file")).isEqualTo(bytes("content"));
    }

    @Test
    void anotherKeyIsRefused(@TempDir Path folder) throws IOException {
        try (GcsServer another = GcsServer.start()) {
            Path key = Files.writeString(
                    folder.resolve("key.json"),
                    another.keyFile()
                            .replace(
                                    another.endpoint().toString(),
                                    SERVER.endpoint().toString()));
            try (ObjectStore store = ObjectStore.open(
                    settings(SERVER.endpoint(), new StoreCredentials.GoogleCredentials(key), "lake"),
                    StorePurpose.SOURCE)) {
                assertThatThrownBy(() -> store.find(address("a/content")))
                        .hasMessageStartingWith(
                                "source: %s can't be read: %s gives no token for Google Cloud Storage (HTTP 400: Invalid JWT Signature.). "
                                        .formatted(address("a/content"), SERVER.endpoint()));
            }
        }
    }

    @Test
    void anonymousRequestsHaveNoToken() {
        try (ObjectStore store = ObjectStore.open(
                settings(SERVER.endpoint(), new StoreCredentials.Anonymous(), "lake"), StorePurpose.SOURCE)) {
            assertThatThrownBy(() -> store.find(address("a/content")))
                    .hasMessageContaining("store lake refuses access");
        }
    }

    @Test
    void theEnvironmentNeedsNoSettings() {
        ObjectStoreSettings found = ObjectStores.environment(ObjectAddress.of("gs://lake/a"), none -> null);

        assertThat(found.type()).isEqualTo(new StoreType.Gcs());
        assertThat(found.credentials()).isEqualTo(new StoreCredentials.GoogleCredentials(null));
    }
}
