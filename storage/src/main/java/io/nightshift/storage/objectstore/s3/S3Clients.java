package io.nightshift.storage.objectstore.s3;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreType;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/// Makes the AWS SDK's client for a store. The only class that sets the SDK up: see
/// `docs/decisions/0021-object-storage.md`.
final class S3Clients {

    private static final Duration CONNECT = Duration.ofSeconds(10);

    /// A connection without a byte for this time counts as broken. Two tries take less than a minute: see
    /// `RequestTries`.
    private static final Duration SILENCE = Duration.ofSeconds(25);

    private S3Clients() {}

    /// @throws FailureException if the region of a store without an endpoint is unknown
    static S3Client open(ObjectStoreSettings settings, StoreType.S3 type) {
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECT)
                        .socketTimeout(SILENCE)
                        .build())
                .credentialsProvider(credentials(settings.credentials()))
                .forcePathStyle(type.pathStyle())
                // Stores other than AWS refuse checksums that they don't know.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .overrideConfiguration(override -> override.retryStrategy(AwsRetryStrategy.doNotRetry()));
        if (settings.endpoint() != null) {
            builder.endpointOverride(settings.endpoint());
        }
        if (type.region() != null) {
            builder.region(Region.of(type.region()));
        } else if (settings.endpoint() != null && System.getenv("AWS_REGION") == null) {
            // Stores other than AWS have most often no regions, and accept this one.
            builder.region(Region.US_EAST_1);
        }
        try {
            return builder.build();
        } catch (SdkClientException e) {
            throw new FailureException(
                    Failure.of(
                            FailedResource.Type.INPUT,
                            settings.toString(),
                            "%s can't be used: its region is unknown. Set nightshift.stores.NAME.region, or the variable AWS_REGION"
                                    .formatted(settings)),
                    e);
        }
    }

    private static AwsCredentialsProvider credentials(StoreCredentials credentials) {
        return switch ((StoreCredentials.OfS3) credentials) {
            case StoreCredentials.StandardChain(String profile) -> {
                DefaultCredentialsProvider.Builder chain = DefaultCredentialsProvider.builder();
                yield profile == null
                        ? chain.build()
                        : chain.profileName(profile).build();
            }
            case StoreCredentials.Keys(String id, String secret, String token) ->
                StaticCredentialsProvider.create(
                        token == null
                                ? AwsBasicCredentials.create(id, secret)
                                : AwsSessionCredentials.create(id, secret, token));
            case StoreCredentials.Anonymous _ -> AnonymousCredentialsProvider.create();
        };
    }
}
