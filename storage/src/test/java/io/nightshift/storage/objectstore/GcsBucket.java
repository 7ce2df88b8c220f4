package io.nightshift.storage.objectstore;

import io.nightshift.testing.objectstore.GcsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A bucket of a server of its own, with a key of a service account.
final class GcsBucket implements TestBucket {

    private static final String BUCKET = "lake";

    private final GcsServer server = GcsServer.start();
    private final Path key = Files.createTempFile("gcs", ".json");

    GcsBucket() throws IOException {
        Files.writeString(key, server.keyFile());
        server.createBucket(BUCKET);
    }

    @Override
    public ObjectStores stores() {
        return ObjectStores.only(List.of(new ObjectStoreSettings(
                "lake",
                new StoreType.Gcs(),
                server.endpoint(),
                List.of(BUCKET),
                List.of(BUCKET),
                new StoreCredentials.GoogleCredentials(key))));
    }

    @Override
    public String address(String name) {
        return "gs://%s/%s".formatted(BUCKET, name);
    }

    @Override
    public void put(String name, Path file) {
        try {
            server.put(BUCKET, name, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
        try {
            Files.deleteIfExists(key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
