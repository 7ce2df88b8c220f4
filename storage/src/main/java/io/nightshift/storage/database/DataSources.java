package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// The data sources and the Iceberg catalogs that a node knows, by name.
///
/// @param byName the data sources
/// @param catalogs the Iceberg catalogs
public record DataSources(Map<String, DataSourceSettings> byName, Map<String, CatalogSettings> catalogs) {

    public static final DataSources NONE = new DataSources(Map.of());

    public DataSources {
        byName = Collections.unmodifiableMap(new TreeMap<>(byName));
        catalogs = Collections.unmodifiableMap(new TreeMap<>(catalogs));
    }

    /// Without catalogs.
    public DataSources(Map<String, DataSourceSettings> byName) {
        this(byName, Map.of());
    }

    /// @throws FailureException permanent, where there is none of this name
    public DataSourceSettings get(String name) {
        DataSourceSettings settings = byName.get(name);
        if (settings == null) {
            throw unknown("data source", name, byName.keySet(), "nightshift.data-sources");
        }
        return settings;
    }

    /// @throws FailureException permanent, where there is none of this name
    public CatalogSettings catalog(String name) {
        CatalogSettings settings = catalogs.get(name);
        if (settings == null) {
            throw unknown("catalog", name, catalogs.keySet(), "nightshift.catalogs");
        }
        return settings;
    }

    private static FailureException unknown(String what, String name, Set<String> known, String section) {
        String near = NameSuggestion.closest(name, known);
        String hint = near != null
                ? "did you mean \"%s\"?".formatted(near)
                : known.isEmpty()
                        ? "the node's configuration names none (%s)".formatted(section)
                        : "there is " + String.join(", ", known);
        return FailureException.permanent("there is no %s \"%s\"; %s".formatted(what, name, hint));
    }

    /// @throws FailureException permanent, where there is none of this name, or it is another database
    public DataSourceSettings postgresql(String name) {
        return get(name, DataSourceSettings.POSTGRESQL, "PostgreSQL");
    }

    /// @throws FailureException permanent, where there is none of this name, or it is another database
    public DataSourceSettings mariadb(String name) {
        return get(name, DataSourceSettings.MARIADB, "MariaDB or MySQL");
    }

    /// @throws FailureException permanent, where there is none of this name, or it is a database
    public DataSourceSettings redis(String name) {
        DataSourceSettings settings = get(name);
        if (!settings.isRedis()) {
            throw FailureException.permanent("%s is not a Redis or Valkey server".formatted(settings));
        }
        return settings;
    }

    private DataSourceSettings get(String name, String url, String database) {
        DataSourceSettings settings = get(name);
        if (!settings.url().startsWith(url)) {
            throw FailureException.permanent("%s is not a %s database".formatted(settings, database));
        }
        return settings;
    }
}
