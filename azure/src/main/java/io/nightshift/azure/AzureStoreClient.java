package io.nightshift.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpMethod;
import com.azure.core.http.HttpRequest;
import com.azure.core.http.HttpResponse;
import com.azure.core.http.rest.PagedResponse;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobContainerClient;
import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobListDetails;
import com.azure.storage.blob.models.BlobProperties;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.CopyStatusType;
import com.azure.storage.blob.models.ListBlobsOptions;
import com.azure.storage.blob.options.BlobBeginCopyOptions;
import com.azure.storage.blob.options.BlockBlobCommitBlockListOptions;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import com.azure.storage.blob.options.BlockBlobStageBlockOptions;
import com.azure.storage.blob.specialized.BlockBlobClient;
import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectChecksum;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import io.nightshift.storage.objectstore.ObjectStore.Upload;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.RequestContent;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreError;
import io.nightshift.storage.objectstore.StoredObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The requests of Azure Blob Storage. Objects are block blobs, and the parts of an upload are blocks.
final class AzureStoreClient implements StoreClient {

    /// The header of errors that the SDK does not read.
    private static final HttpHeaderName ERROR = HttpHeaderName.fromString("x-ms-error-code");

    private static final HttpHeaderName VERSION = HttpHeaderName.fromString("x-ms-version");

    /// Marks what is a folder in an account with a hierarchical namespace.
    private static final String FOLDER = "hdi_isfolder";

    private static final Duration POLL = Duration.ofMillis(200);

    private final ObjectStoreSettings settings;
    private final BlobServiceClient client;
    private final AzureErrors errors;

    AzureStoreClient(ObjectStoreSettings settings, BlobServiceClient client) {
        this.settings = settings;
        this.client = client;
        this.errors = new AzureErrors(settings);
    }

    private BlockBlobClient blob(ObjectAddress address) {
        return container(address).getBlobClient(address.key()).getBlockBlobClient();
    }

    private BlobContainerClient container(ObjectAddress address) {
        return client.getBlobContainerClient(address.bucket());
    }

    @Override
    public boolean listsFromKeys() {
        return false;
    }

    @Override
    public ObjectPage list(ObjectAddress prefix, String after, boolean isLevel, int most, @Nullable String page) {
        ListBlobsOptions options = new ListBlobsOptions()
                .setPrefix(prefix.key())
                .setMaxResultsPerPage(most)
                .setDetails(new BlobListDetails().setRetrieveMetadata(true));
        PagedResponse<BlobItem> answer = (isLevel
                        ? container(prefix).listBlobsByHierarchy("/", options, null)
                        : container(prefix).listBlobs(options, null))
                .iterableByPage(page)
                .iterator()
                .next();
        List<StoredObject> objects = new ArrayList<>();
        List<ObjectAddress> folders = new ArrayList<>();
        for (BlobItem item : answer.getValue()) {
            if (Boolean.TRUE.equals(item.isPrefix())) {
                folders.add(prefix.with(item.getName()));
            } else if (!isFolder(item.getMetadata()) && item.getName().compareTo(after) > 0) {
                objects.add(stored(prefix, item));
            }
        }
        String next = answer.getContinuationToken();
        return new ObjectPage(objects, folders, next == null || next.isEmpty() ? null : next);
    }

    private static boolean isFolder(@Nullable Map<String, String> metadata) {
        return metadata != null && "true".equals(metadata.get(FOLDER));
    }

    private static StoredObject stored(ObjectAddress container, BlobItem item) {
        return stored(
                container.with(item.getName()),
                item.getProperties().getContentLength(),
                item.getProperties().getLastModified(),
                item.getProperties().getETag());
    }

    private static StoredObject stored(
            ObjectAddress address, long bytes, OffsetDateTime modified, @Nullable String tag) {
        return new StoredObject(address, bytes, modified.toInstant().truncatedTo(ChronoUnit.SECONDS), unquoted(tag));
    }

    @Override
    public @Nullable StoredObject head(ObjectAddress address) {
        BlobProperties found = blob(address).getProperties();
        return isFolder(found.getMetadata())
                ? null
                : stored(address, found.getBlobSize(), found.getLastModified(), found.getETag());
    }

    @Override
    public @Nullable ObjectChecksum checksum(StoredObject object) {
        byte[] md5 = blob(object.address())
                .getPropertiesWithResponse(ifTag(object.tag()), null, Context.NONE)
                .getValue()
                .getContentMd5();
        return md5 == null || md5.length == 0
                ? null
                : new ObjectChecksum(
                        ObjectChecksum.Algorithm.MD5, Base64.getEncoder().encodeToString(md5));
    }

    private static BlobRequestConditions ifTag(String tag) {
        return new BlobRequestConditions().setIfMatch('"' + tag + '"');
    }

