package io.nightshift.azure;

import com.azure.storage.blob.models.BlobStorageException;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Explains the errors of Azure Blob Storage.
record AzureErrors(ObjectStoreSettings settings) {

    /// An answer that the SDK does not judge.
    ///
    /// @see AzureStoreClient#get
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final int status;
        private final String code;

        Refused(int status, @Nullable String code) {
            super("HTTP %d %s".formatted(status, code));
            this.status = status;
            this.code = code == null ? "" : code;
        }
    }

    private static final Set<Integer> TRANSIENT = Set.of(408, 429, 500, 502, 503, 504);

    /// Errors with other statuses that pass by themselves.
    private static final Set<String> PASSING =
            Set.of("PendingCopyOperation", "ContainerBeingDeleted", "OperationTimedOut", "Md5Mismatch");

    /// Somebody else holds or protects the blob: the condition of the request is not the reason.
    private static final Set<String> LEASES = Set.of("LeaseIdMissing", "LeaseLost", "LeaseIdMismatchWithBlobOperation");

    /// @return null for what is no error of the client
    @Nullable
    StoreError of(RuntimeException thrown, ObjectAddress address, String cannot) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case BlobStorageException e -> {
                    return answered(
                            e.getStatusCode(),
                            e.getErrorCode() == null ? "" : e.getErrorCode().toString(),
                            address,
                            cannot);
                }
                case Refused e -> {
                    return answered(e.status, e.code, address, cannot);
                }
                case IdentityTokens.Refused e -> {
                    return new StoreError.Lasting("%s: %s".formatted(cannot, e.getMessage()));
                }
                case FailureException _, FileSystemException _ -> {
                    return null;
                }
                case InterruptedException _ -> {
                    Thread.currentThread().interrupt();
                    return new StoreError.Passing("the request was interrupted");
                }
                case IOException _, TimeoutException _ -> {
                    return new StoreError.Passing(
                            cause.getMessage() == null
                                    ? "no connection (%s)"
                                            .formatted(cause.getClass().getSimpleName())
                                    : cause.getMessage());
                }
                default -> {}
            }
        }
        return null;
    }

    private StoreError answered(int status, String code, ObjectAddress address, String cannot) {
        if (TRANSIENT.contains(status) || PASSING.contains(code)) {
            return new StoreError.Passing("HTTP %d %s".formatted(status, code).strip());
        }
        if (LEASES.contains(code)) {
            return new StoreError.Lasting("%s: another program has a lease on it (%s)".formatted(cannot, code));
        }
        return switch (status) {
            case 404 ->
                code.equals("ContainerNotFound")
                        ? new StoreError.Lasting("%s has no container %s".formatted(settings, address.bucket()))
                        : new StoreError.Missing();
            case 401, 403 ->
                new StoreError.Lasting(
                        "%s: %s refuses access%s. Check the credentials of the store, and the roles of the identity (Storage Blob Data Reader or Contributor)"
                                .formatted(cannot, settings, code.isEmpty() ? "" : " (" + code + ")"));
            case 412 -> new StoreError.ConditionNotMet();
            default ->
                switch (code) {
                    case "BlobAlreadyExists" -> new StoreError.ConditionNotMet();
                    // Another upload of the blob has dropped the blocks.
                    case "InvalidBlockList" -> new StoreError.Missing();
                    default ->
                        new StoreError.Lasting("%s: %s answered HTTP %d %s".formatted(cannot, settings, status, code));
                };
        };
    }
}
