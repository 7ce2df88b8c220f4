package io.nightshift.storage.objectstore.s3;

import io.nightshift.storage.objectstore.ByteRange;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectChecksum;
import io.nightshift.storage.objectstore.ObjectStore.Condition;
import io.nightshift.storage.objectstore.ObjectStore.Upload;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.RequestContent;
import io.nightshift.storage.objectstore.StoreClient;
import io.nightshift.storage.objectstore.StoreError;
import io.nightshift.storage.objectstore.StoreType;
import io.nightshift.storage.objectstore.StoredObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.ChecksumType;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.UploadPartCopyRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/// The requests of the S3 protocol.
final class S3StoreClient implements StoreClient {

    private final S3Client client;
    private final S3Errors errors;

    S3StoreClient(ObjectStoreSettings settings, StoreType.S3 type) {
        this.client = S3Clients.open(settings, type);
        this.errors = new S3Errors(settings, type.region());
    }

    @Override
    public boolean listsFromKeys() {
        return true;
    }

    @Override
    public ObjectPage list(ObjectAddress prefix, String after, boolean isLevel, int most, @Nullable String page) {
        ListObjectsV2Response answer = client.listObjectsV2(ListObjectsV2Request.builder()
                .bucket(prefix.bucket())
                .prefix(prefix.key())
                .startAfter(after.isEmpty() ? null : after)
                .delimiter(isLevel ? "/" : null)
                .maxKeys(most)
                .continuationToken(page)
                .build());
        return new ObjectPage(
                answer.contents().stream().map(object -> stored(prefix, object)).toList(),
                answer.commonPrefixes().stream()
                        .map(folder -> prefix.with(folder.prefix()))
                        .toList(),
                Boolean.TRUE.equals(answer.isTruncated()) ? answer.nextContinuationToken() : null);
    }

    private static StoredObject stored(ObjectAddress bucket, S3Object object) {
        return new StoredObject(
                bucket.with(object.key()), object.size(), seconds(object.lastModified()), unquoted(object.eTag()));
    }

    @Override
    public StoredObject head(ObjectAddress address) {
        HeadObjectResponse head = client.headObject(HeadObjectRequest.builder()
                .bucket(address.bucket())
                .key(address.key())
                .build());
        return new StoredObject(address, head.contentLength(), seconds(head.lastModified()), unquoted(head.eTag()));
    }

    @Override
    public @Nullable ObjectChecksum checksum(StoredObject object) {
        return checksum(client.headObject(HeadObjectRequest.builder()
                .bucket(object.address().bucket())
                .key(object.address().key())
                .ifMatch('"' + object.tag() + '"')
                .checksumMode(ChecksumMode.ENABLED)
                .build()));
    }

    /// The first checksum that a store answers with; null if it has none of the whole object. That of an
    /// object that was uploaded in parts may be one of their checksums.
    private static @Nullable ObjectChecksum checksum(HeadObjectResponse head) {
        if (head.checksumType() == ChecksumType.COMPOSITE) {
            return null;
        }
        for (ObjectChecksum.Algorithm algorithm : ObjectChecksum.Algorithm.values()) {
            String value = switch (algorithm) {
                case CRC64NVME -> head.checksumCRC64NVME();
                case CRC32C -> head.checksumCRC32C();
                case CRC32 -> head.checksumCRC32();
                case SHA256 -> head.checksumSHA256();
                case SHA1 -> head.checksumSHA1();
                case MD5 -> null;
            };
            if (value != null && !value.contains("-")) {
                return new ObjectChecksum(algorithm, value);
            }
        }
        return null;
    }

    @Override
    public Bytes get(StoredObject object, ByteRange range) {
        ResponseInputStream<GetObjectResponse> in = client.getObject(GetObjectRequest.builder()
                .bucket(object.address().bucket())
                .key(object.address().key())
                .range("bytes=" + range)
                .ifMatch('"' + object.tag() + '"')
                .build());
        GetObjectResponse answer = in.response();
        return new Bytes(in, answer.contentRange(), answer.contentLength(), unquoted(answer.eTag()), null, in::abort);
    }

    @Override
    public void put(ObjectAddress address, RequestContent content, Condition condition) {
        PutObjectRequest.Builder request = PutObjectRequest.builder()
                .bucket(address.bucket())
                .key(address.key())
                .contentMD5(content.md5());
        switch (condition) {
            case Condition.Always _ -> {}
            case Condition.IfAbsent _ -> request.ifNoneMatch("*");
            case Condition.IfTag(String tag) -> request.ifMatch('"' + tag + '"');
        }
        client.putObject(request.build(), body(content));
    }

