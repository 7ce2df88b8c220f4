package io.nightshift.source.files;

import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StoredObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The copies of objects on this node. A copy is kept while somebody uses it, and some are kept for later
/// while there is room: those that were fetched ahead, and whole objects, of which the next partition most
/// often needs another part. Those that were used longest ago go first. Safe for several threads.
public final class ObjectCopies implements AutoCloseable {

    /// Identifies the content of a copy.
    ///
    /// @param tag of the object
    /// @param part the part of it that the copy is for; empty for the whole object
    public record Key(String address, String tag, String part) {}

    /// A copy that somebody uses, until it is closed.
    public final class Use implements AutoCloseable {
        private final Key key;
        private final ObjectCopy copy;
        private boolean isClosed;

        private Use(Key key, ObjectCopy copy) {
            this.key = key;
            this.copy = copy;
        }

        /// The copy.
        public ObjectCopy copy() {
            return copy;
        }

        /// Gives it up, and deletes it if nobody else uses it.
        @Override
        public void close() {
            close(false);
        }

        /// Gives it up, but keeps it for the next user while there is room.
        public void closeAndKeep() {
            close(true);
        }

        private void close(boolean keep) {
            if (!isClosed) {
                isClosed = true;
                release(key, keep);
            }
        }
    }

    private static final class Entry {
        private final ObjectCopy copy;
        private int users;

        Entry(ObjectCopy copy) {
            this.copy = copy;
        }
    }

    private final ObjectStores stores;
    private final CopyFolder folder;
    private final ObjectTails tails;
    private final Map<Key, Entry> copies = new LinkedHashMap<>(16, 0.75f, true);

    /// @param stores that jobs may read
    public ObjectCopies(ObjectStores stores, CopyFolder folder) {
        this.stores = stores;
        this.folder = folder;
        this.tails = new ObjectTails();
    }

    /// The end of an object, with the whole footer if it is one of a Parquet file. Those that were read last
    /// are in memory.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if it can't be read, or the object was
    ///     replaced
    public byte[] tail(StoredObject object, FetchControl control) {
        return tails.of(stores.of(object.address()), object, control);
    }

    /// A copy of the end of a Parquet object of a store that the caller may use. It has the whole footer, and no
    /// rows. Waits until it is here.
    public Use footer(ObjectStore store, StoredObject object, FetchControl control) {
        byte[] tail = tails.of(store, object, control);
        Use use = use(store, object, "footer");
        try {
            use.copy().put(object.bytes() - tail.length, tail);
            return use;
        } catch (RuntimeException e) {
            use.close();
            throw e;
        }
    }

    /// No objects at all.
    public static ObjectCopies none() {
        return new ObjectCopies(
                ObjectStores.none(),
                new CopyFolder(Path.of(System.getProperty("java.io.tmpdir"), "nightshift-objects"), 0));
    }

    /// The stores of the objects.
    public ObjectStores stores() {
        return stores;
    }

    /// The folder of the copies.
    public CopyFolder folder() {
        return folder;
    }

    /// A copy, which is made empty if there is none. The caller fetches what it needs.
    ///
    /// @param part of the object that the copy is for; empty for the whole object
    public Use use(StoredObject object, String part) {
        return use(stores.of(object.address()), object, part);
    }

    private Use use(ObjectStore store, StoredObject object, String part) {
        Key key = new Key(object.address().toString(), object.tag(), part);
        synchronized (copies) {
            Entry entry = copies.get(key);
            if (entry == null) {
                entry = new Entry(new ObjectCopy(store, object, folder, () -> evict(0)));
                copies.put(key, entry);
            }
            entry.users++;
            return new Use(key, entry.copy);
        }
    }

    /// A copy of a whole object. Waits until it is here.
    public Use whole(StoredObject object, FetchControl control) {
        return whole(stores.of(object.address()), object, control);
    }

    /// A copy of a whole object of a store that the caller may use.
    public Use whole(ObjectStore store, StoredObject object, FetchControl control) {
        evict(folder.limit() - object.bytes());
        Use use = use(store, object, "");
        try {
            if (object.bytes() > 0) {
                use.copy().fetchWhole(control);
            }
            return use;
        } catch (RuntimeException e) {
            use.close();
            throw e;
        }
    }

    /// The copy that somebody uses; null if nobody does.
    public @Nullable ObjectCopy inUse(String address, String tag, String part) {
        synchronized (copies) {
            Entry entry = copies.get(new Key(address, tag, part));
            return entry == null || entry.users == 0 ? null : entry.copy;
        }
    }

    /// Whether bytes that somebody may need later can be fetched without deleting what others may need.
    public boolean hasRoom(long bytes) {
        synchronized (copies) {
            return copies.values().stream()
                                    .mapToLong(entry -> entry.copy.bytes())
                                    .sum()
                            + bytes
                    <= folder.limit();
        }
    }

    private void release(Key key, boolean keep) {
        synchronized (copies) {
            Entry entry = Objects.requireNonNull(copies.get(key));
            entry.users--;
            if (entry.users == 0 && !keep) {
                copies.remove(key);
                entry.copy.delete();
            }
        }
        evict(folder.limit());
    }

    /// Deletes copies that nobody uses until all together have no more than so many bytes.
    private void evict(long most) {
        synchronized (copies) {
            long bytes = copies.values().stream()
                    .mapToLong(entry -> entry.copy.bytes())
                    .sum();
            List<Key> idle = new ArrayList<>();
            for (Map.Entry<Key, Entry> candidate : copies.entrySet()) {
                if (bytes <= most) {
                    break;
                }
                if (candidate.getValue().users == 0) {
                    bytes -= candidate.getValue().copy.bytes();
                    idle.add(candidate.getKey());
                }
            }
            for (Key key : idle) {
                Objects.requireNonNull(copies.remove(key)).copy.delete();
            }
        }
    }

    @Override
    public void close() {
        synchronized (copies) {
            copies.clear();
        }
        folder.close();
        stores.close();
    }
}
