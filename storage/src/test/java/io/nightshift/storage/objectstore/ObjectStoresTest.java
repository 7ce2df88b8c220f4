package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nightshift.protocol.failure.FailureException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Which objects jobs may read, and from which store. No store is asked.
class ObjectStoresTest {

    private static final List<ObjectStoreSettings> SETTINGS = List.of(
            TestSettings.of("minio", URI.create("http://localhost:1"), "lake", "exports/2026", "exports/one.parquet"),
            TestSettings.of("ceph", URI.create("http://localhost:2"), "archive"));

    private final ObjectStores stores = ObjectStores.only(SETTINGS);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://lake",
                "s3://lake/a/b.parquet",
                "s3://exports/2026",
                "s3://exports/2026/",
                "s3://exports/2026/a.parquet",
                "s3://exports/one.parquet",
                "s3://archive/a"
            })
    void jobsMayReadTheBucketsAndPrefixesOfTheStores(String address) {
        assertThatCode(() -> stores.requireReadable(ObjectAddress.of(address))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://lakes/a",
                "s3://exports/",
                "s3://exports/2026a/b",
                "s3://exports/one.parquet.old",
                "s3://exports/2025/a.parquet",
                "s3://secret/a"
            })
    void nothingElseIsReadOnANode(String address) {
        assertThatThrownBy(() -> stores.requireReadable(ObjectAddress.of(address)))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessage(address + (address.substring(5).contains("/") ? "" : "/")
                        + " is outside the buckets that jobs may read on this node (nightshift.stores.NAME.buckets)");
        assertThatThrownBy(() -> ObjectStores.none().requireReadable(ObjectAddress.of(address)))
                .hasMessageContaining("is outside the buckets");
    }

    @Test
    void aStoreMayTakeEveryBucketThatNoOtherLists() {
        ObjectStoreSettings every = TestSettings.of("every", URI.create("http://localhost:3"), "*");
        try (ObjectStores all = ObjectStores.only(List.of(SETTINGS.getFirst(), every))) {
            assertThat(all.of(ObjectAddress.of("s3://anything/a"))).hasToString("store every");
            assertThat(all.of(ObjectAddress.of("s3://lake/a"))).hasToString("store minio");
            assertThatThrownBy(() -> all.of(ObjectAddress.of("s3://exports/2025/a")))
                    .as("a bucket that another store lists in part")
                    .hasMessageContaining("is outside the buckets");
        }
    }

    @Test
    void aCommandReadsOtherBucketsAsTheEnvironmentSays() {
        Map<String, String> environment = Map.of("AWS_ENDPOINT_URL_S3", "http://localhost:9");
        try (ObjectStores command = ObjectStores.orEnvironment(SETTINGS, environment::get)) {
            assertThat(command.of(ObjectAddress.of("s3://anything/a"))).hasToString("store environment");
            assertThat(command.of(ObjectAddress.of("s3://archive/a"))).hasToString("store ceph");
        }
    }

    @Test
    void whatJobsMayWriteIsListedApart() {
        ObjectStoreSettings settings = new ObjectStoreSettings(
                "lake",
                new StoreType.S3(null, true),
                URI.create("http://localhost:3"),
                List.of("lake"),
                List.of("scores/churn"),
                new StoreCredentials.Anonymous());
        try (ObjectStores stores = ObjectStores.only(List.of(settings))) {
            assertThat(stores.forWriting(ObjectAddress.of("s3://scores/churn/batch=1/part")))
                    .hasToString("store lake");
            for (String address : List.of("s3://lake/a", "s3://scores/churning/a", "s3://scores/a", "s3://other/a")) {
                assertThatThrownBy(() -> stores.forWriting(ObjectAddress.of(address)))
                        .hasMessage(
                                address
                                        + " is outside the buckets that jobs may write on this node (nightshift.stores.NAME.write-buckets)");
            }
            assertThatThrownBy(() -> stores.of(ObjectAddress.of("s3://scores/churn/a")))
                    .hasMessageContaining("may read");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3://",
                "s3:///a",
                "s3://id:secret@bucket/a",
                "http://bucket/a",
                "az://",
                "az://container@account.dfs.core.windows.net/a",
                "abfss://container/a",
                "abfss://container@account/a",
                "abfss://id:secret@account.dfs.core.windows.net/a"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> ObjectAddress.of(text)).hasMessageContaining("is no address of objects");
    }

    @Test
    void aDirectoryBucketIsRefused() {
        assertThatThrownBy(() -> stores.requireReadable(ObjectAddress.of("s3://lake--euc1-az1--x-s3/a")))
                .hasMessageContaining("is in a directory bucket of S3, which Nightshift can't use");
        assertThatThrownBy(() -> stores.writeRefusal(ObjectAddress.of("s3://lake--euc1-az1--x-s3/a")))
                .hasMessageContaining("is in a directory bucket of S3");
    }

    @Test
    void aStoreOfAWSWithoutARegionIsRefusedWithOurWords() {
        assumeThat(System.getenv("AWS_REGION")).isNull();
        String file = System.getProperty("aws.configFile");
        System.setProperty("aws.configFile", "/no/such/file");
        System.setProperty("aws.disableEc2Metadata", "true");
        ObjectStoreSettings settings = new ObjectStoreSettings(
                "aws",
                new StoreType.S3(null, false),
                null,
                List.of("lake"),
                List.of(),
                new StoreCredentials.Anonymous());
        try (ObjectStores aws = ObjectStores.only(List.of(settings))) {
            ObjectStore store = aws.of(ObjectAddress.of("s3://lake/a"));

            assertThatThrownBy(store::requireUsable)
                    .isInstanceOf(FailureException.class)
                    .hasMessageEndingWith(
                            "can't be used: its region is unknown. Set nightshift.stores.NAME.region, or the variable AWS_REGION");
        } finally {
            System.clearProperty("aws.disableEc2Metadata");
            System.clearProperty("aws.configFile");
            if (file != null) {
                System.setProperty("aws.configFile", file);
            }
        }
    }
}
