package io.nightshift.coordinator.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StorePurpose;
import io.nightshift.storage.objectstore.StoreType;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import io.nightshift.testing.objectstore.GcsServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The registry in Google Cloud Storage, behind a proxy that disturbs.
class ModelRegistryGcsIT extends ModelRegistryContract {

    private static final AtomicInteger REGISTRIES = new AtomicInteger();
    private static final String BUCKET = "models";

    private static GcsServer server;
    private static FaultProxy proxy;

    @TempDir
    private static Path keys;

    @TempDir
    private Path folder;

    private final ObjectAddress prefix =
            ObjectAddress.of("gs://%s/registry-%d".formatted(BUCKET, REGISTRIES.incrementAndGet()));

    @BeforeAll
    static void startServer() throws Exception {
        server = GcsServer.start();
        server.createBucket(BUCKET);
        Files.writeString(keys.resolve("key.json"), server.keyFile());
        proxy = FaultProxy.start(server.endpoint());
    }

    @AfterAll
    static void stopServer() {
        proxy.close();
        server.close();
    }

    @AfterEach
    void heal() {
        proxy.heal();
    }

    @Override
    ModelRegistry open() {
        ObjectStoreSettings settings = new ObjectStoreSettings(
                "lake",
                new StoreType.Gcs(),
                proxy.endpoint(),
                List.of(),
                List.of(),
                new StoreCredentials.GoogleCredentials(keys.resolve("key.json")));
        return ModelRegistry.in(
                ObjectStore.open(settings, StorePurpose.REGISTRY), prefix, folder.resolve("copies"), () -> NOON);
    }

    @Override
    void tamper(ModelVersion version, String content) {
        server.put(BUCKET, prefix.key() + "/content/" + version.sha256() + ".nsm", bytes(content));
    }

    @Test
    void aDisturbedStoreLosesAndDoublesNothing() {
        proxy.often(
                7,
                0.3,
                new Fault.Answer(503, "SlowDown"),
                new Fault.Answer(429, "SlowDown"),
                new Fault.Cut(20),
                new Fault.Hang(Duration.ofMillis(1)),
                new Fault.LoseAnswer());
        for (int i = 1; i <= 5; i++) {
            String content = "content " + i;
            assertThat(registry.register("delays", bytes(content), DESCRIPTION, () -> PROVENANCE))
                    .isEqualTo(new RegistrationResult(resolve("delays@" + i), true));
            registry.alias("delays", "alias-" + i, i, "mara");
            assertThat(open().path(resolve("delays@alias-" + i))).hasContent(content);
        }
        assertThat(registry.listing("delays").versions()).hasSize(5);
        assertThat(registry.listing("delays").aliases()).hasSize(5);
    }

    @Test
    void aStoreThatIgnoresConditionsIsRefused() {
        proxy.often(1, 1, new Fault.IgnoreConditions("x-goog-if-"));

        assertThatThrownBy(() -> register("delays", "a"))
                .hasMessageContaining("can't be in this store, which ignores If-None-Match");
        assertThat(registry.list()).isEmpty();
    }
}
