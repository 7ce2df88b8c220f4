package io.nightshift.storage.objectstore;

import io.nightshift.testing.objectstore.AzureServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A container of a server of its own.
final class AzureBucket implements TestBucket {

    private static final String CONTAINER = "lake";

    private final AzureServer server = AzureServer.start();

    AzureBucket() throws IOException {
        server.createContainer(CONTAINER);
    }

    @Override
    public ObjectStores stores() {
        return ObjectStores.only(List.of(new ObjectStoreSettings(
                "lake",
                new StoreType.Azure(AzureServer.ACCOUNT),
                server.endpoint(),
                List.of(CONTAINER),
                List.of(CONTAINER),
                new StoreCredentials.AccountKey(AzureServer.KEY))));
    }

    @Override
    public String address(String key) {
        return "az://%s/%s".formatted(CONTAINER, key);
    }

    @Override
    public void put(String key, Path file) {
        try {
            server.put(CONTAINER, key, Files.readAllBytes(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
