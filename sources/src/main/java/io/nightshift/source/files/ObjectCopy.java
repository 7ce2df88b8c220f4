package io.nightshift.source.files;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectChecksum;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.RangeRequests;
import io.nightshift.storage.objectstore.RangeSet;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;

/// A local file of an object's length that holds some of its bytes, each at its own place. The others are a
/// hole, and read as zeros. The caller computes which bytes a query needs, and [#fetch] makes sure of them
/// before it runs. Safe for several threads.
public final class ObjectCopy {

    /// How often wrong bytes are fetched again.
    private static final int TRIES = 3;

    private final ObjectStore store;
    private final StoredObject object;
    private final CopyFolder folder;
    private final Runnable makeRoom;
    private final Path file;
    private final RangeSet present = new RangeSet();
    private final ReentrantLock fetching = new ReentrantLock();
    private volatile long bytes;

    /// Whether the whole object is here and its checksum was compared.
    private boolean isWhole;

    /// @param makeRoom deletes copies that nobody uses, after a disk was full
    ObjectCopy(ObjectStore store, StoredObject object, CopyFolder folder, Runnable makeRoom) {
        this.store = store;
        this.object = object;
        this.folder = folder;
        this.makeRoom = makeRoom;
        this.file = folder.newFile(object.address().key());
        try (FileChannel channel = open()) {
            extend(channel);
        } catch (IOException e) {
            CopyFolder.deleteFile(file);
            throw folder.failure(e);
        }
    }

    /// The object that this is a copy of.
    public StoredObject object() {
        return object;
    }

    /// The local file.
    public Path file() {
        return file;
    }

    /// The bytes that it takes on the disk, about.
    long bytes() {
        return bytes;
    }

    private FileChannel open() throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    /// A hole up to the object's length.
    private void extend(FileChannel channel) throws IOException {
        if (object.bytes() > 0) {
            channel.write(ByteBuffer.allocate(1), object.bytes() - 1);
        }
    }

    /// Writes bytes that the caller has already.
    ///
    /// @param position of the first byte in the object
    public void put(long position, byte[] known) {
        fetching.lock();
        try (FileChannel channel = open()) {
            write(channel, position, known, known.length);
            present(ByteRange.of(position, known.length));
        } catch (IOException e) {
            throw folder.failure(e);
        } finally {
            fetching.unlock();
        }
    }

    /// Makes sure that bytes are here, and fetches those that are not. Waits for a fetch by another thread,
    /// most often of the same bytes.
    ///
    /// @throws FailureException if they can't be fetched, or the object was replaced
    public void fetch(Collection<ByteRange> needed, FetchControl control) {
        fetching.lock();
        try {
            List<ByteRange> missing = present.missing(needed);
            if (!missing.isEmpty()) {
                fetch(RangeRequests.of(missing), control);
            }
            if (!needed.stream().allMatch(present::contains)) {
                throw new IllegalStateException("bytes of %s are missing after they were fetched".formatted(object));
            }
        } finally {
            fetching.unlock();
        }
    }

    /// Makes sure that the whole object is here, and that its checksum is the one that the store keeps, if it
    /// keeps one. Wrong bytes are fetched again.
    ///
    /// @throws FailureException if it can't be fetched, or was replaced
    void fetchWhole(FetchControl control) {
        fetching.lock();
        try {
            if (isWhole) {
                return;
            }
            ObjectChecksum expected = store.checksum(object);
            for (int tries = 1; ; tries++) {
                fetch(List.of(new ByteRange(0, object.bytes())), control);
                ObjectChecksum found = expected == null ? null : expected.ofSame(file);
                if (expected == null || found == null || found.equals(expected)) {
                    isWhole = true;
                    return;
                }
                present.clear();
                if (tries == TRIES) {
                    throw store.wrongBytes(object, expected, found);
                }
            }
        } catch (IOException e) {
            throw folder.failure(e);
        } finally {
            fetching.unlock();
        }
    }

    private void fetch(List<ByteRange> requests, FetchControl control) {
        try (FileChannel channel = open()) {
            if (requests.size() == 1) {
                read(channel, requests.getFirst(), control);
                present(requests.getFirst());
                return;
            }
            List<FutureTask<Void>> tasks = new ArrayList<>();
            StopOnFailure stop = new StopOnFailure(control);
            for (ByteRange request : requests) {
                FutureTask<Void> task = new FutureTask<>(
                        () -> {
                            try {
                                read(channel, request, stop);
                            } catch (RuntimeException e) {
                                stop.fail(e);
                            }
                        },
                        null);
                tasks.add(task);
                Thread.ofVirtual().name("fetch-" + object.address()).start(task);
            }
            for (FutureTask<Void> task : tasks) {
                await(task);
            }
            stop.throwFailure();
            requests.forEach(this::present);
        } catch (IOException e) {
            throw folder.failure(e);
        }
    }

    /// The other requests of a fetch end soon after one has failed.
    private static final class StopOnFailure implements FetchControl {
        private final FetchControl caller;
        private volatile @org.jspecify.annotations.Nullable RuntimeException failure;

        StopOnFailure(FetchControl caller) {
            this.caller = caller;
        }

        synchronized void fail(RuntimeException e) {
            if (failure == null) {
                failure = e;
            }
        }

        void throwFailure() {
            RuntimeException first = failure;
            if (first != null) {
                throw first;
            }
        }

        @Override
        public boolean isCancelled() {
            return failure != null || caller.isCancelled();
        }

        @Override
        public void progressed() {
            caller.progressed();
        }
    }

    private static void await(Future<Void> task) {
        boolean interrupted = false;
        while (true) {
            try {
                task.get();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw new IllegalStateException("a fetch ended unexpectedly", e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void read(FileChannel channel, ByteRange range, FetchControl control) {
        try {
            store.read(object, range, control, (position, from, length) -> write(channel, position, from, length));
        } catch (IOException e) {
            throw folder.failure(e);
        }
    }

    private void present(ByteRange range) {
        present.add(range);
        bytes = present.bytes();
    }

    /// Tries again once there is room on a full disk.
    private void write(FileChannel channel, long position, byte[] from, int length) throws IOException {
        try {
            writeOnce(channel, position, from, length);
        } catch (IOException _) {
            makeRoom.run();
            writeOnce(channel, position, from, length);
        }
    }

    private static void writeOnce(FileChannel channel, long position, byte[] from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(from, 0, length);
        long at = position;
        while (buffer.hasRemaining()) {
            at += channel.write(buffer, at);
        }
    }

    /// Deletes the file.
    void delete() {
        CopyFolder.deleteFile(file);
    }
}
