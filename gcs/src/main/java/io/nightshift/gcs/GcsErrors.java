package io.nightshift.gcs;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Explains the errors of Google Cloud Storage.
record GcsErrors(ObjectStoreSettings settings) {

    private static final Set<Integer> TRANSIENT = Set.of(408, 409, 429, 500, 502, 503, 504);

    /// Errors of the status 400 that mean that bytes were changed on their way, or came too slowly.
    private static final Set<String> PASSING = Set.of("BadDigest", "CrcMismatch", "IncompleteBody", "RequestTimeout");

    /// @return null for what is no error of the client
    @Nullable
    StoreError of(RuntimeException thrown, ObjectAddress address, String cannot) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case GcsHttp.Refused e -> {
                    return answered(e, address, cannot);
                }
                case AccessTokens.Refused e -> {
                    return new StoreError.Lasting("%s: %s".formatted(cannot, e.getMessage()));
                }
                case FailureException _, FileSystemException _ -> {
                    return null;
                }
                case IOException e -> {
                    return new StoreError.Passing(
                            e.getMessage() == null
                                    ? "no connection (%s)"
                                            .formatted(e.getClass().getSimpleName())
                                    : e.getMessage());
                }
                default -> {}
            }
        }
        return null;
    }

    private StoreError answered(GcsHttp.Refused e, ObjectAddress address, String cannot) {
        String code = e.code();
        if (TRANSIENT.contains(e.status()) || PASSING.contains(code)) {
            return new StoreError.Passing(
                    "HTTP %d %s".formatted(e.status(), code).strip());
        }
        return switch (e.status()) {
            case 404 ->
                code.equals("NoSuchBucket")
                        ? new StoreError.Lasting("%s has no bucket %s".formatted(settings, address.bucket()))
                        : new StoreError.Missing();
            case 401, 403 ->
                new StoreError.Lasting(
                        "%s: %s refuses access%s. Check the credentials of the store, and the roles of the identity (Storage Object Viewer, or Storage Object User to write)"
                                .formatted(cannot, settings, code.isEmpty() ? "" : " (" + code + ")"));
            case 412 -> new StoreError.ConditionNotMet();
            default ->
                new StoreError.Lasting("%s: %s answered HTTP %d %s%s"
                        .formatted(
                                cannot, settings, e.status(), code, e.reason().isEmpty() ? "" : ": " + e.reason()));
        };
    }
}
