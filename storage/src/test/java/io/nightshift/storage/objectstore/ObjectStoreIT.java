package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The S3 protocol, with a real server.
class ObjectStoreIT extends ObjectStoreContract {

    private TestStore s3;

    @Override
    protected Bucket bucket() throws IOException {
        s3 = new TestStore();
        return new Bucket() {
            @Override
            public URI endpoint() {
                return s3.server.endpoint();
            }

            @Override
            public ObjectAddress address(String key) {
                return ObjectAddress.of(s3.address(key));
            }

            @Override
            public ObjectStoreSettings settings(URI endpoint, String... buckets) {
                return TestSettings.of("lake", endpoint, buckets);
            }

            @Override
            public void put(String key, byte[] content) throws IOException {
                s3.server.put(s3.bucket, key, content);
            }

            @Override
            public void delete(String key) throws IOException {
                s3.server.delete(s3.bucket, key);
            }

            @Override
            public void close() {
                s3.close();
            }
        };
    }

    @Override
    protected Fault.Answer passing() {
        return new Fault.Answer(400, "RequestTimeout");
    }

    @Override
    protected String refused() {
        return "Check the credentials of the store, and the policy of the bucket";
    }

    @Override
    protected String noBucket(String name) {
        return "bucket " + name;
    }

    @Test
    void uploadsOfMoreThanAPageAreAllListed() throws IOException {
        List<String> begun = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            begun.add(s3.server.begin(s3.bucket, "many/%d".formatted(i)));
        }

        assertThat(stores.of(address("")).uploads(address("many/")))
                .extracting(ObjectStore.Upload::id)
                .containsExactlyInAnyOrderElementsOf(begun);
    }

    @Test
    void theRegionThatABucketIsInIsNamed() {
        Fault wrong = new Fault.Answer(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'");
        String reason =
                "the bucket is in the region eu-central-1, and store lake uses another one. Set its region to eu-central-1";

        proxy.next(wrong, wrong);
        assertThatThrownBy(() -> stores.of(address("")).find(address("a/content")))
                .hasMessageContaining(reason);
        proxy.next(wrong);
        assertThatThrownBy(() -> stores.of(address("")).list(address("a/"), object -> {}))
                .hasMessageContaining(reason);
    }

    @Test
    void noMessageHoldsASecret() {
        assertThat(bucket.settings(proxy.endpoint(), "b").toString()).isEqualTo("store lake");
        assertThat(new StoreCredentials.Keys("an-id", "a-secret", "a-token").toString())
                .doesNotContain("a-secret", "a-token", "an-id");
        assertThat(new StoreCredentials.AccountKey("a-secret").toString()).doesNotContain("a-secret");
        assertThat(new StoreCredentials.SharedAccessSignature("a-secret").toString())
                .doesNotContain("a-secret");
    }
}
