package io.nightshift.source.files;

import io.nightshift.storage.objectstore.TestBucket;
import io.nightshift.storage.objectstore.TestStore;
import java.nio.file.Path;

/// Copies of the objects in the bucket of a test.
public final class TestCopies {

    private TestCopies() {}

    /// Read through the proxy, if there is one.
    public static ObjectCopies of(TestBucket store, Path folder) {
        return of(store, folder, CopyFolder.DEFAULT_LIMIT);
    }

    /// As [#of(TestBucket, Path)].
    ///
    /// @param limit of the copies, in bytes
    public static ObjectCopies of(TestBucket store, Path folder, long limit) {
        return new ObjectCopies(store.stores(), new CopyFolder(folder, limit));
    }

    /// Read straight from the server.
    public static ObjectCopies direct(TestStore store, Path folder) {
        return new ObjectCopies(store.directStores(), new CopyFolder(folder, CopyFolder.DEFAULT_LIMIT));
    }
}
