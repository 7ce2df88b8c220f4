package io.nightshift.destination.objects;

import io.nightshift.destination.folder.WrittenFile;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.objectstore.FetchControl;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.StoredObject;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/// An object of a destination, of which a copy is fetched to be read.
record StoredFile(ObjectAddress address, ObjectCopies copies) implements WrittenFile {

    private ObjectStore store() {
        return copies.stores().forWriting(address);
    }

    @Override
    public Optional<String> refusal() {
        return copies.stores().writeRefusal(address);
    }

    @Override
    public OptionalLong length() {
        StoredObject found = store().find(address);
        return found == null ? OptionalLong.empty() : OptionalLong.of(found.bytes());
    }

    @Override
    public Local open() {
        StoredObject found = store().find(address);
        if (found == null) {
            throw FailureException.permanent("%s is missing".formatted(address));
        }
        return new Copy(copies.whole(store(), found, FetchControl.NONE));
    }

    private record Copy(ObjectCopies.Use use) implements Local {

        @Override
        public Path path() {
            return use.copy().file();
        }

        @Override
        public void close() {
            use.close();
        }
    }

    @Override
    public String toString() {
        return address.toString();
    }
}
