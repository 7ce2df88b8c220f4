package io.nightshift.azure;

import com.azure.core.http.jdk.httpclient.JdkHttpClientBuilder;
import com.azure.core.util.Context;
import com.azure.storage.blob.BlobServiceClient;
import com.azure.storage.blob.BlobServiceClientBuilder;
import com.azure.storage.blob.BlobServiceVersion;
import com.azure.storage.common.StorageSharedKeyCredential;
import com.azure.storage.common.policy.RequestRetryOptions;
import com.azure.storage.common.policy.RetryPolicyType;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.StoreCredentials;
import io.nightshift.storage.objectstore.StoreType;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Base64;

/// Makes the client of Azure's SDK for a store. The only class that sets the SDK up: see
/// `docs/decisions/0079-azure-blob.md`.
final class AzureClients {

    private static final Duration CONNECT = Duration.ofSeconds(10);

    /// A connection without a byte for this time counts as broken. Two tries take less than a minute.
    private static final Duration SILENCE = Duration.ofSeconds(25);

    /// The slowest transfer that is waited for, in bytes in a second: the client's time limit for an answer
    /// includes the time for sending.
    private static final long SLOWEST = 512 << 10;

    /// Old enough for every place where Azure runs.
    static final BlobServiceVersion VERSION = BlobServiceVersion.V2021_12_02;

    private AzureClients() {}

    /// How long a request may take, for the client that has made it.
    ///
    /// @param bytes that it sends
    static Context patience(long bytes) {
        return new Context("azure-response-timeout", SILENCE.plusSeconds(bytes / SLOWEST));
    }

    /// @throws FailureException permanent, if the key is none
    static BlobServiceClient open(ObjectStoreSettings settings, StoreType.Azure type) {
        URI endpoint = settings.endpoint();
        BlobServiceClientBuilder builder = new BlobServiceClientBuilder()
                .endpoint(
                        endpoint == null
                                ? "https://%s.blob.core.windows.net".formatted(type.account())
                                : endpoint.toString())
                .serviceVersion(VERSION)
                .httpClient(new JdkHttpClientBuilder(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1))
                        .connectionTimeout(CONNECT)
                        .writeTimeout(SILENCE)
                        .responseTimeout(SILENCE)
                        .readTimeout(SILENCE)
                        .build())
                // Nightshift repeats requests itself.
                .retryOptions(new RequestRetryOptions(RetryPolicyType.FIXED, 1, (Integer) null, null, null, null));
        try {
            switch ((StoreCredentials.OfAzure) settings.credentials()) {
                case StoreCredentials.AccountKey(String key) -> {
                    // The SDK would notice a wrong one only when it signs.
                    Base64.getDecoder().decode(key);
                    builder.credential(new StorageSharedKeyCredential(type.account(), key));
                }
                case StoreCredentials.SharedAccessSignature(String token) -> builder.sasToken(token);
                case StoreCredentials.AzureIdentity(String clientId) ->
                    builder.addPolicy(new BearerTokens(IdentityTokens.of(clientId, System::getenv)));
                case StoreCredentials.Anonymous _ -> {}
            }
            return builder.buildClient();
        } catch (IllegalArgumentException e) {
            throw FailureException.permanent("%s can't be used: the client of Azure refuses its settings: %s"
                    .formatted(settings, e.getMessage()));
        }
    }
}
