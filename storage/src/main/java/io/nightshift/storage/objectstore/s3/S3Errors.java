package io.nightshift.storage.objectstore.s3;

import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreError;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.SdkHttpResponse;

/// Explains the errors of the S3 protocol.
///
/// @param region of the settings
record S3Errors(ObjectStoreSettings settings, @Nullable String region) {

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

    /// @return null for what is no error of the client
    @Nullable
    StoreError of(RuntimeException thrown, ObjectAddress address, String cannot) {
        if (!(thrown instanceof SdkException)) {
            return null;
        }
        String text = String.valueOf(thrown.getMessage());
        if (!(thrown instanceof AwsServiceException service)) {
            return text.contains(NO_CREDENTIALS)
                    ? new StoreError.Lasting(
                            "%s: %s has no credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure the store"
                                    .formatted(cannot, settings))
                    : new StoreError.Passing(text.replaceFirst(SDK_ATTEMPTS, ""));
        }
        int status = service.statusCode();
        String code = code(service);
        if (TRANSIENT.contains(status) || PASSING.contains(code)) {
            return new StoreError.Passing("HTTP %d %s".formatted(status, code).strip());
        }
        if (code.equals(WRONG_REGION)) {
            return otherRegion(cannot, service);
        }
        return switch (status) {
            case 404 ->
                code.equals("NoSuchBucket")
                        ? new StoreError.Lasting("%s has no bucket %s".formatted(settings, address.bucket()))
                        : new StoreError.Missing();
            case 401, 403 ->
                new StoreError.Lasting(
                        "%s: %s refuses access%s. Check the credentials of the store, and the policy of the bucket"
                                .formatted(cannot, settings, code.isEmpty() ? "" : " (" + code + ")"));
            case 412 -> new StoreError.ConditionNotMet();
            case 301, 307 -> otherRegion(cannot, service);
            default ->
                new StoreError.Lasting(
                        "%s: %s answered HTTP %d %s: %s".formatted(cannot, settings, status, code, message(service)));
        };
    }

    private StoreError otherRegion(String cannot, AwsServiceException e) {
        String region = region(e);
        return new StoreError.Lasting(
                region.isEmpty()
                        ? "%s: the bucket is in another region. Correct the region of %s".formatted(cannot, settings)
                        : "%s: the bucket is in the region %s, and %s uses %s. Set its region to %s"
                                .formatted(
                                        cannot,
                                        region,
                                        settings,
                                        this.region == null ? "another one" : this.region,
                                        region));
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

    /// Whether an answer is an error of which the store has sent only the status.
    static boolean isWithoutReason(@Nullable Throwable thrown) {
        return thrown instanceof AwsServiceException service
                && service.statusCode() == 400
                && (code(service).isEmpty()
                        || code(service).equals("BadRequest")
                        || code(service).equals("400"));
    }

    /// Whether the store does not know what it was asked for.
    static boolean isNotImplemented(@Nullable Throwable thrown) {
        return thrown instanceof AwsServiceException service
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
