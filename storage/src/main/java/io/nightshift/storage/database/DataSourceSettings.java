package io.nightshift.storage.database;

import org.jspecify.annotations.Nullable;

/// The address and credentials of a database. They stay on the node: no job, message or event carries them,
/// and [#toString] holds no secret.
///
/// @param name by which jobs know it
/// @param url a JDBC URL without credentials
/// @param user null: the driver's default
/// @param password null: none, or what the driver finds by itself (`.pgpass`)
/// @param maxConnections that a node reads a source by at a time; 0: as many as it has scoring threads
public record DataSourceSettings(
        String name,
        String url,
        @Nullable String user,
        @Nullable String password,
        int maxConnections) {

    /// Begins the URL of a PostgreSQL database.
    public static final String POSTGRESQL = "jdbc:postgresql:";

    /// Begins the URL of a MariaDB or MySQL database.
    public static final String MARIADB = "jdbc:mariadb:";

    /// Begins the URL of a Redis or Valkey server, without TLS and with it.
    public static final String REDIS = "redis://";

    public static final String REDIS_TLS = "rediss://";

    /// Whether it is a Redis or Valkey server.
    public boolean isRedis() {
        return url.startsWith(REDIS) || url.startsWith(REDIS_TLS);
    }

    /// A database that a node reads by as many connections as it has scoring threads.
    public DataSourceSettings(String name, String url, @Nullable String user, @Nullable String password) {
        this(name, url, user, password, 0);
    }

    @Override
    public String toString() {
        return "data source " + name;
    }
}
