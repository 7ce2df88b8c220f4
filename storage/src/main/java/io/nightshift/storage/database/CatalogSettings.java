package io.nightshift.storage.database;

import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The address and credentials of an Iceberg catalog. They stay on the node, as those of a [DataSourceSettings]
/// do, and no `toString` holds a secret.
public sealed interface CatalogSettings {

    /// The name by which jobs know it.
    String name();

    /// A folder of tables, with the layout of Iceberg's file system catalog. The name of the next version of a
    /// table's metadata is taken by a hard link, so one of two programs that commit at a time fails.
    ///
    /// @param warehouse the folder, absolute
    record Folder(String name, Path warehouse) implements CatalogSettings {
        @Override
        public String toString() {
            return "catalog " + name;
        }
    }

    /// Tables that a PostgreSQL database lists, in the tables of Iceberg's JDBC catalog.
    ///
    /// @param dataSource the database's name in the configuration of the node
    /// @param warehouse the folder or the prefix of objects in which tables are made
    record Jdbc(String name, String dataSource, String warehouse) implements CatalogSettings {
        @Override
        public String toString() {
            return "catalog " + name;
        }
    }

    /// Tables of a server with Iceberg's REST protocol.
    ///
    /// @param uri of the server, without credentials
    /// @param warehouse as the server knows it; null for the server's own
    /// @param token a bearer token; null if there is none
    /// @param credential `id:secret` for a token by OAuth 2; null if there is none
    /// @param scope of the token by OAuth 2; null for the protocol's own
    /// @param tokenServer where tokens are got; null for the server itself
    record Rest(
            String name,
            URI uri,
            @Nullable String warehouse,
            @Nullable String token,
            @Nullable String credential,
            @Nullable String scope,
            @Nullable URI tokenServer)
            implements CatalogSettings {
        @Override
        public String toString() {
            return "catalog " + name;
        }
    }
}
