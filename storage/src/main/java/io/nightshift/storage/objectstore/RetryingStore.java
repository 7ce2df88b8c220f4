package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.endpoint.EndpointUse;
import io.nightshift.storage.endpoint.EndpointWait;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.objectstore.StoreClient.Bytes;
import io.nightshift.storage.objectstore.StoreClient.ObjectPage;
import io.nightshift.storage.objectstore.StoreClient.UploadPage;
import io.nightshift.storage.objectstore.StoreFailures.Access;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A store of any protocol. The retries are here, not in the libraries, because a read that was cut off continues
/// where it ended.
final class RetryingStore implements ObjectStore {

    private static final Logger LOG = LoggerFactory.getLogger(RetryingStore.class);

    /// More requests at a time only make a store throttle the node.
    private static final int REQUESTS = 16;

    private static final int BUFFER = 64 * 1024;

    /// The most parts of one upload.
    private static final int MOST_PARTS = 10_000;

    /// After so many bytes the store counts as working again.
    private static final long PROGRESS = 256 * 1024;

    private final ObjectStoreSettings settings;
    private final RequestTuning tuning;
    private final StoreFailures failures;
    private final Semaphore requests = new Semaphore(REQUESTS);
    private @Nullable StoreClient client;

    RetryingStore(ObjectStoreSettings settings, StorePurpose purpose, RequestTuning tuning) {
        this.settings = settings;
        this.tuning = tuning;
        this.failures = new StoreFailures(settings, purpose);
    }

    /// There is no such object.
    private static final class NotFound extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /// The object is not the one that the request wants, or exists although it should not.
    private static final class Replaced extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Override
    public void requireUsable() {
        client();
    }

