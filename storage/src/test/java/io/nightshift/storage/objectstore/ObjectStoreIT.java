package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Reads from a real server through a proxy that disturbs.
class ObjectStoreIT {

    private static final byte[] CONTENT = content();

    private TestStore store;
    private ObjectStores stores;

    private static byte[] content() {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        return content;
    }

    @BeforeEach
    void start() throws IOException {
        store = new TestStore();
        store.server.put(store.bucket, "a/content", CONTENT);
        stores = ObjectStores.only(
                List.of(TestSettings.of("lake", store.proxy.endpoint(), store.bucket)), new RequestTuning(3, 1));
    }

    @AfterEach
    void stop() {
        stores.close();
        store.close();
    }

    private ObjectAddress address(String key) {
        return ObjectAddress.of(store.address(key));
    }

    private StoredObject find() {
        return Objects.requireNonNull(stores.of(address("a/content")).find(address("a/content")));
    }

    private byte[] read(StoredObject object, ByteRange range) throws IOException {
        byte[] read = new byte[(int) range.length()];
        stores.of(object.address())
                .read(
                        object,
                        range,
                        FetchControl.NONE,
                        (position, from, length) ->
                                System.arraycopy(from, 0, read, (int) (position - range.start()), length));
        return read;
    }

    private void assertRead(ByteRange range) throws IOException {
        assertThat(read(find(), range)).isEqualTo(Arrays.copyOfRange(CONTENT, (int) range.start(), (int) range.end()));
    }

    @Test
    void anObjectIsFoundAndListedAlike() throws IOException {
        store.server.put(store.bucket, "a/more words+and ä.parquet", CONTENT);
        store.server.put(store.bucket, "b/other", CONTENT);
        List<StoredObject> listed = new ArrayList<>();
        stores.of(address("")).list(address("a/"), listed::add);

        assertThat(listed)
                .extracting(object -> object.address().key())
                .containsExactly("a/content", "a/more words+and ä.parquet");
        assertThat(listed.getFirst()).isEqualTo(find());
        assertThat(find().bytes()).isEqualTo(CONTENT.length);
        assertThat(stores.of(address("")).find(listed.getLast().address())).isEqualTo(listed.getLast());
        assertThat(stores.of(address("")).find(address("a/none"))).isNull();
    }

    @Test
    void listsOfMoreThanAPageAreWhole() throws IOException {
        for (int i = 0; i < 8; i++) {
            store.server.put(store.bucket, "many/%04d".formatted(i), new byte[1]);
        }
        List<StoredObject> listed = new ArrayList<>();
        stores.of(address("")).list(address("many/"), listed::add);

        assertThat(listed).hasSize(8);
        assertThat(listed.getLast().address().key()).isEqualTo("many/0007");
    }

    @Test
    void uploadsOfMoreThanAPageAreAllListed() throws IOException {
        List<String> begun = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            begun.add(store.server.begin(store.bucket, "many/%d".formatted(i)));
        }

