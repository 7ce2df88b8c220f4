package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;

/// The failures of work that uses a store.
final class StoreFailures {

    /// The kind of access to an object.
    enum Access {
        READ("read", "from"),
        WRITE("written", "to"),
        DELETE("deleted", "from");

        private final String participle;
        private final String preposition;

        Access(String participle, String preposition) {
            this.participle = participle;
            this.preposition = preposition;
        }
    }

    private final ObjectStoreSettings settings;
    private final StorePurpose purpose;

    StoreFailures(ObjectStoreSettings settings, StorePurpose purpose) {
        this.settings = settings;
        this.purpose = purpose;
    }

    /// The object has another tag than when it was listed or pinned.
    FailureException replaced(ObjectAddress address) {
        return FailureException.permanent("%s: %s was replaced while it was read: its %s is another one now"
                .formatted(purpose, address, settings.type().tagName()));
    }

    /// The failure of an object that has another tag each time it is read.
    FailureException unsteady(StoredObject object) {
        return new FailureException(Failure.of(
                FailedResource.Type.STORAGE,
                object.address().root(),
                "%s: %s can't be read from %s: at each try, its %s was no longer \"%s\", as in the answer to HEAD. Either other programs write it all the time, or a proxy changes ETags (a weak one begins with W/)"
                        .formatted(
                                purpose,
                                object.address(),
                                settings,
                                settings.type().tagName(),
                                object.tag())));
    }

    /// The failure of an object that is gone.
    FailureException missing(ObjectAddress address) {
        return new FailureException(Failure.of(
                purpose.resource(), address.toString(), "%s: there is no object %s".formatted(purpose, address)));
    }

    /// Another process has aborted the upload of an object.
    FailureException aborted(ObjectAddress address) {
        return new FailureException(Failure.transientFailure(
                "%s: the upload of %s was aborted by another process".formatted(purpose, address)));
    }

    /// The bytes that arrive are not those that the store has a checksum of.
    FailureException wrongBytes(ObjectAddress address, ObjectChecksum expected, ObjectChecksum found) {
        return new FailureException(Failure.of(
                FailedResource.Type.STORAGE,
                address.root(),
                "%s: %s arrives with wrong bytes from %s: their checksum is %s, and that of the object is %s"
                        .formatted(purpose, address, settings, found, expected)));
    }

    /// The beginning of a message: the access to an object that has failed.
    static String cannot(ObjectAddress address, Access access) {
        return "%s can't be %s".formatted(address, access.participle);
    }

    /// Every try fails alike.
    FailureException lasting(ObjectAddress address, StoreError.Lasting error, RuntimeException e) {
        return new FailureException(
                Failure.of(purpose.resource(), address.toString(), purpose + ": " + error.message()), e);
    }

    /// The last try has failed, and others might succeed.
    FailureException passing(ObjectAddress address, Access access, StoreError.Passing error, RuntimeException e) {
        return new FailureException(
                Failure.of(
                        FailedResource.Type.STORAGE,
                        address.root(),
                        "%s: %s %s %s: %s"
                                .formatted(
                                        purpose,
                                        cannot(address, access),
                                        access.preposition,
                                        settings,
                                        error.reason())),
                e);
    }
}