    /// Made when it is first needed, since that takes up to a second.
    private synchronized StoreClient client() {
        StoreClient made = client;
        if (made == null) {
            made = ServiceLoader.load(StorePlugin.class, StorePlugin.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(plugin -> plugin.speaksTo(settings))
                    .findFirst()
                    .orElseThrow(() -> FailureException.permanent(
                            "%s can't be used: the module %s is not on the class path of this process"
                                    .formatted(settings, settings.type().module())))
                    .open(settings);
            client = made;
        }
        return made;
    }

    @Override
    public void list(ObjectAddress prefix, String after, Predicate<StoredObject> found) {
        list(prefix, after, false, page -> {
            for (StoredObject object : page.objects()) {
                if (!found.test(object)) {
                    return false;
                }
            }
            return true;
        });
    }

    @Override
    public boolean listsFromKeys() {
        return client().listsFromKeys();
    }

    @Override
    public void listLevel(ObjectAddress prefix, Consumer<StoredObject> objects, Consumer<ObjectAddress> folders) {
        list(prefix, "", true, page -> {
            page.objects().forEach(objects);
            page.folders().forEach(folders);
            return true;
        });
    }

    /// @param receiver receives each page of the answer; returns false to end the list
    private void list(ObjectAddress prefix, String after, boolean isLevel, Predicate<ObjectPage> receiver) {
        String next = null;
        do {
            String from = next;
            ObjectPage page =
                    retry(prefix, Access.READ, () -> client().list(prefix, after, isLevel, tuning.page(), from));
            next = receiver.test(page) ? page.next() : null;
        } while (next != null);
    }

    @Override
    public @Nullable StoredObject find(ObjectAddress address) {
        try {
            return retry(address, Access.READ, () -> Optional.ofNullable(client().head(address)))
                    .orElse(null);
        } catch (NotFound _) {
            return null;
        } catch (FailureException e) {
            if (client().isWithoutReason(e.getCause())) {
                // The answer to HEAD has no body. The answer to another request says what is wrong.
                probe(address);
            }
            throw e;
        }
    }

    @Override
    public @Nullable ObjectChecksum checksum(StoredObject object) {
        try {
            return retry(object.address(), Access.READ, () -> Optional.ofNullable(client().checksum(object)))
                    .orElse(null);
        } catch (NotFound _) {
            throw failures.missing(object.address());
        } catch (Replaced _) {
            throw failures.replaced(object.address());
        } catch (FailureException e) {
            if (client().isNotImplemented(e.getCause())) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public FailureException wrongBytes(StoredObject object, ObjectChecksum expected, ObjectChecksum found) {
        return failures.wrongBytes(object.address(), expected, found);
    }

    @Override
    public void read(StoredObject object, ByteRange range, FetchControl control, Sink sink) throws IOException {
        try {
            readPinned(object, range, control, sink);
        } catch (NotFound _) {
            throw failures.missing(object.address());
        } catch (Replaced _) {
            // Some stores compare the tag although there is no object.
            throw find(object.address()) == null
                    ? failures.missing(object.address())
                    : failures.replaced(object.address());
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
        CRC32C sum = range.start() == 0 && range.end() == object.bytes() ? new CRC32C() : null;
        while (position < range.end()) {
            Reading reading = new Reading(object, new ByteRange(position, range.end()), control, sink, sum);
            try {
                requests.acquireUninterruptibly();
                try {
                    reading.run();
                } finally {
                    requests.release();
                }
                return;
            } catch (RuntimeException e) {
                position = reading.position();
                if (position - working >= PROGRESS) {
                    working = position;
                    tries.succeeded();
                }
                pauseOrThrow(object.address(), Access.READ, control, tries, e);
            }
        }
    }

    @Override
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

    @Override
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
            } catch (NotFound | Replaced e) {
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

    @Override
    public boolean put(ObjectAddress address, byte[] content, Condition condition) {
        return put(address, RequestContent.of(content), condition);
    }

    @Override
    public boolean create(ObjectAddress address, Path file) throws IOException {
        FilePiece piece = new FilePiece(file, 0, Files.size(file), FetchControl.NONE);
        return put(address, RequestContent.of(piece), new Condition.IfAbsent());
    }

    private boolean put(ObjectAddress address, RequestContent content, Condition condition) {
        try {
            retry(address, Access.WRITE, FetchControl.NONE, () -> client().put(address, content, condition));
            return true;
        } catch (Replaced | NotFound _) {
            return false;
        }
    }

    @Override
    public void upload(ObjectAddress address, Path file, FetchControl control) throws IOException {
        long length = Files.size(file);
        if (length <= tuning.uploadPart()) {
            RequestContent content = RequestContent.of(new FilePiece(file, 0, length, control));
            retryFound(address, control, () -> {
                client().put(address, content, new Condition.Always());
                return true;
            });
            return;
        }
        inParts(address, length, tuning.uploadPart(), (upload, number, range) -> {
            RequestContent content = RequestContent.of(new FilePiece(file, range.start(), range.length(), control));
            return retryFound(address, control, () -> client().uploadPart(upload, number, content));
        });
    }

    @Override
    public boolean copy(ObjectAddress from, long bytes, ObjectAddress to) {
        try {
            long most = client().mostCopied(tuning.copyPart());
            if (bytes <= most) {
                retry(to, Access.WRITE, FetchControl.NONE, () -> client().copy(from, to));
            } else {
                inParts(
                        to,
                        bytes,
                        most,
                        (upload, number, range) ->
                                retry(to, Access.WRITE, () -> client().copyPart(upload, number, from, range)));
            }
            return true;
        } catch (NotFound _) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Sends one part of an upload.
    private interface PartSender {
        /// @param number of the part, from 1
        /// @return what completes the upload
        String send(Upload upload, int number, ByteRange range) throws IOException;
    }

    private void inParts(ObjectAddress address, long length, long most, PartSender sender) throws IOException {
        Upload upload = retryFound(address, FetchControl.NONE, () -> client().beginUpload(address));
        boolean isComplete = false;
        try {
            List<String> parts = new ArrayList<>();
            long size = Math.max(most, length / MOST_PARTS + 1);
            for (long start = 0; start < length; start += size) {
                int number = parts.size() + 1;
                parts.add(sender.send(upload, number, new ByteRange(start, Math.min(length, start + size))));
            }
            retry(address, Access.WRITE, FetchControl.NONE, () -> client().complete(upload, parts));
            isComplete = true;
        } catch (NotFound e) {
            // The answer to an earlier try was lost, or somebody has aborted the upload.
            StoredObject found = find(address);
            isComplete = found != null && found.bytes() == length;
            if (!isComplete) {
                throw e;
            }
        } finally {
            if (!isComplete) {
                abort(upload);
            }
        }
    }

    @Override
    public void abort(Upload upload) {
        try {
            retry(upload.address(), Access.WRITE, FetchControl.NONE, () -> client().abort(upload));
        } catch (FailureException | NotFound e) {
            LOG.debug("an upload of {} is left behind", upload.address(), e);
        }
    }

    @Override
    public List<Upload> uploads(ObjectAddress prefix) {
        List<Upload> all = new ArrayList<>();
        UploadPage.Position next = null;
        try {
            do {
                UploadPage.Position from = next;
                UploadPage page = retry(prefix, Access.READ, () -> client().uploads(prefix, tuning.page(), from));
                page.uploads().stream()
                        .filter(upload -> upload.address().key().startsWith(prefix.key()))
                        .forEach(all::add);
                // A store that repeats a page would repeat it endlessly.
                next = Objects.equals(from, page.next()) ? null : page.next();
            } while (next != null);
        } catch (NotFound _) {
            return List.of();
        } catch (FailureException e) {
            if (client().isNotImplemented(e.getCause())) {
                return List.of();
            }
            throw e;
        }
        return all;
    }

    @Override
    public void delete(ObjectAddress address) {
        try {
            retry(address, Access.DELETE, FetchControl.NONE, () -> client().delete(address));
        } catch (NotFound _) {
            // It is gone.
        }
    }

    /// A failure to read from the network, not to write to the sink.
    private static final class StoreIOException extends RuntimeException {
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
        private final @Nullable CRC32C sum;
        private long position;

        /// @param sum of the bytes that the sink has got; null if it does not get all of the object
        Reading(StoredObject object, ByteRange range, FetchControl control, Sink sink, @Nullable CRC32C sum) {
            this.object = object;
            this.range = range;
            this.control = control;
            this.sink = sink;
            this.sum = sum;
            this.position = range.start();
        }

        long position() {
            return position;
        }

        void run() throws IOException {
            Bytes answer = client().get(object, range);
            boolean isWhole = false;
            try {
                check(answer);
                copy(answer.body());
                isWhole = true;
                checkSum(answer);
            } finally {
                if (isWhole) {
                    answer.body().close();
                } else {
                    // Closing would read the rest.
                    answer.abort().run();
                }
            }
        }

        /// A proxy or a store that ignores a header answers with other bytes than those that were asked for.
        private void check(Bytes answer) {
            String expected = "bytes %s/%d".formatted(range, object.bytes());
            if (!expected.equals(answer.range()) || answer.length() == null || answer.length() != range.length()) {
                throw new StoreIOException(new IOException("it answered with %s (%d bytes) instead of %s"
                        .formatted(answer.range(), answer.length(), expected)));
            }
            if (!object.tag().equals(answer.tag())) {
                throw new Replaced();
            }
        }

        /// Begins anew if all bytes of the object have arrived, and some are wrong.
        private void checkSum(Bytes answer) {
            if (sum == null || answer.crc32c() == null) {
                return;
            }
            String found = ObjectChecksum.crc32c(sum).value();
            if (!found.equals(answer.crc32c())) {
                position = 0;
                sum.reset();
                throw new StoreIOException(new IOException(
                        "its bytes have the CRC32C %s instead of %s".formatted(found, answer.crc32c())));
            }
        }

        private void copy(InputStream in) throws IOException {
            byte[] buffer = new byte[(int) Math.min(BUFFER, range.length())];
            while (position < range.end()) {
                RequestTries.refuseIfCancelled(control);
                int read = readFrom(in, buffer, (int) Math.min(buffer.length, range.end() - position));
                if (sum != null) {
                    sum.update(buffer, 0, read);
                }
                sink.write(position, buffer, read);
                position += read;
                control.progressed();
            }
        }

        private int readFrom(InputStream in, byte[] buffer, int most) {
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
        } catch (NotFound | Replaced _) {
            throw failures.aborted(address);
        }
    }

    private void retry(ObjectAddress address, Access access, FetchControl control, Runnable request) {
        retry(address, access, control, () -> {
            request.run();
            return true;
        });
    }

    private <T> T retry(ObjectAddress address, Access access, Supplier<T> request) {
        return retry(address, access, FetchControl.NONE, request);
    }

    private <T> T retry(ObjectAddress address, Access access, FetchControl control, Supplier<T> request) {
        RequestTries tries = new RequestTries(tuning.firstPauseMillis());
        try (EndpointUse _ = EndpointUse.begin();
                EndpointWait _ = EndpointWait.begin(settings.toString())) {
            while (true) {
                try {
                    requests.acquireUninterruptibly();
                    try {
                        return request.get();
                    } finally {
                        requests.release();
                    }
                } catch (RuntimeException e) {
                    pauseOrThrow(address, access, control, tries, e);
                }
            }
        }
    }

    private void pauseOrThrow(
            ObjectAddress address, Access access, FetchControl control, RequestTries tries, RuntimeException e) {
        StoreError error = e instanceof StoreIOException
                ? new StoreError.Passing(String.valueOf(e.getMessage()))
                : client().error(e, address, StoreFailures.cannot(address, access));
        switch (error) {
            case null -> throw e;
            case StoreError.Missing _ -> throw new NotFound();
            case StoreError.ConditionNotMet _ -> throw new Replaced();
            case StoreError.Lasting lasting -> throw failures.lasting(address, lasting, e);
            case StoreError.Passing passing -> {
                if (!tries.hasAnother(e)) {
                    throw failures.passing(address, access, passing, e);
                }
                tries.pause(control);
            }
        }
    }

    @Override
    public void probe(ObjectAddress prefix) {
        retry(prefix, Access.READ, () -> client().list(prefix, "", false, 1, null));
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