        assertThat(stores.of(address("")).uploads(address("many/")))
                .extracting(ObjectStore.Upload::id)
                .containsExactlyInAnyOrderElementsOf(begun);
    }

    @Test
    void anObjectIsCreatedFromAFileOnceAndCopiedToAFile(@TempDir Path folder) throws IOException {
        Path one = Files.write(folder.resolve("one"), CONTENT);
        Path two = Files.writeString(folder.resolve("two"), "two");
        ObjectStore writable = stores.forWriting(address(""));

        assertThat(writable.create(address("b/new"), one)).isTrue();
        assertThat(writable.create(address("b/new"), two)).isFalse();

        assertThat(writable.get(address("b/new"), two)).isTrue();
        assertThat(two).hasBinaryContent(CONTENT);
        assertThat(writable.get(address("b/none"), two)).isFalse();
        assertThat(two).hasBinaryContent(CONTENT);
    }

    /// If-Match never matches a weak ETag.
    @Test
    void anObjectWhoseTagNeverMatchesIsAFailure() {
        store.proxy.often(1, 1, new Fault.WeakTag());

        assertThatThrownBy(() -> stores.of(address("")).get(address("a/content")))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse())
                .hasMessageContaining("its ETag was no longer \"W/");
    }

    @Test
    void aRangeIsReadExactly() throws IOException {
        assertRead(new ByteRange(0, CONTENT.length));
        assertRead(new ByteRange(0, 1));
        assertRead(new ByteRange(100_000, 200_000));
        assertRead(new ByteRange(CONTENT.length - 1, CONTENT.length));
    }

    @Test
    void errorsThatPassAreRepeated() throws IOException {
        StoredObject object = find();
        store.proxy.next(
                new Fault.Answer(503, "SlowDown"),
                new Fault.Answer(500, "InternalError"),
                new Fault.Answer(429, "TooManyRequests"),
                new Fault.Hang(Duration.ofMillis(10)),
                new Fault.Answer(400, "RequestTimeout"));

        assertThat(read(object, new ByteRange(0, CONTENT.length))).isEqualTo(CONTENT);

        store.proxy.next(new Fault.Answer(503, "SlowDown"), new Fault.Answer(500, "InternalError"));
        assertThat(find()).isEqualTo(object);
        List<StoredObject> listed = new ArrayList<>();
        store.proxy.next(new Fault.Answer(503, "SlowDown"), new Fault.Answer(502, "BadGateway"));
        stores.of(address("")).list(address("a/"), listed::add);
        assertThat(listed).hasSize(1);
    }

    @Test
    void theRegionThatABucketIsInIsNamed() {
        Fault wrong = new Fault.Answer(
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'");
        String reason =
                "the bucket is in the region eu-central-1, and store lake uses another one. Set its region to eu-central-1";

        store.proxy.next(wrong, wrong);
        assertThatThrownBy(this::find).hasMessageContaining(reason);
        store.proxy.next(wrong);
        assertThatThrownBy(() -> stores.of(address("")).list(address("a/"), object -> {}))
                .hasMessageContaining(reason);
    }

    @Test
    void whatIsCutOffContinuesWhereItEnded() throws IOException {
        StoredObject object = find();
        long before = store.proxy.bytes();
        store.proxy.next(new Fault.Cut(100_000), new Fault.Cut(0), new Fault.Cut(50_000));

        assertThat(read(object, new ByteRange(0, CONTENT.length))).isEqualTo(CONTENT);
        assertThat(store.proxy.bytes() - before)
                .as("bytes that were sent, some of which the client may not have seen")
                .isLessThan(CONTENT.length + 150_000L);
    }

    @Test
    void wrongLengthsAndRangesAreNoticed() throws IOException {
        StoredObject object = find();
        store.proxy.next(new Fault.Shorten(10), new Fault.IgnoreRange(), new Fault.Shorten(99_999));

        assertThat(read(object, new ByteRange(100_000, 200_000)))
                .isEqualTo(Arrays.copyOfRange(CONTENT, 100_000, 200_000));
    }

    @Test
    void aStoreThatStaysDownIsAFailureOfStorage() throws IOException {
        StoredObject object = find();
        Fault[] faults = new Fault[20];
        Arrays.fill(faults, new Fault.Answer(503, "SlowDown"));
        store.proxy.next(faults);

        assertThatThrownBy(() -> read(object, new ByteRange(0, 10)))
                .isInstanceOfSatisfying(FailureException.class, e -> {
                    assertThat(e.failure().resource())
                            .isEqualTo(new FailedResource(FailedResource.Type.STORAGE, "s3://" + store.bucket));
                    assertThat(e)
                            .hasMessage("source: %s can't be read from store lake: HTTP 503 SlowDown"
                                    .formatted(address("a/content")));
                });
    }

    @Test
    void aFetchThatIsCancelledEndsSoon() {
        StoredObject object = find();
        Fault[] faults = new Fault[20];
        Arrays.fill(faults, new Fault.Answer(503, "SlowDown"));
        store.proxy.next(faults);
        FetchControl cancelled = new FetchControl() {
            @Override
            public boolean isCancelled() {
                return true;
            }

            @Override
            public void progressed() {}
        };

        int before = store.proxy.requests();
        assertThatThrownBy(() -> stores.of(object.address())
                        .read(object, new ByteRange(0, 10), cancelled, (position, from, length) -> {}))
                .hasMessage("the fetch was cancelled");
        assertThat(store.proxy.requests() - before).isOne();
    }

    @Test
    void whatIsMissingOrRefusedIsAFailureOfTheInput() throws IOException {
        StoredObject object = find();
        store.proxy.next(new Fault.Answer(403, "AccessDenied"));
        assertInput(
                () -> read(object, new ByteRange(0, 10)),
                "source: %s can't be read: store lake refuses access (AccessDenied). Check the credentials of the store, and the policy of the bucket"
                        .formatted(object.address()));

        store.server.delete(store.bucket, "a/content");
        assertInput(
                () -> read(object, new ByteRange(0, 10)), "source: there is no object %s".formatted(object.address()));
        try (ObjectStores others =
                ObjectStores.only(List.of(TestSettings.of("lake", store.proxy.endpoint(), "no-such-bucket")))) {
            ObjectAddress nowhere = ObjectAddress.of("s3://no-such-bucket/a/");
            assertInput(
                    () -> others.of(nowhere).list(nowhere, found -> {}),
                    "source: store lake has no bucket no-such-bucket");
        }
    }

    private static void assertInput(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e).hasMessage(message);
            assertThat(Objects.requireNonNull(e.failure().resource()).type()).isEqualTo(FailedResource.Type.INPUT);
        });
    }

    @Test
    void anObjectThatWasReplacedIsNotRead() throws IOException {
        StoredObject object = find();
        store.server.put(store.bucket, "a/content", new byte[CONTENT.length]);

        assertThatThrownBy(() -> read(object, new ByteRange(0, 10)))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessage("source: %s was replaced while it was read: its ETag is another one now"
                        .formatted(object.address()));
    }

    /// The server accepts no parts below 5 MiB, except the last one.
    @Test
    void aLargeFileIsUploadedAndCopiedInParts(@TempDir Path folder) throws IOException {
        byte[] content = new byte[11 << 20];
        new Random(2).nextBytes(content);
        Path file = Files.write(folder.resolve("large"), content);
        try (ObjectStores inParts = ObjectStores.only(
                List.of(TestSettings.of("lake", store.proxy.endpoint(), store.bucket)),
                new RequestTuning(3, 1, 5L << 20, 6L << 20))) {
            ObjectStore large = inParts.forWriting(address(""));
            store.proxy.next(new Fault.Answer(503, "SlowDown"), new Fault.Answer(500, "InternalError"));
            large.upload(address("a/large"), file, FetchControl.NONE);
            assertThat(large.copy(address("a/large"), content.length, address("a/copy")))
                    .isTrue();

            assertThat(Objects.requireNonNull(large.get(address("a/copy"))).bytes())
                    .isEqualTo(content);
            assertThat(large.uploads(address("a/"))).isEmpty();
            assertThat(large.copy(address("a/none"), content.length, address("a/other")))
                    .isFalse();
            assertThat(large.copy(address("a/none"), 1, address("a/other"))).isFalse();
            assertThat(large.uploads(address("a/"))).as("uploads that failed").isEmpty();
        }
    }

    @Test
    void anUploadThatIsCancelledLeavesNothing(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("content"), CONTENT);
        FetchControl cancelled = new FetchControl() {
            @Override
            public boolean isCancelled() {
                return true;
            }

            @Override
            public void progressed() {}
        };
        ObjectStore writable = stores.forWriting(address(""));

        assertThatThrownBy(() -> writable.upload(address("b/new"), file, cancelled))
                .isInstanceOf(FailureException.class);
        assertThat(writable.find(address("b/new"))).isNull();
    }

    @Test
    void whatIsDeletedTwiceIsGone() {
        ObjectStore writable = stores.forWriting(address(""));
        writable.delete(address("a/content"));
        writable.delete(address("a/content"));

        assertThat(writable.find(address("a/content"))).isNull();
    }

    @Test
    void noMessageHoldsASecret() {
        assertThat(TestSettings.of("lake", store.proxy.endpoint(), "b").toString())
                .isEqualTo("store lake");
        assertThat(new StoreCredentials.Keys("an-id", "a-secret", "a-token").toString())
                .doesNotContain("a-secret", "a-token", "an-id");
    }
}
