package io.nightshift.coordinator.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.model.ModelVersion;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StorePurpose;
import io.nightshift.storage.objectstore.StoreType;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import io.nightshift.testing.objectstore.S3Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The registry in a store with the API of S3, behind a proxy that disturbs.
class ModelRegistryObjectsIT extends ModelRegistryContract {

    private static final AtomicInteger REGISTRIES = new AtomicInteger();
    private static final String BUCKET = "models";

    /// A property of the AWS SDK. Without it, the SDK waits for the metadata of a machine of Amazon.
    private static final String METADATA = "aws.disableEc2Metadata";

    private static S3Server server;
    private static FaultProxy proxy;

    @TempDir
    private Path folder;

    private final ObjectAddress prefix = ObjectAddress.ofS3(BUCKET, "registry-" + REGISTRIES.incrementAndGet());

    @BeforeAll
    static void startServer() throws Exception {
        server = S3Server.start();
        server.createBucket(BUCKET);
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
        return open(prefix, new StoreCredentials.Keys("id", "secret", null), copies());
    }

    private ModelRegistry open(ObjectAddress at, StoreCredentials credentials, Path copies) {
        ObjectStoreSettings settings = new ObjectStoreSettings(
                "lake", new StoreType.S3("us-east-1", true), proxy.endpoint(), List.of(), List.of(), credentials);
        return ModelRegistry.in(ObjectStore.open(settings, StorePurpose.REGISTRY), at, copies, () -> NOON);
    }

    private Path copies() {
        return folder.resolve("copies");
    }

    private String contentKey(ModelVersion version) {
        return prefix.key() + "/content/" + version.sha256() + ".nsm";
    }

    @Override
    void tamper(ModelVersion version, String content) throws Exception {
        server.put(BUCKET, contentKey(version), bytes(content));
    }

    @Test
    void theKeysAndTheFormOfTheDescriptionAreKept() throws Exception {
        ModelVersion version = register("delays", "a");
        registry.alias("delays", "champion", 1, "mara");
        registry.alias("delays", "candidate", 1, "mara");

        assertThat(server.get(BUCKET, prefix.key() + "/models/delays/1.json"))
                .isEqualTo(ModelRegistryTest.golden("model.json"));
        assertThat(server.get(BUCKET, prefix.key() + "/models/delays/aliases.json"))
                .isEqualTo(ModelRegistryTest.golden("aliases.json"));
        assertThat(server.get(BUCKET, contentKey(version))).isEqualTo("a");
    }

    @Test
    void aDisturbedStoreLosesAndDoublesNothing() {
        proxy.often(
                7,
                0.3,
                new Fault.Answer(503, "SlowDown"),
                new Fault.Answer(409, "ConditionalRequestConflict"),
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
    void aVersionWhoseContentWasWrittenBeforeACrashIsRegisteredLater() throws Exception {
        tamper(new ModelVersion("delays", 1, Digests.sha256(bytes("a"))), "half");
        assertThat(registry.list()).isEmpty();

        assertThat(registry.path(register("delays", "a"))).hasContent("a");
    }

    @Test
    void wrongBytesAreFetchedAgain() {
        ModelVersion version = register("delays", "the model");
        // The first request asks for the length.
        proxy.only(path -> path.contains("/content/")).next(new Fault.Corrupt(0), new Fault.Corrupt(0));

        assertThat(registry.path(version)).hasContent("the model");
    }

    @Test
    void aModelIsFetchedOnceUnlessItsCopyIsDamaged() throws Exception {
        ModelVersion version = register("delays", "the model");
        Path copy = registry.path(version);
        int before = proxy.requests();
        assertThat(open().path(version)).isEqualTo(copy);
        assertThat(proxy.requests() - before)
                .as("requests, for the list of the versions")
                .isEqualTo(1);

        Files.writeString(copy, "the modem");
        assertThat(registry.path(version)).hasContent("the model");
    }

    @Test
    void copiesThatNobodyUsesAreDeleted() throws Exception {
        Path old = registry.path(register("delays", "a"));
        Path abandoned = Files.writeString(copies().resolve(".new-abandoned"), "");
        Path foreign = Files.writeString(copies().resolve("foreign"), "");
        for (Path file : List.of(old, abandoned, foreign)) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(31))));
        }
        Path other = registry.path(register("delays", "b"));

        try (Stream<Path> left = Files.list(copies())) {
            assertThat(left).containsExactlyInAnyOrder(other, foreign);
        }
    }

    @Test
    void aFolderForCopiesThatCannotBeWrittenIsTheNodesFault() throws Exception {
        ModelVersion version = register("delays", "a");
        Path file = Files.writeString(folder.resolve("file"), "");
        ModelRegistry misplaced = open(prefix, new StoreCredentials.Anonymous(), file);

        assertThatThrownBy(() -> misplaced.path(version))
                .hasMessageContaining("the folder %s, which holds copies of models, can't be written".formatted(file))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        failed -> assertThat(failed.failure().resource())
                                .isEqualTo(new FailedResource(FailedResource.Type.SCRATCH, file.toString())));
    }

    @Test
    void aStoreThatIgnoresConditionsIsRefused() {
        proxy.often(1, 1, new Fault.IgnoreConditions("if-"));

        assertThatThrownBy(() -> register("delays", "a"))
                .hasMessageContaining("can't be in this store, which ignores If-None-Match");
        assertThat(registry.list()).isEmpty();
    }

    @Test
    void missingCredentialsAreSaid() {
        assumeThat(System.getenv("AWS_ACCESS_KEY_ID")).isNull();
        System.setProperty(METADATA, "true");
        try {
            ModelRegistry without = open(prefix, new StoreCredentials.StandardChain("no-such-profile"), copies());
            assertThatThrownBy(without::list)
                    .hasMessageContaining(
                            "can't be read: store lake has no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure the store");
        } finally {
            System.clearProperty(METADATA);
        }
    }

    @Test
    void whatTheAdministratorMustCorrectIsSaid() {
        ModelRegistry elsewhere =
                open(ObjectAddress.ofS3("no-such-bucket", "x"), new StoreCredentials.Anonymous(), copies());
        assertThatThrownBy(elsewhere::list).hasMessage("model registry: store lake has no bucket no-such-bucket");
        assertThatThrownBy(() -> elsewhere.register("delays", bytes("a"), DESCRIPTION, () -> PROVENANCE))
                .hasMessage("model registry: store lake has no bucket no-such-bucket");

        register("delays", "a");
        proxy.next(new Fault.Answer(403, "AccessDenied"));
        assertThatThrownBy(registry::list)
                .hasMessage(
                        "model registry: s3://%s/%s/models/ can't be read: store lake refuses access (AccessDenied). Check the credentials of the store, and the policy of the bucket"
                                .formatted(BUCKET, prefix.key()));
        proxy.only(path -> path.contains("/content/")).next(new Fault.Answer(403, "AccessDenied"));
        assertThatThrownBy(() -> register("delays", "b"))
                .hasMessageContaining(" can't be written: store lake refuses access (AccessDenied)");
    }
}
