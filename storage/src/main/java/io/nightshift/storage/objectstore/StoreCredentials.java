package io.nightshift.storage.objectstore;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How a node signs its requests to a store. They stay on the node, and `toString` shows no secret.
public sealed interface StoreCredentials {

    /// For S3.
    sealed interface OfS3 extends StoreCredentials {}

    /// For Azure Blob Storage.
    sealed interface OfAzure extends StoreCredentials {}

    /// For Google Cloud Storage.
    sealed interface OfGcs extends StoreCredentials {}

    /// The credentials that the AWS SDK finds: the environment, a web identity, the profiles in `~/.aws`, or the
    /// role of the container or machine.
    ///
    /// @param profile the profile of `~/.aws` to use, or null for the default
    record StandardChain(@Nullable String profile) implements OfS3 {}

    /// A key of a user.
    ///
    /// @param sessionToken of a temporary key, or null
    record Keys(
            String accessKeyId,
            String secretAccessKey,
            @Nullable String sessionToken) implements OfS3 {

        @Override
        public String toString() {
            return "an access key";
        }
    }

    /// A key of a storage account of Azure, in Base64.
    record AccountKey(String key) implements OfAzure {

        @Override
        public String toString() {
            return "an account key";
        }
    }

    /// A shared access signature of Azure.
    ///
    /// @param token the parameters of a query, without `?`
    record SharedAccessSignature(String token) implements OfAzure {

        @Override
        public String toString() {
            return "a shared access signature";
        }
    }

    /// The identity that Azure gives the pod or the machine.
    ///
    /// @param clientId of the identity; null for the one of the environment, or the only one
    record AzureIdentity(@Nullable String clientId) implements OfAzure {}

    /// The credentials that Google's programs find: a file that `GOOGLE_APPLICATION_CREDENTIALS` names, the file of
    /// `gcloud`, or the identity that Google gives the pod or the machine.
    ///
    /// @param file with a key or an identity, instead of those; may be null
    record GoogleCredentials(@Nullable Path file) implements OfGcs {}

    /// Requests without a signature, for public buckets.
    record Anonymous() implements OfS3, OfAzure, OfGcs {}
}
