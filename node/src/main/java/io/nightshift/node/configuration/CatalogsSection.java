package io.nightshift.node.configuration;

import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.catalogs`: the Iceberg catalogs that jobs may name.
final class CatalogsSection {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");
    private static final URI NOWHERE = URI.create("http://localhost");
    private static final List<String> DATA_SOURCE = List.of("data-source");
    private static final List<String> REST_KEYS =
            List.of("uri", "token", "token-file", "credential", "credential-file", "scope", "token-uri");

    private CatalogsSection() {}

    /// @param dataSources of the same configuration
    static Map<String, CatalogSettings> read(
            ConfigurationSection catalogs, Map<String, DataSourceSettings> dataSources) {
        Map<String, CatalogSettings> byName = new HashMap<>();
        for (String name : catalogs.names()) {
            if (!NAME.matcher(name).matches()) {
                catalogs.mistake(
                        name, "is not a valid name of a catalog; use at most 63 lower-case letters, digits, - and _");
            }
            byName.put(name, catalog(name, catalogs.section(name), dataSources));
        }
        catalogs.end();
        return byName;
    }

    private static CatalogSettings catalog(
            String name, ConfigurationSection section, Map<String, DataSourceSettings> dataSources) {
        String type = section.text(
                "type",
                KeyMeaning.of("`folder`: a folder that all nodes see, with the layout of Iceberg's file system catalog;"
                        + " only Nightshift may write its tables. `jdbc`: a PostgreSQL database with the tables of"
                        + " Iceberg's JDBC catalog. `rest`: a server with Iceberg's REST protocol."));
        String warehouse = section.textOrNull(
                "warehouse",
                KeyMeaning.of(
                        "path or address",
                        "Where new tables are created. With the type `folder`: a folder. With `jdbc`: a folder that all nodes"
                                + " see, or a prefix of objects such as `s3://lake/warehouse`. With `rest`: the warehouse by"
                                + " the name that the server knows, if it needs one."));
        String dataSource = section.textOrNull(
                "data-source",
                KeyMeaning.of(
                        "The database of a catalog of the type `jdbc`, by its name in `nightshift.data-sources`."));
        URI uri = uri(section, "uri", "The address of the server of a catalog of the type `rest`.");
        String token =
                ObjectSettings.secret(section, "token", "A bearer token for the server. Preferably, use `${?NAME}`.");
        String credential = ObjectSettings.secret(
                section,
                "credential",
                "`id:secret`, for which the server gives tokens by OAuth 2. Preferably, use `${?NAME}`.");
        String scope = section.textOrNull("scope", KeyMeaning.of("The scope of the tokens that `credential` gets."));
        URI tokenServer = uri(
                section,
                "token-uri",
                "The address that gives tokens for `credential`. Without this key: that of the catalog itself.");
        boolean isPlainAllowed = PlainConnections.allowsHttp(section);
        PlainConnections.checkHttp(section, "uri", uri, isPlainAllowed);
        PlainConnections.checkHttp(section, "token-uri", tokenServer, isPlainAllowed);
        if (token != null && credential != null) {
            section.mistake("credential", "is given together with token; remove one of them");
        }
        section.end();
        return switch (type) {
            case "folder" -> {
                refuse(section, "folder", REST_KEYS);
                refuse(section, "folder", DATA_SOURCE);
                yield new CatalogSettings.Folder(name, folder(section, warehouse));
            }
            case "jdbc" -> {
                refuse(section, "jdbc", REST_KEYS);
                yield new CatalogSettings.Jdbc(
                        name,
                        database(section, dataSource, dataSources),
                        warehouse != null && ObjectAddress.isAddress(warehouse)
                                ? warehouse
                                : "file://" + folder(section, warehouse));
            }
            case "rest" -> {
                refuse(section, "rest", DATA_SOURCE);
                if (!section.has("uri")) {
                    section.mistake("uri", "missing; name the address of the server");
                }
                yield new CatalogSettings.Rest(
                        name, uri == null ? NOWHERE : uri, warehouse, token, credential, scope, tokenServer);
            }
            default -> {
                section.mistake("type", "expected folder, jdbc or rest");
                yield new CatalogSettings.Folder(name, Path.of(""));
            }
        };
    }

    private static void refuse(ConfigurationSection section, String type, List<String> keys) {
        for (String key : keys) {
            if (section.has(key)) {
                section.mistake(key, "is not a key of a catalog of the type " + type);
            }
        }
    }

    private static Path folder(ConfigurationSection section, @Nullable String warehouse) {
        if (warehouse == null) {
            section.mistake("warehouse", "missing; name the folder in which tables are made");
        } else if (ObjectAddress.isAddress(warehouse)) {
            section.mistake("warehouse", "expected a folder; use the type jdbc for tables in an object store");
        }
        return section.resolve(warehouse == null ? "" : warehouse).normalize();
    }

    private static String database(
            ConfigurationSection section, @Nullable String dataSource, Map<String, DataSourceSettings> dataSources) {
        DataSourceSettings settings = dataSource == null ? null : dataSources.get(dataSource);
        if (settings == null) {
            section.mistake(
                    "data-source",
                    dataSource == null
                            ? "missing; name the database with the catalog"
                            : "nightshift.data-sources has no data source of this name");
        } else if (!settings.url().startsWith(DataSourceSettings.POSTGRESQL)) {
            section.mistake("data-source", "expected a PostgreSQL database");
        }
        return dataSource == null ? "" : dataSource;
    }

    private static @Nullable URI uri(ConfigurationSection section, String key, String meaning) {
        String text = section.textOrNull(key, KeyMeaning.of("URL", meaning));
        if (text == null) {
            return null;
        }
        try {
            URI uri = URI.create(text);
            boolean isHttp = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (isHttp && uri.getHost() != null && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException _) {
            // Reported below.
        }
        section.mistake(key, "expected a URL such as https://catalog.example.org, without credentials");
        return null;
    }
}
