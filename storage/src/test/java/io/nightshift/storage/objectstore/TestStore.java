package io.nightshift.storage.objectstore;

import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.GcsServer;
import io.nightshift.testing.objectstore.ObjectServer;
import io.nightshift.testing.objectstore.S3Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// One S3 server for the tests of the module, or one of Google Cloud Storage, and a bucket behind a proxy for each
/// test.
public final class TestStore implements TestBucket {

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    /// Started by the first test that needs it; it ends with the process.
    private static final class Server {
        private static final S3Server SHARED = start();

        private static S3Server start() {
            try {
                return S3Server.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// As [Server].
    private static final class Google {
        private static final GcsServer SHARED = start();
        private static final StoreCredentials KEY = key();

        private static GcsServer start() {
            try {
                return GcsServer.start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /// The key of a service account.
        private static StoreCredentials key() {
            try {
                Path file = Files.createTempFile("gcs", ".json");
                file.toFile().deleteOnExit();
                return new StoreCredentials.GoogleCredentials(Files.writeString(file, SHARED.keyFile()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public final ObjectServer server;
    public final String bucket = "bucket-" + BUCKETS.incrementAndGet();
    public final FaultProxy proxy;

    public TestStore() throws IOException {
        this(Server.SHARED);
    }

    /// A bucket of Google Cloud Storage. The test needs the module.
    public static TestStore ofGcs() throws IOException {
        return new TestStore(Google.SHARED);
    }

    private TestStore(ObjectServer server) throws IOException {
        this.server = server;
        server.createBucket(bucket);
        proxy = FaultProxy.start(server.endpoint());
    }

    /// The bucket, through the proxy.
    @Override
    public ObjectStores stores() {
        return stores(1_000);
    }

    /// The bucket, through the proxy.
    ///
    /// @param page the number of objects that an answer of the store lists
    public ObjectStores stores(int page) {
        return ObjectStores.only(List.of(settings(proxy.endpoint())), new RequestTuning(page, 10));
    }

    /// The bucket, straight from the server.
    public ObjectStores directStores() {
        return ObjectStores.only(List.of(settings(server.endpoint())));
    }

    /// The server of a store that was made by [#TestStore()].
    public S3Server s3() {
        return (S3Server) server;
    }

    private ObjectStoreSettings settings(URI endpoint) {
        return server instanceof GcsServer
                ? new ObjectStoreSettings(
                        "lake", new StoreType.Gcs(), endpoint, List.of(bucket), List.of(bucket), Google.KEY)
                : TestSettings.of("lake", endpoint, bucket);
    }

    @Override
    public String address(String key) {
        return (server instanceof GcsServer ? "gs://" : "s3://") + bucket + "/" + key;
    }

    @Override
    public void put(String key, Path file) {
        try {
            server.put(bucket, key, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        proxy.close();
    }
}
