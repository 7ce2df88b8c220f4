package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.endpoint.EndpointUse;
import io.nightshift.storage.endpoint.EndpointWait;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.objectstore.StoreFailures.Access;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// Lists, reads and writes the objects of one store. Every call waits for the network, and repeats what may
/// succeed on another try: server errors, throttling, timeouts, and answers that end too early. Safe for
/// several threads.
///
/// The retries are here, not in the SDK, because a read that was cut off continues where it ended.
public final class ObjectStore implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ObjectStore.class);

    /// Receives bytes. Called on the thread that reads.
    @FunctionalInterface
    public interface Sink {

        /// @param position of the first byte in the object
        /// @param length how many of the array's first bytes
        void write(long position, byte[] bytes, int length) throws IOException;
    }

    /// More requests at a time only make a store throttle the node.
    private static final int REQUESTS = 16;

    private static final int BUFFER = 64 * 1024;

    /// The most parts of one upload.
    private static final int MOST_PARTS = 10_000;

    /// After so many bytes the store counts as working again.
    private static final long PROGRESS = 256 * 1024;

    /// @param page how many objects an answer lists
    /// @param firstPauseMillis the pause after the first failure, in milliseconds; later ones are longer
    /// @param uploadPart the most bytes that are written in one request
    /// @param copyPart the most bytes that are copied in one request
    record Tuning(int page, long firstPauseMillis, long uploadPart, long copyPart) {
        static final Tuning DEFAULT = new Tuning(1_000, 100);

        Tuning(int page, long firstPauseMillis) {
            this(page, firstPauseMillis, 64L << 20, 5L << 30);
        }
    }

    private final ObjectStoreSettings settings;
    private final Tuning tuning;
    private final StoreFailures failures;
    private final Semaphore requests = new Semaphore(REQUESTS);
    private @Nullable S3Client client;

    ObjectStore(ObjectStoreSettings settings, StorePurpose purpose, Tuning tuning) {
        this.settings = settings;
        this.tuning = tuning;
        this.failures = new StoreFailures(settings, purpose);
    }

    /// A store that is not for the sources of jobs.
    ///
    /// @param purpose by which messages call it
    public static ObjectStore open(ObjectStoreSettings settings, StorePurpose purpose) {
        return new ObjectStore(settings, purpose, Tuning.DEFAULT);
    }

    /// Checks that requests can be made, without making one.
    ///
    /// @throws FailureException if the region of a store without an endpoint is unknown
    public void requireRegion() {
        client();
    }

    private synchronized S3Client client() {
        S3Client made = client;
        if (made == null) {
            made = StoreClients.open(settings);
            client = made;
        }
        return made;
    }

    /// Lists the objects whose keys begin with a prefix, in the order of their keys.
    ///
    /// @throws FailureException if they can't be listed
    public void list(ObjectAddress prefix, Consumer<StoredObject> found) {
        list(prefix, "", object -> {
            found.accept(object);
            return true;
        });
    }

    /// Lists the objects whose keys begin with a prefix and are greater than a key, in the order of their keys.
    ///
    /// @param after empty for all
    /// @param found returns false to end the list
    /// @throws FailureException if they can't be listed
    public void list(ObjectAddress prefix, String after, Predicate<StoredObject> found) {
        list(prefix, request -> after.isEmpty() ? request : request.startAfter(after), page -> {
            for (S3Object object : page.contents()) {
                if (!found.test(stored(prefix, object))) {
                    return false;
                }
            }
            return true;
        });
    }

    /// Lists one level of folders: the objects whose keys begin with a prefix and have no `/` after it, and the
    /// folders of the others.
    ///
    /// @param folders gets the prefix of each folder, which ends in `/`, in their order
    /// @throws FailureException if they can't be listed
    public void listLevel(ObjectAddress prefix, Consumer<StoredObject> objects, Consumer<ObjectAddress> folders) {
        list(prefix, request -> request.delimiter("/"), page -> {
            page.contents().forEach(object -> objects.accept(stored(prefix, object)));
            page.commonPrefixes().forEach(folder -> folders.accept(prefix.with(folder.prefix())));
            return true;
        });
    }

    private static StoredObject stored(ObjectAddress bucket, S3Object object) {
        return new StoredObject(
                bucket.with(object.key()), object.size(), seconds(object.lastModified()), unquoted(object.eTag()));
    }

    /// @param page receives each page of the answer; returns false to end the list
    private void list(
            ObjectAddress prefix,
            UnaryOperator<ListObjectsV2Request.Builder> more,
            Predicate<ListObjectsV2Response> page) {
        String next = null;
        do {
            String token = next;
            ListObjectsV2Response answer = retry(
                    prefix,
                    Access.READ,
                    () -> client().listObjectsV2(more.apply(ListObjectsV2Request.builder()
                                    .bucket(prefix.bucket())
                                    .prefix(prefix.key())
                                    .maxKeys(tuning.page())
                                    .continuationToken(token))
                            .build()));
            boolean goesOn = page.test(answer) && Boolean.TRUE.equals(answer.isTruncated());
            next = goesOn ? answer.nextContinuationToken() : null;
        } while (next != null);
    }

    /// An object as it is now; null if there is none.
    ///
    /// @throws FailureException if it can't be found out
    public @Nullable StoredObject find(ObjectAddress address) {
        HeadObjectResponse head;
        try {
            head = retry(
                    address,
                    Access.READ,
                    () -> client().headObject(HeadObjectRequest.builder()
                            .bucket(address.bucket())
                            .key(address.key())
                            .build()));
        } catch (StoreFailures.NotFound _) {
            return null;
        } catch (FailureException e) {
            if (StoreFailures.isWithoutReason(e)) {
                // The answer to HEAD has no body. The answer to another request says what is wrong.
                probe(address);
            }
            throw e;
        }
        return new StoredObject(address, head.contentLength(), seconds(head.lastModified()), unquoted(head.eTag()));
    }

    /// The checksum that the store keeps of an object; null if it keeps none.
    ///
    /// @throws FailureException if it can't be found out, or the object was replaced
    public @Nullable ObjectChecksum checksum(StoredObject object) {
        try {
            return ObjectChecksum.of(retry(
                    object.address(),
                    Access.READ,
                    () -> client().headObject(HeadObjectRequest.builder()
                            .bucket(object.address().bucket())
                            .key(object.address().key())
                            .ifMatch('"' + object.tag() + '"')
                            .checksumMode(ChecksumMode.ENABLED)
                            .build())));
        } catch (StoreFailures.NotFound _) {
            throw failures.missing(object.address());
        } catch (StoreFailures.Replaced _) {
            throw failures.replaced(object.address());
        } catch (FailureException e) {
            if (StoreFailures.isNotImplemented(e)) {
                return null;
            }
            throw e;
        }
    }

    /// The failure of bytes that are not those of the object, however often they are read.
    public FailureException wrongBytes(StoredObject object, ObjectChecksum expected, ObjectChecksum found) {
        return failures.wrongBytes(object.address(), expected, found);
    }

    /// Reads bytes of an object, as long as it has its tag. What was cut off is continued.
    ///
    /// @throws FailureException if the bytes can't be read, or the object was replaced
    /// @throws IOException the sink's
    public void read(StoredObject object, ByteRange range, FetchControl control, Sink sink) throws IOException {
        try {
            readPinned(object, range, control, sink);
        } catch (StoreFailures.NotFound _) {
            throw failures.missing(object.address());
        } catch (StoreFailures.Replaced _) {
            throw failures.replaced(object.address());
        }
    }

    private void readPinned(StoredObject object, ByteRange range, FetchControl control, Sink sink) throws IOException {
        try (EndpointUse _ = EndpointUse.begin()) {
            readInTries(object, range, control, sink);
        }
    }

    private void readInTries(StoredObject object, ByteRange range, FetchControl control, Sink sink) throws IOException {
        RequestTries tries = new RequestTries(tuning.firstPauseMillis());
        try (EndpointWait wait = EndpointWait.begin(settings.toString())) {
            readInTries(object, range, control, waitingSink(sink, wait), tries);
        }
    }

    private static Sink waitingSink(Sink sink, EndpointWait wait) {
        return (position, bytes, length) -> {
            wait.answered();
            sink.write(position, bytes, length);
        };
    }

    private void readInTries(StoredObject object, ByteRange range, FetchControl control, Sink sink, RequestTries tries)
            throws IOException {
        long position = range.start();
        long working = position;
        while (position < range.end()) {
            Reading reading = new Reading(object, new ByteRange(position, range.end()), control, sink);
            try {
                requests.acquireUninterruptibly();
                try {
                    reading.run();
                } finally {
                    requests.release();
                }
                return;
            } catch (SdkException | StoreIOException e) {
                position = reading.position();
                if (position - working >= PROGRESS) {
                    working = position;
                    tries.succeeded();
                }
                if (!failures.isTransient(e) || !tries.hasAnother(e)) {
                    throw failures.failure(object.address(), Access.READ, e);
                }
                tries.pause(control);
            }
        }
    }

    /// A small object as it is now; null if there is none.
    ///
    /// @throws FailureException if the object can't be read, or has changed at each try
    public @Nullable ObjectContent get(ObjectAddress address) {
        try {
            return get(address, found -> {
                byte[] content = new byte[Math.toIntExact(found.bytes())];
                readPinned(
                        found,
                        (position, bytes, length) -> System.arraycopy(bytes, 0, content, (int) position, length));
                return new ObjectContent(content, found.tag());
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Copies the present version of an object to a file, which is replaced.
    ///
    /// @return false if there is no object. Then the file is not changed
    /// @throws FailureException as [#get(ObjectAddress)]
    /// @throws IOException if the file can't be written
    public boolean get(ObjectAddress address, Path file) throws IOException {
        return get(address, found -> {
                    try (FileChannel out = Folders.create(file)) {
                        readPinned(found, (position, bytes, length) -> {
                            ByteBuffer left = ByteBuffer.wrap(bytes, 0, length);
                            while (left.hasRemaining()) {
                                out.write(left, position + left.position());
                            }
                        });
                    }
                    return true;
                })
                != null;
    }

    /// Reads an object of one version.
    private interface Getter<T> {
        T get(StoredObject found) throws IOException;
    }

    private <T> @Nullable T get(ObjectAddress address, Getter<T> getter) throws IOException {
        RequestTries tries = new RequestTries(tuning.firstPauseMillis());
        while (true) {
            StoredObject found = find(address);
            if (found == null) {
                return null;
            }
            try {
                return getter.get(found);
            } catch (StoreFailures.NotFound | StoreFailures.Replaced e) {
                // Another process has written or deleted it in between.
                if (!tries.hasAnother(e)) {
                    throw failures.unsteady(found);
                }
                tries.pause(FetchControl.NONE);
            }
        }
    }

    private void readPinned(StoredObject object, Sink sink) throws IOException {
        if (object.bytes() > 0) {
            readPinned(object, ByteRange.of(0, object.bytes()), FetchControl.NONE, sink);
        }
    }

    /// When an object is written.
    public sealed interface Condition {

        /// In any case.
        record Always() implements Condition {}

        /// If there is no object.
        record IfAbsent() implements Condition {}

        /// If the object still has a tag.
        record IfTag(String tag) implements Condition {}
    }

    /// Writes an object, which readers see whole or not at all. The store checks the bytes by their MD5.
    ///
    /// Since a request is repeated if its answer is lost, false may also mean that the first of them has
    /// written the object.
    ///
    /// @return false if the condition was not met
    /// @throws FailureException if it can't be written
    public boolean put(ObjectAddress address, byte[] content, Condition condition) {
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(address.bucket())
                .key(address.key())
                .contentMD5(md5(content));
        switch (condition) {
            case Condition.Always _ -> {}
            case Condition.IfAbsent _ -> request.ifNoneMatch("*");
            case Condition.IfTag(String tag) -> request.ifMatch('"' + tag + '"');
        }
        try {
            retry(address, Access.WRITE, () -> client().putObject(request.build(), RequestBody.fromBytes(content)));
            return true;
        } catch (StoreFailures.Replaced | StoreFailures.NotFound _) {
            return false;
        }
    }

    /// Writes an object from a file in one request, if there is none. As [#put] with [Condition.IfAbsent].
    ///
    /// @throws IOException if the file can't be read
    public boolean create(ObjectAddress address, Path file) throws IOException {
        FilePiece piece = new FilePiece(file, 0, Files.size(file), FetchControl.NONE);
        String md5 = piece.md5();
        try {
            retry(
                    address,
                    Access.WRITE,
                    () -> client().putObject(
                                    PutObjectRequest.builder()
                                            .bucket(address.bucket())
                                            .key(address.key())
                                            .contentMD5(md5)
                                            .ifNoneMatch("*")
                                            .build(),
                                    piece.body()));
            return true;
        } catch (StoreFailures.Replaced | StoreFailures.NotFound _) {
            return false;
        }
    }

    /// Writes an object from a file, in several requests if it is large. Readers see it whole or not at all.
    /// The store checks the bytes by their MD5.
    ///
    /// @throws FailureException if it can't be written
    /// @throws IOException if the file can't be read
    public void upload(ObjectAddress address, Path file, FetchControl control) throws IOException {
        long length = Files.size(file);
        if (length <= tuning.uploadPart()) {
            FilePiece piece = new FilePiece(file, 0, length, control);
            String md5 = piece.md5();
            retryFound(
                    address,
                    control,
                    () -> client().putObject(
                                    PutObjectRequest.builder()
                                            .bucket(address.bucket())
                                            .key(address.key())
                                            .contentMD5(md5)
                                            .build(),
                                    piece.body()));
            return;
        }
        inParts(address, length, tuning.uploadPart(), (upload, number, range) -> {
            FilePiece piece = new FilePiece(file, range.start(), range.length(), control);
            String md5 = piece.md5();
            return retryFound(
                            address,
                            control,
                            () -> client().uploadPart(
                                            UploadPartRequest.builder()
                                                    .bucket(address.bucket())
                                                    .key(address.key())
                                                    .uploadId(upload)
                                                    .partNumber(number)
                                                    .contentMD5(md5)
                                                    .build(),
                                            piece.body()))
                    .eTag();
        });
    }

    /// Copies an object inside the store, whose bytes do not come here.
    ///
    /// @param bytes its length
    /// @return false if there is no such object
    /// @throws FailureException if it can't be copied
    public boolean copy(ObjectAddress from, long bytes, ObjectAddress to) {
        try {
            if (bytes <= tuning.copyPart()) {
                retry(
                        to,
                        Access.WRITE,
                        () -> client().copyObject(CopyObjectRequest.builder()
                                .sourceBucket(from.bucket())
                                .sourceKey(from.key())
                                .destinationBucket(to.bucket())
                                .destinationKey(to.key())
                                .build()));
            } else {
                inParts(
                        to,
                        bytes,
                        tuning.copyPart(),
                        (upload, number, range) -> retry(
                                        to,
                                        Access.WRITE,
                                        () -> client().uploadPartCopy(UploadPartCopyRequest.builder()
                                                .sourceBucket(from.bucket())
                                                .sourceKey(from.key())
                                                .destinationBucket(to.bucket())
                                                .destinationKey(to.key())
                                                .uploadId(upload)
                                                .partNumber(number)
                                                .copySourceRange("bytes=" + range)
                                                .build()))
                                .copyPartResult()
                                .eTag());
            }
            return true;
        } catch (StoreFailures.NotFound _) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sends one part of an upload.
    private interface PartSender {
        /// @param number of the part, from 1
        /// @return its ETag
        String send(String upload, int number, ByteRange range) throws IOException;
    }

    private void inParts(ObjectAddress address, long length, long most, PartSender sender) throws IOException {
        String upload = retryFound(
                        address,
                        FetchControl.NONE,
                        () -> client().createMultipartUpload(CreateMultipartUploadRequest.builder()
                                .bucket(address.bucket())
                                .key(address.key())
                                .build()))
                .uploadId();
        boolean isComplete = false;
        try {
            List<CompletedPart> parts = new ArrayList<>();
            long size = Math.max(most, length / MOST_PARTS + 1);
            for (long start = 0; start < length; start += size) {
                int number = parts.size() + 1;
                String tag = sender.send(upload, number, new ByteRange(start, Math.min(length, start + size)));
                parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            }
            retry(
                    address,
                    Access.WRITE,
                    () -> client().completeMultipartUpload(CompleteMultipartUploadRequest.builder()
                            .bucket(address.bucket())
                            .key(address.key())
                            .uploadId(upload)
                            .multipartUpload(whole -> whole.parts(parts))
                            .build()));
            isComplete = true;
        } catch (StoreFailures.NotFound e) {
            // The answer to an earlier try was lost, or somebody has aborted the upload.
            StoredObject found = find(address);
            isComplete = found != null && found.bytes() == length;
            if (!isComplete) {
                throw e;
            }
        } finally {
            if (!isComplete) {
                abort(new Upload(address, upload));
            }
        }
    }

    /// An upload in parts that has not ended.
    public record Upload(ObjectAddress address, String id) {}

    /// Ends an upload without an object. What can't be aborted stays until the next try.
    public void abort(Upload upload) {
        try {
            retry(
                    upload.address(),
                    Access.WRITE,
                    () -> client().abortMultipartUpload(AbortMultipartUploadRequest.builder()
                            .bucket(upload.address().bucket())
                            .key(upload.address().key())
                            .uploadId(upload.id())
                            .build()));
        } catch (FailureException | StoreFailures.NotFound e) {
            LOG.debug("an upload of {} is left behind", upload.address(), e);
        }
    }

    /// The uploads in parts of objects whose keys begin with a prefix; empty if the store can't list them.
    ///
    /// @throws FailureException if they can't be listed
    public List<Upload> uploads(ObjectAddress prefix) {
        List<Upload> all = new ArrayList<>();
        String key = null;
        String id = null;
        try {
            ListMultipartUploadsResponse page;
            do {
                page = uploads(prefix, key, id);
                page.uploads().stream()
                        .filter(upload -> upload.key().startsWith(prefix.key()))
                        .forEach(upload -> all.add(new Upload(prefix.with(upload.key()), upload.uploadId())));
                boolean goesOn = Boolean.TRUE.equals(page.isTruncated())
                        // A store that repeats a page would repeat it endlessly.
                        && !(Objects.equals(key, page.nextKeyMarker())
                                && Objects.equals(id, page.nextUploadIdMarker()));
                key = goesOn ? page.nextKeyMarker() : null;
                id = goesOn ? page.nextUploadIdMarker() : null;
            } while (key != null);
        } catch (StoreFailures.NotFound _) {
            return List.of();
        } catch (FailureException e) {
            if (StoreFailures.isNotImplemented(e)) {
                return List.of();
            }
            throw e;
        }
        return all;
    }

    private ListMultipartUploadsResponse uploads(ObjectAddress prefix, @Nullable String key, @Nullable String id) {
        return retry(
                prefix,
                Access.READ,
                () -> client().listMultipartUploads(ListMultipartUploadsRequest.builder()
                        .bucket(prefix.bucket())
                        .prefix(prefix.key())
                        .maxUploads(tuning.page())
                        .keyMarker(key)
                        .uploadIdMarker(id)
                        .build()));
    }

    /// Deletes an object. It may be gone already.
    ///
    /// @throws FailureException if it can't be deleted
    public void delete(ObjectAddress address) {
        try {
            retry(
                    address,
                    Access.DELETE,
                    () -> client().deleteObject(DeleteObjectRequest.builder()
                            .bucket(address.bucket())
                            .key(address.key())
                            .build()));
        } catch (StoreFailures.NotFound _) {
            // It is gone.
        }
    }

    /// A failure to read from the network, not to write to the sink.
    static final class StoreIOException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StoreIOException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /// One request for bytes.
    private final class Reading {
        private final StoredObject object;
        private final ByteRange range;
        private final FetchControl control;
        private final Sink sink;
        private long position;

        Reading(StoredObject object, ByteRange range, FetchControl control, Sink sink) {
            this.object = object;
            this.range = range;
            this.control = control;
            this.sink = sink;
            this.position = range.start();
        }

        long position() {
            return position;
        }

        void run() throws IOException {
            ResponseInputStream<GetObjectResponse> in = client().getObject(GetObjectRequest.builder()
                    .bucket(object.address().bucket())
                    .key(object.address().key())
                    .range("bytes=" + range)
                    .ifMatch('"' + object.tag() + '"')
                    .build());
            boolean isWhole = false;
            try {
                check(in.response());
                copy(in);
                isWhole = true;
            } finally {
                if (isWhole) {
                    in.close();
                } else {
                    // Closing would read the rest.
                    in.abort();
                }
            }
        }

        /// A proxy or a store that ignores a header answers with other bytes than those that were asked for.
        private void check(GetObjectResponse response) {
            String expected = "bytes %s/%d".formatted(range, object.bytes());
            if (!expected.equals(response.contentRange())
                    || response.contentLength() == null
                    || response.contentLength() != range.length()) {
                throw new StoreIOException(new IOException("it answered with %s (%d bytes) instead of %s"
                        .formatted(response.contentRange(), response.contentLength(), expected)));
            }
            if (!object.tag().equals(unquoted(response.eTag()))) {
                throw new StoreFailures.Replaced();
            }
        }

        private void copy(ResponseInputStream<GetObjectResponse> in) throws IOException {
            byte[] buffer = new byte[(int) Math.min(BUFFER, range.length())];
            while (position < range.end()) {
                RequestTries.refuseIfCancelled(control);
                int read = readFrom(in, buffer, (int) Math.min(buffer.length, range.end() - position));
                sink.write(position, buffer, read);
                position += read;
                control.progressed();
            }
        }

        private int readFrom(ResponseInputStream<GetObjectResponse> in, byte[] buffer, int most) {
            int read;
            try {
                read = in.read(buffer, 0, most);
            } catch (IOException e) {
                throw new StoreIOException(e);
            }
            if (read < 0) {
                throw new StoreIOException(
                        new EOFException("the answer ended %,d bytes too early".formatted(range.end() - position)));
            }
            return read;
        }
    }

    /// As [#retry], for a request that nothing can be missing for.
    private <T> T retryFound(ObjectAddress address, FetchControl control, Supplier<T> request) {
        try {
            return retry(address, Access.WRITE, control, request);
        } catch (StoreFailures.NotFound | StoreFailures.Replaced _) {
            throw failures.aborted(address);
        }
    }

    private <T> T retry(ObjectAddress address, Access access, Supplier<T> request) {
        return retry(address, access, FetchControl.NONE, request);
    }

    private <T> T retry(ObjectAddress address, Access access, FetchControl control, Supplier<T> request) {
        RequestTries tries = new RequestTries(tuning.firstPauseMillis());
        try (EndpointUse _ = EndpointUse.begin();
                EndpointWait _ = EndpointWait.begin(settings.toString())) {
            return retry(address, access, control, request, tries);
        }
    }

    private <T> T retry(
            ObjectAddress address, Access access, FetchControl control, Supplier<T> request, RequestTries tries) {
        while (true) {
            try {
                requests.acquireUninterruptibly();
                try {
                    return request.get();
                } finally {
                    requests.release();
                }
            } catch (SdkException e) {
                if (!failures.isTransient(e) || !tries.hasAnother(e)) {
                    throw failures.failure(address, access, e);
                }
                tries.pause(control);
            }
        }
    }

    private static String md5(byte[] content) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    private static String unquoted(@Nullable String tag) {
        return tag == null ? "" : tag.replace("\"", "");
    }

    /// Asks for the first object of a bucket, to find out whether the store answers and permits it.
    ///
    /// @throws FailureException if it doesn't
    public void probe(ObjectAddress prefix) {
        retry(
                prefix,
                Access.READ,
                () -> client().listObjectsV2(ListObjectsV2Request.builder()
                        .bucket(prefix.bucket())
                        .prefix(prefix.key())
                        .maxKeys(1)
                        .build()));
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
    }

    @Override
    public String toString() {
        return settings.toString();
    }
}
