package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailureException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Lists, reads and writes the objects of one store. Every call waits for the network, and repeats what may
/// succeed on another try: server errors, throttling, timeouts, and answers that end too early. Safe for
/// several threads.
public interface ObjectStore extends AutoCloseable {

    /// Receives bytes. Called on the thread that reads.
    @FunctionalInterface
    interface Sink {

        /// @param position of the first byte in the object
        /// @param length how many of the array's first bytes
        void write(long position, byte[] bytes, int length) throws IOException;
    }

    /// A store that is not for the sources of jobs.
    ///
    /// @param purpose by which messages call it
    static ObjectStore open(ObjectStoreSettings settings, StorePurpose purpose) {
        return new RetryingStore(settings, purpose, RequestTuning.DEFAULT);
    }

    /// Checks that requests can be made, without making one.
    ///
    /// @throws FailureException if this process lacks something: for S3, the region of a store without an endpoint
    void requireUsable();

    /// Lists the objects whose keys begin with a prefix, in the order of their keys.
    ///
    /// @throws FailureException if they can't be listed
    default void list(ObjectAddress prefix, Consumer<StoredObject> found) {
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
    void list(ObjectAddress prefix, String after, Predicate<StoredObject> found);

    /// Whether a list that begins behind a key costs nothing for the keys before. Otherwise the store may also
    /// order folders by other rules than keys.
    boolean listsFromKeys();

    /// Lists one level of folders: the objects whose keys begin with a prefix and have no `/` after it, and the
    /// folders of the others.
    ///
    /// @param folders gets the prefix of each folder, which ends in `/`, in their order
    /// @throws FailureException if they can't be listed
    void listLevel(ObjectAddress prefix, Consumer<StoredObject> objects, Consumer<ObjectAddress> folders);

    /// An object as it is now; null if there is none.
    ///
    /// @throws FailureException if it can't be found out
    @Nullable
    StoredObject find(ObjectAddress address);

    /// The checksum that the store keeps of an object; null if it keeps none.
    ///
    /// @throws FailureException if it can't be found out, or the object was replaced
    @Nullable
    ObjectChecksum checksum(StoredObject object);

    /// The failure of bytes that are not those of the object, however often they are read.
    FailureException wrongBytes(StoredObject object, ObjectChecksum expected, ObjectChecksum found);

    /// Reads bytes of an object, as long as it has its tag. What was cut off is continued.
    ///
    /// @throws FailureException if the bytes can't be read, or the object was replaced
    /// @throws IOException the sink's
    void read(StoredObject object, ByteRange range, FetchControl control, Sink sink) throws IOException;

    /// A small object as it is now; null if there is none.
    ///
    /// @throws FailureException if the object can't be read, or has changed at each try
    @Nullable
    ObjectContent get(ObjectAddress address);

    /// Copies the present version of an object to a file, which is replaced.
    ///
    /// @return false if there is no object. Then the file is not changed
    /// @throws FailureException as [#get(ObjectAddress)]
    /// @throws IOException if the file can't be written
    boolean get(ObjectAddress address, Path file) throws IOException;

    /// When an object is written.
    sealed interface Condition {

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
    boolean put(ObjectAddress address, byte[] content, Condition condition);

    /// Writes an object from a file in one request, if there is none. As [#put] with [Condition.IfAbsent].
    ///
    /// @throws IOException if the file can't be read
    boolean create(ObjectAddress address, Path file) throws IOException;

    /// Writes an object from a file, in several requests if it is large. Readers see it whole or not at all.
    /// The store checks the bytes by their MD5.
    ///
    /// @throws FailureException if it can't be written
    /// @throws IOException if the file can't be read
    void upload(ObjectAddress address, Path file, FetchControl control) throws IOException;

    /// Copies an object inside the store, whose bytes do not come here.
    ///
    /// @param bytes its length
    /// @return false if there is no such object
    /// @throws FailureException if it can't be copied
    boolean copy(ObjectAddress from, long bytes, ObjectAddress to);

    /// An upload in parts that has not ended.
    record Upload(ObjectAddress address, String id) {}

    /// Ends an upload without an object. What can't be aborted stays until the next try.
    void abort(Upload upload);

    /// The uploads in parts of objects whose keys begin with a prefix; empty if the store can't list them.
    ///
    /// @throws FailureException if they can't be listed
    List<Upload> uploads(ObjectAddress prefix);

    /// Deletes an object. It may be gone already.
    ///
    /// @throws FailureException if it can't be deleted
    void delete(ObjectAddress address);

    /// Asks for the first object of a bucket, to find out whether the store answers and permits it.
    ///
    /// @throws FailureException if it doesn't
    void probe(ObjectAddress prefix);

    @Override
    void close();
}
