package io.nightshift.storage.objectstore;

import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.S3Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// One S3 server for the tests of the module, and a bucket behind a proxy for each test.
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

    public final S3Server server = Server.SHARED;
    public final String bucket = "bucket-" + BUCKETS.incrementAndGet();
    public final FaultProxy proxy;

    public TestStore() throws IOException {
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
        return ObjectStores.only(
                List.of(TestSettings.of("lake", proxy.endpoint(), bucket)), new RequestTuning(page, 10));
    }

    /// The bucket, straight from the server.
    public ObjectStores directStores() {
        return ObjectStores.only(List.of(TestSettings.of("lake", server.endpoint(), bucket)));
    }

    @Override
    public String address(String key) {
        return "s3://" + bucket + "/" + key;
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
