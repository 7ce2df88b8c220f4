package io.nightshift.storage.objectstore;

import io.nightshift.storage.objectstore.ObjectStore.Condition;
import io.nightshift.storage.objectstore.ObjectStore.Upload;
import java.io.InputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The requests of one protocol to one store. Each call makes one request and throws what the library of the
/// protocol throws; [#error] says what that means. The caller repeats requests. Safe for several threads.
public interface StoreClient extends AutoCloseable {

    /// One answer to a request for a list.
    ///
    /// @param folders the prefixes of folders, which end in `/`; empty unless a level was asked for
    /// @param next asks for the next page; null at the end
    record ObjectPage(
            List<StoredObject> objects,
            List<ObjectAddress> folders,
            @Nullable String next) {}

    /// One answer to a request for the uploads that have not ended.
    ///
    /// @param next asks for the next page; null at the end
    record UploadPage(List<Upload> uploads, UploadPage.@Nullable Position next) {

        /// @param key of the last upload of the page before
        public record Position(String key, @Nullable String id) {}
    }

    /// The beginning of an answer to a request for bytes.
    ///
    /// @param range the header `Content-Range`
    /// @param length the header `Content-Length`
    /// @param tag the object's ETag without quotes
    /// @param crc32c the checksum of the whole object, in Base64; null if the answer has none
    /// @param abort closes the connection, without reading the rest
    record Bytes(
            InputStream body,
            @Nullable String range,
            @Nullable Long length,
            String tag,
            @Nullable String crc32c,
            Runnable abort) {}

    /// As [ObjectStore#listsFromKeys].
    boolean listsFromKeys();

    /// Lists objects in the order of their keys.
    ///
    /// @param after the list begins behind this key; empty for all
    /// @param isLevel whether keys with another `/` behind the prefix are listed as folders
    /// @param most the most entries of an answer
    /// @param page of the answer before; null for the first page
    ObjectPage list(ObjectAddress prefix, String after, boolean isLevel, int most, @Nullable String page);

    /// @return null if there is none, unless the call throws
    @Nullable
    StoredObject head(ObjectAddress address);

    /// @return null if the store keeps none
    @Nullable
    ObjectChecksum checksum(StoredObject object);

    /// Begins to read bytes of an object that still has its tag.
    Bytes get(StoredObject object, ByteRange range);

    /// @param content checked by the store by its checksums
    void put(ObjectAddress address, RequestContent content, Condition condition);

    /// The most bytes that [#copy] copies.
    ///
    /// @param preferred for a protocol that has a limit
    long mostCopied(long preferred);

    void copy(ObjectAddress from, ObjectAddress to);

    Upload beginUpload(ObjectAddress address);

    /// @param number of the part, from 1
    /// @return what [#complete] needs of the part
    String uploadPart(Upload upload, int number, RequestContent content);

    /// Only for protocols with a limit of [#mostCopied].
    ///
    /// @return as [#uploadPart]
    String copyPart(Upload upload, int number, ObjectAddress from, ByteRange range);

    /// @param parts what [#uploadPart] and [#copyPart] have returned, in order
    void complete(Upload upload, List<String> parts);

    void abort(Upload upload);

    UploadPage uploads(ObjectAddress prefix, int most, UploadPage.@Nullable Position page);

    void delete(ObjectAddress address);

    /// Explains what a call has thrown.
    ///
    /// @param cannot the beginning of a message
    /// @return null for what does not come from the library of the protocol
    @Nullable
    StoreError error(RuntimeException thrown, ObjectAddress address, String cannot);

    /// Whether an answer said only that the request is wrong: another request may tell the reason.
    boolean isWithoutReason(@Nullable Throwable thrown);

    /// Whether the store does not know what it was asked for.
    boolean isNotImplemented(@Nullable Throwable thrown);

    @Override
    void close();
}
