package io.nightshift.storage.database;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.Map;
import java.util.TreeMap;

/// The data sources that a node knows, by name.
public record DataSources(Map<String, DataSourceSettings> byName) {

    public static final DataSources NONE = new DataSources(Map.of());

    public DataSources {
        byName = java.util.Collections.unmodifiableMap(new TreeMap<>(byName));
    }

    /// @throws FailureException permanent, where there is none of this name
    public DataSourceSettings get(String name) {
        DataSourceSettings settings = byName.get(name);
        if (settings == null) {
            String near = NameSuggestion.closest(name, byName.keySet());
            String hint = near != null
                    ? "did you mean \"%s\"?".formatted(near)
                    : byName.isEmpty()
                            ? "the node's configuration names none (nightshift.data-sources)"
                            : "there is " + String.join(", ", byName.keySet());
            throw FailureException.permanent("there is no data source \"%s\"; %s".formatted(name, hint));
        }
        return settings;
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
