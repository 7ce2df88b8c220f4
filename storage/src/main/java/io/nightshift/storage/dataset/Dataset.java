package io.nightshift.storage.dataset;

import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/// The name of a dataset by the naming rules of OpenLineage, so that a catalogue finds the same data under the name
/// that other programs give it.
///
/// @param namespace where the data is, such as `s3://lake` or `postgres://db.example.com:5432`
/// @param name of the data there
public record Dataset(String namespace, String name) {

    private static final String DISK = "file";

    /// Files in a folder, or below a prefix of an object store.
    ///
    /// @param path absolute, or `s3://bucket/prefix`
    public static Dataset ofFiles(String path) {
        if (ObjectAddress.isAddress(path)) {
            ObjectAddress address = ObjectAddress.of(path);
            return new Dataset(address.root(), address.key());
        }
        return new Dataset(DISK, path);
    }

    /// Whether the name is a path.
    public boolean isOfFiles() {
        return namespace.equals(DISK) || ObjectAddress.isAddress(namespace);
    }

    /// A table of PostgreSQL, MariaDB or MySQL.
    ///
    /// @param schema null for that of the table's name, or the database's own
    /// @param table null for a query
    public static Dataset ofTable(DataSourceSettings settings, @Nullable String schema, @Nullable String table) {
        boolean isPostgres = settings.url().startsWith(DataSourceSettings.POSTGRESQL);
        URI url = URI.create(settings.url().substring("jdbc:".length()));
        String host = url.getRawAuthority() == null
                ? "localhost"
                : url.getRawAuthority().split(",", 2)[0];
        String authority = host.matches(".*:\\d+") ? host : host + (isPostgres ? ":5432" : ":3306");
        String path = url.getPath() == null ? "" : url.getPath();
        String database = path.length() > 1 ? path.substring(1) : isPostgres ? "postgres" : "";
        return new Dataset(
                (isPostgres ? "postgres://" : "mysql://") + authority, qualified(isPostgres, database, schema, table));
    }

    private static String qualified(
            boolean isPostgres, String database, @Nullable String schema, @Nullable String table) {
        if (table == null) {
            return database;
        }
        boolean hasSchema = schema == null && table.contains(".");
        if (isPostgres) {
            return database + "." + (hasSchema ? table : (schema == null ? "public" : schema) + "." + table);
        }
        // What PostgreSQL calls a schema, MariaDB and MySQL call a database.
        return hasSchema ? table : (schema == null ? database : schema) + "." + table;
    }
}
