package io.nightshift.storage.objectstore;

import io.nightshift.protocol.job.ObjectScheme;
import org.jspecify.annotations.Nullable;

/// The protocol of a store, and what only this protocol needs.
public sealed interface StoreType {

    /// Whether an address may be in a store of this type.
    boolean has(ObjectAddress address);

    /// The module that speaks the protocol.
    String module();

    /// The scheme that addresses need, if they name no account.
    ObjectScheme scheme();

    /// The name of [StoredObject#tag] in messages.
    default String tagName() {
        return "ETag";
    }

    /// The API of Amazon S3.
    ///
    /// @param region null for what the AWS SDK finds, or `us-east-1` with an endpoint
    /// @param pathStyle whether requests name the bucket in the path instead of the host
    record S3(@Nullable String region, boolean pathStyle) implements StoreType {

        @Override
        public boolean has(ObjectAddress address) {
            return address.scheme() == ObjectScheme.S3;
        }

        @Override
        public String module() {
            return "nightshift-storage";
        }

        @Override
        public ObjectScheme scheme() {
            return ObjectScheme.S3;
        }
    }

    /// Google Cloud Storage.
    record Gcs() implements StoreType {

        @Override
        public boolean has(ObjectAddress address) {
            return address.scheme() == ObjectScheme.GS;
        }

        @Override
        public String module() {
            return "nightshift-gcs";
        }

        @Override
        public ObjectScheme scheme() {
            return ObjectScheme.GS;
        }

        @Override
        public String tagName() {
            return "generation";
        }
    }

    /// Azure Blob Storage.
    ///
    /// @param account the name of the storage account
    record Azure(String account) implements StoreType {

        @Override
        public boolean has(ObjectAddress address) {
            return (address.scheme() == ObjectScheme.AZ || address.scheme() == ObjectScheme.ABFSS)
                    && (address.account() == null || account.equals(address.account()));
        }

        @Override
        public String module() {
            return "nightshift-azure";
        }

        @Override
        public ObjectScheme scheme() {
            return ObjectScheme.AZ;
        }
    }
}