    /// The methods of the SDK that read a range copy it into the memory first, or push it. So this request goes
    /// through the SDK's pipeline, which signs it.
    @Override
    public Bytes get(StoredObject object, ByteRange range) {
        BlockBlobClient blob = blob(object.address());
        HttpResponse answer = client.getHttpPipeline()
                .sendSync(
                        new HttpRequest(HttpMethod.GET, blob.getBlobUrl())
                                .setHeader(VERSION, AzureClients.VERSION.getVersion())
                                .setHeader(HttpHeaderName.RANGE, "bytes=" + range)
                                // Without it, the SDK signs the word null.
                                .setHeader(HttpHeaderName.CONTENT_LENGTH, "0")
                                .setHeader(HttpHeaderName.IF_MATCH, '"' + object.tag() + '"'),
                        new Context("azure-eagerly-read-response", false));
        if (answer.getStatusCode() >= 300) {
            answer.close();
            throw new AzureErrors.Refused(answer.getStatusCode(), answer.getHeaderValue(ERROR));
        }
        String length = answer.getHeaderValue(HttpHeaderName.CONTENT_LENGTH);
        return new Bytes(
                answer.getBodyAsInputStreamSync(),
                answer.getHeaderValue(HttpHeaderName.CONTENT_RANGE),
                length == null ? null : Long.valueOf(length),
                unquoted(answer.getHeaderValue(HttpHeaderName.ETAG)),
                null,
                answer::close);
    }

    @Override
    public void put(ObjectAddress address, RequestContent content, Condition condition) {
        BlobRequestConditions conditions = switch (condition) {
            case Condition.Always _ -> new BlobRequestConditions();
            case Condition.IfAbsent _ -> new BlobRequestConditions().setIfNoneMatch("*");
            case Condition.IfTag(String tag) -> ifTag(tag);
        };
        send(
                content,
                body -> blob(address)
                        .uploadWithResponse(
                                new BlockBlobSimpleUploadOptions(body)
                                        .setContentMd5(md5(content))
                                        .setRequestConditions(conditions),
                                null,
                                AzureClients.patience(content.length())));
    }

    /// The SDK does not close what it sends.
    private static void send(RequestContent content, Consumer<BinaryData> request) {
        try (InputStream in = content.open()) {
            request.accept(BinaryData.fromStream(in, content.length()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] md5(RequestContent content) {
        return Base64.getDecoder().decode(content.md5());
    }

    @Override
    public long mostCopied(long preferred) {
        return Long.MAX_VALUE;
    }

    /// Most copies inside an account are done with the answer. Others go on, and are waited for.
    @Override
    public void copy(ObjectAddress from, ObjectAddress to) {
        String source = blob(from).getBlobUrl();
        if (settings.credentials() instanceof StoreCredentials.SharedAccessSignature(String token)) {
            source += "?" + token;
        }
        BlockBlobClient copied = blob(to);
        CopyStatusType status = copied.beginCopy(new BlobBeginCopyOptions(source))
                .poll()
                .getValue()
                .getCopyStatus();
        // Not by the poller of the SDK: it hides why it could not poll.
        while (CopyStatusType.PENDING.equals(status)) {
            try {
                Thread.sleep(POLL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UncheckedIOException(new IOException("the copy was interrupted", e));
            }
            status = copied.getProperties().getCopyStatus();
        }
        if (!CopyStatusType.SUCCESS.equals(status)) {
            throw new UncheckedIOException(new IOException("the copy ended as " + status));
        }
    }

    @Override
    public Upload beginUpload(ObjectAddress address) {
        return new Upload(address, UUID.randomUUID().toString());
    }

    @Override
    public String uploadPart(Upload upload, int number, RequestContent content) {
        String id = Base64.getEncoder()
                .encodeToString("%s-%05d".formatted(upload.id(), number).getBytes(StandardCharsets.US_ASCII));
        send(
                content,
                body -> blob(upload.address())
                        .stageBlockWithResponse(
                                new BlockBlobStageBlockOptions(id, body).setContentMd5(md5(content)),
                                null,
                                AzureClients.patience(content.length())));
        return id;
    }

    @Override
    public String copyPart(Upload upload, int number, ObjectAddress from, ByteRange range) {
        throw new UnsupportedOperationException("copies have no limit");
    }

    @Override
    public void complete(Upload upload, List<String> parts) {
        blob(upload.address())
                .commitBlockListWithResponse(new BlockBlobCommitBlockListOptions(parts), null, Context.NONE);
    }

    /// Azure deletes blocks after a week.
    @Override
    public void abort(Upload upload) {}

    @Override
    public UploadPage uploads(ObjectAddress prefix, int most, UploadPage.@Nullable Position page) {
        return new UploadPage(List.of(), null);
    }

    @Override
    public void delete(ObjectAddress address) {
        blob(address).delete();
    }

    @Override
    public @Nullable StoreError error(RuntimeException thrown, ObjectAddress address, String cannot) {
        return errors.of(thrown, address, cannot);
    }

    @Override
    public boolean isWithoutReason(@Nullable Throwable thrown) {
        return false;
    }

    @Override
    public boolean isNotImplemented(@Nullable Throwable thrown) {
        return false;
    }

    private static String unquoted(@Nullable String tag) {
        return tag == null ? "" : tag.replace("\"", "");
    }

    @Override
    public void close() {
        // The SDK's client has nothing to close.
    }
}
