package io.nightshift.storage.objectstore;

import org.jspecify.annotations.Nullable;

/// How a node signs its requests to a store. They stay on the node, and `toString` shows no secret.
public sealed interface StoreCredentials {

    /// The credentials that the AWS SDK finds: the environment, a web identity, the profiles in `~/.aws`, or the
    /// role of the container or machine.
    ///
    /// @param profile the profile of `~/.aws` to use, or null for the default
    record StandardChain(@Nullable String profile) implements StoreCredentials {}

    /// A key of a user.
    ///
    /// @param sessionToken of a temporary key, or null
    record Keys(
            String accessKeyId,
            String secretAccessKey,
            @Nullable String sessionToken) implements StoreCredentials {

        @Override
        public String toString() {
            return "an access key";
        }
    }

    /// A key of a storage account of Azure, in Base64.
    record AccountKey(String key) implements StoreCredentials {

        @Override
        public String toString() {
            return "an account key";
        }
    }

    /// A shared access signature of Azure.
    ///
    /// @param token the parameters of a query, without `?`
    record SharedAccessSignature(String token) implements StoreCredentials {

        @Override
        public String toString() {
            return "a shared access signature";
        }
    }

    /// The identity that Azure gives the pod or the machine.
    ///
    /// @param clientId of the identity; null for the one of the environment, or the only one
    record AzureIdentity(@Nullable String clientId) implements StoreCredentials {}

    /// Requests without a signature, for public buckets.
    record Anonymous() implements StoreCredentials {}
}
