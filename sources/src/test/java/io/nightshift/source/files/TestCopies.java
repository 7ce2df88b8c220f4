package io.nightshift.source.files;

import io.nightshift.storage.objectstore.TestStore;
import java.nio.file.Path;

/// Copies of the objects in the bucket of a test.
public final class TestCopies {

    private TestCopies() {}

    /// Read through the proxy.
    public static ObjectCopies of(TestStore store, Path folder) {
        return of(store, folder, CopyFolder.DEFAULT_LIMIT);
    }

    /// Read through the proxy.
    ///
    /// @param limit of the copies, in bytes
    public static ObjectCopies of(TestStore store, Path folder, long limit) {
        return new ObjectCopies(store.stores(), new CopyFolder(folder, limit));
    }

    /// Read straight from the server.
    public static ObjectCopies direct(TestStore store, Path folder) {
        return new ObjectCopies(store.directStores(), new CopyFolder(folder, CopyFolder.DEFAULT_LIMIT));
    }
}
