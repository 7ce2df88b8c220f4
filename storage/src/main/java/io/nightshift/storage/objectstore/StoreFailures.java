package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.util.Objects;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/// What the errors of a store mean for the work that caused them.
final class StoreFailures {

    /// There is no such object.
    static final class NotFound extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static final Set<Integer> TRANSIENT = Set.of(429, 500, 502, 503, 504);

    /// Errors with the status 400 that pass by themselves.
    private static final Set<String> PASSING =
            Set.of("RequestTimeout", "ExpiredToken", "SlowDown", "Throttling", "ThrottlingException", "InternalError");

    /// What the client adds to its messages. It never tries twice: the tries are our own.
    private static final String SDK_ATTEMPTS = " \\(SDK Attempt Count: \\d+\\)$";

    private static final String NO_CREDENTIALS = "Unable to load credentials";

    private final ObjectStoreSettings settings;

    StoreFailures(ObjectStoreSettings settings) {
        this.settings = settings;
    }

    /// Whether another try may succeed.
    boolean isTransient(RuntimeException e) {
        if (e instanceof AwsServiceException service) {
            return TRANSIENT.contains(service.statusCode()) || PASSING.contains(code(service));
        }
        return !isWithoutCredentials(e);
    }

    private static boolean isWithoutCredentials(RuntimeException e) {
        return String.valueOf(e.getMessage()).contains(NO_CREDENTIALS);
    }

    /// The object has another tag than when it was listed or pinned.
    FailureException replaced(ObjectAddress address) {
        return FailureException.permanent(
                "source: %s was replaced while it was read: its ETag is another one now".formatted(address));
    }

    /// The failure of an object that is gone.
    FailureException missing(ObjectAddress address) {
        return new FailureException(Failure.of(
                FailedResource.Type.INPUT, address.toString(), "source: there is no object %s".formatted(address)));
    }

    /// The failure that an error is to the caller; [NotFound] if there is no such object.
    RuntimeException failure(ObjectAddress address, RuntimeException e) {
        if (!(e instanceof AwsServiceException service)) {
            return isWithoutCredentials(e)
                    ? input(
                            address,
                            "source: %s can't be read: %s has no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure the store"
                                    .formatted(address, settings),
                            e)
                    : storage(address, String.valueOf(e.getMessage()).replaceFirst(SDK_ATTEMPTS, ""), e);
        }
        String code = code(service);
        return switch (service.statusCode()) {
            case 404 ->
                code.equals("NoSuchBucket")
                        ? input(address, "source: %s has no bucket %s".formatted(settings, address.bucket()), e)
                        : new NotFound();
            case 401, 403 ->
                input(
                        address,
                        "source: %s can't be read: %s refuses access%s. Check the credentials of the store, and the policy of the bucket"
                                .formatted(address, settings, code.isEmpty() ? "" : " (" + code + ")"),
                        e);
            case 412 -> replaced(address);
            case 301, 307 ->
                input(
                        address,
                        "source: %s can't be read: the bucket is in another region. Correct the region of %s"
                                .formatted(address, settings),
                        e);
            default ->
                isTransient(e)
                        ? storage(
                                address,
                                "HTTP %d %s"
                                        .formatted(service.statusCode(), code)
                                        .strip(),
                                e)
                        : input(
                                address,
                                "source: %s can't be read: %s answered HTTP %d %s: %s"
                                        .formatted(address, settings, service.statusCode(), code, message(service)),
                                e);
        };
    }

    private FailureException storage(ObjectAddress address, String reason, RuntimeException e) {
        return new FailureException(
                Failure.of(
                        FailedResource.Type.STORAGE,
                        ObjectAddress.SCHEME + address.bucket(),
                        "source: %s can't be read from %s: %s".formatted(address, settings, reason)),
                e);
    }

    private static FailureException input(ObjectAddress address, String message, RuntimeException e) {
        return new FailureException(Failure.of(FailedResource.Type.INPUT, address.toString(), message), e);
    }

    private static String code(AwsServiceException e) {
        return e.awsErrorDetails() == null
                ? ""
                : Objects.requireNonNullElse(e.awsErrorDetails().errorCode(), "");
    }

    private static String message(AwsServiceException e) {
        return e.awsErrorDetails() == null
                ? ""
                : Objects.requireNonNullElse(e.awsErrorDetails().errorMessage(), "");
    }
}
