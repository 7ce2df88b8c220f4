package io.nightshift.storage.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.FaultProxy.Fault;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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

/// The promises of an [ObjectStore], held through a proxy that disturbs. Each protocol has a subclass.
public abstract class ObjectStoreContract {

    /// A bucket of a server of the protocol.
    public interface Bucket extends AutoCloseable {

        /// The server's address.
        URI endpoint();

        ObjectAddress address(String key);

        /// @param endpoint of the server or a proxy
        /// @param buckets that jobs may read and write
        ObjectStoreSettings settings(URI endpoint, String... buckets);

        void put(String key, byte[] content) throws IOException;

        void delete(String key) throws IOException;

        @Override
        void close();
    }

    /// Creates an empty bucket.
    protected abstract Bucket bucket() throws IOException;

    /// An error that passes by itself, although its status does not say so.
    protected abstract Fault.Answer passing();

    /// An answer with other bytes than those of the range.
    protected Fault wrongRange() {
        return new Fault.IgnoreRange();
    }

    /// An answer with a tag that never matches: `If-Match` does not match a weak ETag.
    protected Fault otherTag() {
        return new Fault.Header("ETag", tag -> "W/" + tag);
    }

    /// The name of a tag in messages.
    protected String tagName() {
        return "ETag";
    }

    /// The end of the message for a refused request with the code `AccessDenied`.
    protected abstract String refused();

    /// The message for a bucket that is missing, after the name of the store.
    protected abstract String noBucket(String name);

    private static final byte[] CONTENT = content();

    protected Bucket bucket;
    protected FaultProxy proxy;
    protected ObjectStores stores;

    private static byte[] content() {
        byte[] content = new byte[300_000];
        new Random(1).nextBytes(content);
        return content;
    }

    @BeforeEach
    void start() throws IOException {
        bucket = bucket();
        proxy = FaultProxy.start(bucket.endpoint());
        bucket.put("a/content", CONTENT);
        stores = stores(new RequestTuning(3, 1));
    }

    private ObjectStores stores(RequestTuning tuning) {
        return ObjectStores.only(List.of(bucket.settings(proxied(), address("").bucket())), tuning);
    }

    /// The path of an endpoint may name an account.
    private URI proxied() {
        return proxy.endpoint().resolve(bucket.endpoint().getPath());
    }

    @AfterEach
    void stop() {
        stores.close();
        proxy.close();
        bucket.close();
    }

    protected ObjectAddress address(String key) {
        return bucket.address(key);
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
        bucket.put("a/more words+and ä 100%25.parquet", CONTENT);
        bucket.put("b/other", CONTENT);
        List<StoredObject> listed = new ArrayList<>();
        stores.of(address("")).list(address("a/"), listed::add);

        assertThat(listed)
                .extracting(object -> object.address().key())
                .containsExactly("a/content", "a/more words+and ä 100%25.parquet");
        assertThat(listed.getFirst()).isEqualTo(find());
        assertThat(find().bytes()).isEqualTo(CONTENT.length);
        assertThat(stores.of(address("")).find(listed.getLast().address())).isEqualTo(listed.getLast());
        assertThat(stores.of(address("")).find(address("a/none"))).isNull();
    }

    @Test
    void listsOfMoreThanAPageAreWhole() throws IOException {
        for (int i = 0; i < 8; i++) {
            bucket.put("many/%04d".formatted(i), new byte[1]);
        }
        List<StoredObject> listed = new ArrayList<>();
        stores.of(address("")).list(address("many/"), listed::add);

        assertThat(listed).hasSize(8);
        assertThat(listed.getLast().address().key()).isEqualTo("many/0007");
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

    @Test
    void anObjectWhoseTagNeverMatchesIsAFailure() {
        proxy.often(1, 1, otherTag());

        assertThatThrownBy(() -> stores.of(address("")).get(address("a/content")))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isFalse())
                .hasMessageContaining("at each try, its " + tagName() + " was no longer \"");
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
        proxy.next(
                new Fault.Answer(503, "SlowDown"),
                new Fault.Answer(500, "InternalError"),
                new Fault.Answer(429, "TooManyRequests"),
                new Fault.Hang(Duration.ofMillis(10)),
                passing());

        assertThat(read(object, new ByteRange(0, CONTENT.length))).isEqualTo(CONTENT);

        proxy.next(new Fault.Answer(503, "SlowDown"), new Fault.Answer(500, "InternalError"));
        assertThat(find()).isEqualTo(object);
        List<StoredObject> listed = new ArrayList<>();
        proxy.next(new Fault.Answer(503, "SlowDown"), new Fault.Answer(502, "BadGateway"));
        stores.of(address("")).list(address("a/"), listed::add);
        assertThat(listed).hasSize(1);
    }

