package io.nightshift.storage.objectstore;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.http.SdkHttpResponse;

/// Converts the errors of a store into failures of the work that caused them.
final class StoreFailures {

    /// There is no such object.
    static final class NotFound extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

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

    /// The object is not the one that the request wants, or exists although it should not.
    static final class Replaced extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static final Set<Integer> TRANSIENT = Set.of(409, 429, 500, 502, 503, 504);

    /// Errors with the status 400 that pass by themselves.
    private static final Set<String> PASSING =
            Set.of("RequestTimeout", "ExpiredToken", "SlowDown", "Throttling", "ThrottlingException", "InternalError");

    /// The suffix that the client adds to its messages. The client never repeats a request; Nightshift does.
    private static final String SDK_ATTEMPTS = " \\(SDK Attempt Count: \\d+\\)$";

    /// The error code for a request that is signed for another region than the bucket's.
    private static final String WRONG_REGION = "AuthorizationHeaderMalformed";

    private static final Pattern EXPECTED_REGION = Pattern.compile("expecting '([a-z0-9-]+)'");

    private static final String NO_CREDENTIALS = "Unable to load credentials";

    private final ObjectStoreSettings settings;
    private final StorePurpose purpose;

    StoreFailures(ObjectStoreSettings settings, StorePurpose purpose) {
        this.settings = settings;
        this.purpose = purpose;
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
                "%s: %s was replaced while it was read: its ETag is another one now".formatted(purpose, address));
    }

    /// The failure of an object that has another tag each time it is read.
    FailureException unsteady(StoredObject object) {
        return new FailureException(Failure.of(
                FailedResource.Type.STORAGE,
                ObjectAddress.SCHEME + object.address().bucket(),
                "%s: %s can't be read from %s: at each try, its ETag was no longer \"%s\", as in the answer to HEAD. Either other programs write it all the time, or a proxy changes ETags (a weak one begins with W/)"
                        .formatted(purpose, object.address(), settings, object.tag())));
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
                ObjectAddress.SCHEME + address.bucket(),
                "%s: %s arrives with wrong bytes from %s: their checksum is %s, and that of the object is %s"
                        .formatted(purpose, address, settings, found, expected)));
    }

    /// The failure that an error is to the caller, or [NotFound] or [Replaced].
    ///
    /// @param access what was tried
    RuntimeException failure(ObjectAddress address, Access access, RuntimeException e) {
        String cannot = "%s can't be %s".formatted(address, access.participle);
        if (!(e instanceof AwsServiceException service)) {
            return isWithoutCredentials(e)
                    ? lasting(
                            address,
                            "%s: %s has no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure the store"
                                    .formatted(cannot, settings),
                            e)
                    : passing(address, access, String.valueOf(e.getMessage()).replaceFirst(SDK_ATTEMPTS, ""), e);
        }
        String code = code(service);
        if (code.equals(WRONG_REGION)) {
            return otherRegion(address, cannot, service);
        }
        return switch (service.statusCode()) {
            case 404 ->
                code.equals("NoSuchBucket")
                        ? lasting(address, "%s has no bucket %s".formatted(settings, address.bucket()), e)
                        : new NotFound();
            case 401, 403 ->
                lasting(
                        address,
                        "%s: %s refuses access%s. Check the credentials of the store, and the policy of the bucket"
                                .formatted(cannot, settings, code.isEmpty() ? "" : " (" + code + ")"),
                        e);
            case 412 -> new Replaced();
            case 301, 307 -> otherRegion(address, cannot, service);
            default ->
                isTransient(e)
                        ? passing(
                                address,
                                access,
                                "HTTP %d %s"
                                        .formatted(service.statusCode(), code)
                                        .strip(),
                                e)
                        : lasting(
                                address,
                                "%s: %s answered HTTP %d %s: %s"
                                        .formatted(cannot, settings, service.statusCode(), code, message(service)),
                                e);
        };
    }

    private FailureException otherRegion(ObjectAddress address, String cannot, AwsServiceException e) {
        String region = region(e);
        return lasting(
                address,
                region.isEmpty()
                        ? "%s: the bucket is in another region. Correct the region of %s".formatted(cannot, settings)
                        : "%s: the bucket is in the region %s, and %s uses %s. Set its region to %s"
                                .formatted(
                                        cannot,
                                        region,
                                        settings,
                                        settings.region() == null ? "another one" : settings.region(),
                                        region),
                e);
    }

    /// The region that an answer names; the empty text if it names none.
    private static String region(AwsServiceException e) {
        if (e.awsErrorDetails() == null) {
            return "";
        }
        SdkHttpResponse response = e.awsErrorDetails().sdkHttpResponse();
        String header = response == null
                ? null
                : response.firstMatchingHeader("x-amz-bucket-region").orElse(null);
        if (header != null) {
            return header;
        }
        Matcher expected = EXPECTED_REGION.matcher(message(e));
        return expected.find() ? expected.group(1) : "";
    }

    /// Whether a failure is an error for which the store has sent only the status.
    static boolean isWithoutReason(FailureException e) {
        return e.getCause() instanceof AwsServiceException service
                && service.statusCode() == 400
                && (code(service).isEmpty()
                        || code(service).equals("BadRequest")
                        || code(service).equals("400"));
    }

    private FailureException passing(ObjectAddress address, Access access, String reason, RuntimeException e) {
        return new FailureException(
                Failure.of(
                        FailedResource.Type.STORAGE,
                        ObjectAddress.SCHEME + address.bucket(),
                        "%s: %s can't be %s %s %s: %s"
                                .formatted(purpose, address, access.participle, access.preposition, settings, reason)),
                e);
    }

    private FailureException lasting(ObjectAddress address, String message, RuntimeException e) {
        return new FailureException(Failure.of(purpose.resource(), address.toString(), purpose + ": " + message), e);
    }

    /// Whether the store does not know what it was asked for.
    static boolean isNotImplemented(FailureException e) {
        return e.getCause() instanceof AwsServiceException service
                && (service.statusCode() == 400 || service.statusCode() == 501);
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
