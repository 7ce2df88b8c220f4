package io.nightshift.storage.database;

import org.jspecify.annotations.Nullable;

/// The address and credentials of a database. They stay on the node: no job, message or event carries them,
/// and [#toString] holds no secret.
///
/// @param name by which jobs know it
/// @param url a JDBC URL without credentials
/// @param user null: the driver's default
/// @param password null: none, or what the driver finds by itself (`.pgpass`)
public record DataSourceSettings(
        String name,
        String url,
        @Nullable String user,
        @Nullable String password) {

    /// Begins the URL of a PostgreSQL database.
    public static final String POSTGRESQL = "jdbc:postgresql:";

    @Override
    public String toString() {
        return "data source " + name;
    }
}