    private static RequestBody body(RequestContent content) {
        return RequestBody.fromContentProvider(content::open, content.length(), "application/octet-stream");
    }

    @Override
    public long mostCopied(long preferred) {
        return preferred;
    }

    @Override
    public void copy(ObjectAddress from, ObjectAddress to) {
        client.copyObject(CopyObjectRequest.builder()
                .sourceBucket(from.bucket())
                .sourceKey(from.key())
                .destinationBucket(to.bucket())
                .destinationKey(to.key())
                .build());
    }

    @Override
    public Upload beginUpload(ObjectAddress address) {
        return new Upload(
                address,
                client.createMultipartUpload(CreateMultipartUploadRequest.builder()
                                .bucket(address.bucket())
                                .key(address.key())
                                .build())
                        .uploadId());
    }

    @Override
    public String uploadPart(Upload upload, int number, RequestContent content) {
        return client.uploadPart(
                        UploadPartRequest.builder()
                                .bucket(upload.address().bucket())
                                .key(upload.address().key())
                                .uploadId(upload.id())
                                .partNumber(number)
                                .contentMD5(content.md5())
                                .build(),
                        body(content))
                .eTag();
    }

    @Override
    public String copyPart(Upload upload, int number, ObjectAddress from, ByteRange range) {
        return client.uploadPartCopy(UploadPartCopyRequest.builder()
                        .sourceBucket(from.bucket())
                        .sourceKey(from.key())
                        .destinationBucket(upload.address().bucket())
                        .destinationKey(upload.address().key())
                        .uploadId(upload.id())
                        .partNumber(number)
                        .copySourceRange("bytes=" + range)
                        .build())
                .copyPartResult()
                .eTag();
    }

    @Override
    public void complete(Upload upload, List<String> parts) {
        List<CompletedPart> completed = new ArrayList<>();
        for (String tag : parts) {
            completed.add(CompletedPart.builder()
                    .partNumber(completed.size() + 1)
                    .eTag(tag)
                    .build());
        }
        client.completeMultipartUpload(CompleteMultipartUploadRequest.builder()
                .bucket(upload.address().bucket())
                .key(upload.address().key())
                .uploadId(upload.id())
                .multipartUpload(whole -> whole.parts(completed))
                .build());
    }

    @Override
    public void abort(Upload upload) {
        client.abortMultipartUpload(AbortMultipartUploadRequest.builder()
                .bucket(upload.address().bucket())
                .key(upload.address().key())
                .uploadId(upload.id())
                .build());
    }

    @Override
    public UploadPage uploads(ObjectAddress prefix, int most, UploadPage.@Nullable Position page) {
        ListMultipartUploadsResponse answer = client.listMultipartUploads(ListMultipartUploadsRequest.builder()
                .bucket(prefix.bucket())
                .prefix(prefix.key())
                .maxUploads(most)
                .keyMarker(page == null ? null : page.key())
                .uploadIdMarker(page == null ? null : page.id())
                .build());
        return new UploadPage(
                answer.uploads().stream()
                        .map(upload -> new Upload(prefix.with(upload.key()), upload.uploadId()))
                        .toList(),
                Boolean.TRUE.equals(answer.isTruncated()) && answer.nextKeyMarker() != null
                        ? new UploadPage.Position(answer.nextKeyMarker(), answer.nextUploadIdMarker())
                        : null);
    }

    @Override
    public void delete(ObjectAddress address) {
        client.deleteObject(DeleteObjectRequest.builder()
                .bucket(address.bucket())
                .key(address.key())
                .build());
    }

    @Override
    public @Nullable StoreError error(RuntimeException thrown, ObjectAddress address, String cannot) {
        return errors.of(thrown, address, cannot);
    }

    @Override
    public boolean isWithoutReason(@Nullable Throwable thrown) {
        return S3Errors.isWithoutReason(thrown);
    }

    @Override
    public boolean isNotImplemented(@Nullable Throwable thrown) {
        return S3Errors.isNotImplemented(thrown);
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    private static String unquoted(@Nullable String tag) {
        return tag == null ? "" : tag.replace("\"", "");
    }

    @Override
    public void close() {
        client.close();
    }
}