    @Test
    void whatIsCutOffContinuesWhereItEnded() throws IOException {
        StoredObject object = find();
        long before = proxy.bytes();
        proxy.next(new Fault.Cut(100_000), new Fault.Cut(0), new Fault.Cut(50_000));

        assertThat(read(object, new ByteRange(0, CONTENT.length))).isEqualTo(CONTENT);
        assertThat(proxy.bytes() - before)
                .as("bytes that were sent, some of which the client may not have seen")
                .isLessThan(CONTENT.length + 150_000L);
    }

    @Test
    void wrongLengthsAndRangesAreNoticed() throws IOException {
        StoredObject object = find();
        proxy.next(new Fault.Shorten(10), wrongRange(), new Fault.Shorten(99_999));

        assertThat(read(object, new ByteRange(100_000, 200_000)))
                .isEqualTo(Arrays.copyOfRange(CONTENT, 100_000, 200_000));
    }

    @Test
    void aStoreThatStaysDownIsAFailureOfStorage() throws IOException {
        StoredObject object = find();
        Fault[] faults = new Fault[20];
        Arrays.fill(faults, new Fault.Answer(503, "SlowDown"));
        proxy.next(faults);

        assertThatThrownBy(() -> read(object, new ByteRange(0, 10)))
                .isInstanceOfSatisfying(FailureException.class, e -> {
                    assertThat(e.failure().resource())
                            .isEqualTo(new FailedResource(
                                    FailedResource.Type.STORAGE, address("").root()));
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
        proxy.next(faults);
        FetchControl cancelled = new FetchControl() {
            @Override
            public boolean isCancelled() {
                return true;
            }

            @Override
            public void progressed() {}
        };

        int before = proxy.requests();
        assertThatThrownBy(() -> stores.of(object.address())
                        .read(object, new ByteRange(0, 10), cancelled, (position, from, length) -> {}))
                .hasMessage("the fetch was cancelled");
        assertThat(proxy.requests() - before).isOne();
    }

    @Test
    void whatIsMissingOrRefusedIsAFailureOfTheInput() throws IOException {
        StoredObject object = find();
        proxy.next(new Fault.Answer(403, "AccessDenied"));
        assertInput(
                () -> read(object, new ByteRange(0, 10)),
                "source: %s can't be read: store lake refuses access (AccessDenied). %s"
                        .formatted(object.address(), refused()));

        bucket.delete("a/content");
        assertInput(
                () -> read(object, new ByteRange(0, 10)), "source: there is no object %s".formatted(object.address()));
        ObjectStoreSettings settings = bucket.settings(proxied(), "no-such-bucket");
        try (ObjectStores others = ObjectStores.only(List.of(settings))) {
            ObjectAddress nowhere = settings.address("no-such-bucket/a/");
            assertInput(
                    () -> others.of(nowhere).list(nowhere, found -> {}),
                    "source: store lake has no " + noBucket("no-such-bucket"));
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
        bucket.put("a/content", new byte[CONTENT.length]);

        assertThatThrownBy(() -> read(object, new ByteRange(0, 10)))
                .isInstanceOfSatisfying(
                        FailureException.class,
                        e -> assertThat(e.failure().isPermanent()).isTrue())
                .hasMessage("source: %s was replaced while it was read: its %s is another one now"
                        .formatted(object.address(), tagName()));
    }

    /// The server accepts no parts below 5 MiB, except the last one.
    @Test
    void aLargeFileIsUploadedAndCopiedInParts(@TempDir Path folder) throws IOException {
        byte[] content = new byte[11 << 20];
        new Random(2).nextBytes(content);
        Path file = Files.write(folder.resolve("large"), content);
        try (ObjectStores inParts = stores(new RequestTuning(3, 1, 5L << 20, 6L << 20))) {
            ObjectStore large = inParts.forWriting(address(""));
            proxy.next(new Fault.Answer(503, "SlowDown"), new Fault.Answer(500, "InternalError"));
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
    void aConditionIsMetOnce() {
        ObjectStore writable = stores.forWriting(address(""));
        ObjectAddress address = address("b/register");

        assertThat(writable.put(address, bytes("one"), new ObjectStore.Condition.IfAbsent()))
                .isTrue();
        assertThat(writable.put(address, bytes("two"), new ObjectStore.Condition.IfAbsent()))
                .isFalse();
        String tag = Objects.requireNonNull(writable.get(address)).tag();
        assertThat(writable.put(address, bytes("three"), new ObjectStore.Condition.IfTag(tag)))
                .isTrue();
        assertThat(writable.put(address, bytes("four"), new ObjectStore.Condition.IfTag(tag)))
                .isFalse();
        assertThat(writable.put(address("b/none"), bytes("five"), new ObjectStore.Condition.IfTag(tag)))
                .isFalse();

        assertThat(Objects.requireNonNull(writable.get(address)).bytes()).isEqualTo(bytes("three"));
        assertThat(writable.find(address("b/none"))).isNull();
    }

    @Test
    void whatWasWrittenBeforeItsAnswerWasLostIsNotWrittenAgain(@TempDir Path folder) throws IOException {
        ObjectStore writable = stores.forWriting(address(""));
        proxy.next(new Fault.LoseAnswer());
        assertThat(writable.put(address("b/register"), bytes("one"), new ObjectStore.Condition.IfAbsent()))
                .as("the second try finds the object")
                .isFalse();
        assertThat(Objects.requireNonNull(writable.get(address("b/register"))).bytes())
                .isEqualTo(bytes("one"));

        proxy.next(new Fault.LoseAnswer());
        assertThat(writable.copy(address("b/register"), 3, address("b/copy"))).isTrue();
        proxy.next(new Fault.LoseAnswer());
        writable.delete(address("b/register"));
        assertThat(writable.find(address("b/register"))).isNull();
        assertThat(Objects.requireNonNull(writable.get(address("b/copy"))).bytes())
                .isEqualTo(bytes("one"));

        byte[] content = new byte[11 << 20];
        new Random(3).nextBytes(content);
        Path file = Files.write(folder.resolve("large"), content);
        try (ObjectStores inParts = stores(new RequestTuning(3, 1, 5L << 20, 6L << 20))) {
            ObjectStore large = inParts.forWriting(address(""));
            // The third part, and what completes the upload.
            proxy.only((method, path) -> !method.equals("GET")).next(new Fault.LoseAnswer(), new Fault.LoseAnswer());
            large.upload(address("b/large"), file, FetchControl.NONE);
            assertThat(Objects.requireNonNull(large.get(address("b/large"))).bytes())
                    .isEqualTo(content);
        }
    }

    @Test
    void aLevelHasObjectsAndFolders() throws IOException {
        bucket.put("c/dt=1/x", CONTENT);
        bucket.put("c/dt=1/y", CONTENT);
        bucket.put("c/dt=2/x", CONTENT);
        bucket.put("c/dt=3/x", CONTENT);
        bucket.put("c/dt=4/x", CONTENT);
        bucket.put("c/file", CONTENT);
        List<String> objects = new ArrayList<>();
        List<String> folders = new ArrayList<>();
        stores.of(address(""))
                .listLevel(
                        address("c/"),
                        object -> objects.add(object.address().key()),
                        folder -> folders.add(folder.key()));

        assertThat(objects).containsExactly("c/file");
        assertThat(folders).containsExactly("c/dt=1/", "c/dt=2/", "c/dt=3/", "c/dt=4/");
        List<String> after = new ArrayList<>();
        stores.of(address("")).list(address("c/"), "c/dt=3/", object -> {
            after.add(object.address().key());
            return !object.address().key().startsWith("c/dt=4/");
        });
        assertThat(after).containsExactly("c/dt=3/x", "c/dt=4/x");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
