package io.nightshift.iceberg;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.endpoint.EndpointWait;
import io.nightshift.storage.filesystem.Folders;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Catalog;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SessionCatalog.SessionContext;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.exceptions.ValidationException;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.jdbc.JdbcCatalog;
import org.apache.iceberg.rest.HTTPClient;
import org.apache.iceberg.rest.RESTSessionCatalog;
import org.jspecify.annotations.Nullable;

/// An Iceberg catalog. Every call waits for the catalog, whose exceptions become failures. Safe for several
/// threads.
public final class OpenCatalog implements AutoCloseable {

    /// A connection without an answer for so long counts as broken, in seconds.
    private static final int SILENCE = 45;

    private static final int CONNECT = 10;

    /// The schemas that are kept.
    private static final int SCHEMAS = 64;

    /// Begins the SQL states of a wrong user or password.
    private static final String REFUSED = "28";

    private final CatalogSettings settings;
    private final Catalog catalog;
    private final SupportsNamespaces namespaces;
    private final Closeable resources;
    private final Map<String, Schema> schemas = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Schema> eldest) {
            return size() > SCHEMAS;
        }
    });

    private OpenCatalog(CatalogSettings settings, Catalog catalog, SupportsNamespaces namespaces, Closeable resources) {
        this.settings = settings;
        this.catalog = catalog;
        this.namespaces = namespaces;
        this.resources = resources;
    }

    /// @throws FailureException if the catalog can't be reached, or its settings don't fit
    static OpenCatalog open(CatalogSettings settings, DataSources dataSources, FileIO files) {
        return translating(settings, "the %s can't be opened".formatted(settings), () -> switch (settings) {
            case CatalogSettings.Folder folder -> folder(folder, files);
            case CatalogSettings.Jdbc jdbc -> jdbc(jdbc, dataSources, files);
            case CatalogSettings.Rest rest -> rest(rest, files);
        });
    }

    private static OpenCatalog folder(CatalogSettings.Folder settings, FileIO files) {
        FolderCatalog catalog = new FolderCatalog(settings.name(), settings.warehouse(), files);
        return new OpenCatalog(settings, catalog, catalog, () -> {});
    }

    private static OpenCatalog jdbc(CatalogSettings.Jdbc settings, DataSources dataSources, FileIO files) {
        DataSourceSettings database = dataSources.postgresql(settings.dataSource());
        Map<String, String> properties = new HashMap<>();
        properties.put(CatalogProperties.URI, database.url());
        properties.put(CatalogProperties.WAREHOUSE_LOCATION, settings.warehouse());
        properties.put(CatalogProperties.CLIENT_POOL_SIZE, "2");
        properties.put("jdbc.schema-version", "V1");
        properties.put("jdbc.ApplicationName", "nightshift");
        properties.put("jdbc.connectTimeout", String.valueOf(CONNECT));
        properties.put("jdbc.loginTimeout", String.valueOf(2 * CONNECT));
        properties.put("jdbc.socketTimeout", String.valueOf(SILENCE));
        properties.put("jdbc.tcpKeepAlive", "true");
        put(properties, "jdbc.user", database.user());
        put(properties, "jdbc.password", database.password());
        JdbcCatalog catalog = new JdbcCatalog(given -> files, given -> new CatalogConnections(database, given), true);
        catalog.initialize(settings.name(), properties);
        return new OpenCatalog(settings, catalog, catalog, catalog);
    }

    private static OpenCatalog rest(CatalogSettings.Rest settings, FileIO files) {
        Map<String, String> properties = new HashMap<>();
        properties.put(CatalogProperties.URI, settings.uri().toString());
        properties.put("rest.client.connection-timeout-ms", String.valueOf(CONNECT * 1000));
        properties.put("rest.client.socket-timeout-ms", String.valueOf(SILENCE * 1000));
        properties.put("rest-metrics-reporting-enabled", "false");
        put(properties, CatalogProperties.WAREHOUSE_LOCATION, settings.warehouse());
        put(properties, "token", settings.token());
        put(properties, "credential", settings.credential());
        put(properties, "scope", settings.scope());
        put(
                properties,
                "oauth2-server-uri",
                settings.tokenServer() == null ? null : settings.tokenServer().toString());
        RESTSessionCatalog sessions = new RESTSessionCatalog(
                given -> HTTPClient.builder(given)
                        .uri(given.get(CatalogProperties.URI))
                        .build(),
                (context, given) -> files);
        sessions.initialize(settings.name(), properties);
        Catalog catalog = sessions.asCatalog(SessionContext.createEmpty());
        return new OpenCatalog(settings, catalog, (SupportsNamespaces) catalog, sessions);
    }

    private static void put(Map<String, String> properties, String key, @Nullable String value) {
        if (value != null) {
            properties.put(key, value);
        }
    }

    public CatalogSettings settings() {
        return settings;
    }

    /// Looks whether the catalog can be used. Changes nothing.
    ///
    /// @return what it is, for people
    /// @throws FailureException if it can't be used
    public String probe() {
        if (settings instanceof CatalogSettings.Folder folder) {
            Folders.obstacle(folder.warehouse()).ifPresent(obstacle -> {
                throw FailureException.permanent(obstacle);
            });
        }
        return call("the namespaces can't be listed", () -> {
            boolean isNew = settings instanceof CatalogSettings.Folder folder && !Files.exists(folder.warehouse());
            return "it has %d namespaces"
                    .formatted(isNew ? 0 : namespaces.listNamespaces().size());
        });
    }

    /// A table as it is now; nothing if there is none.
    ///
    /// @throws FailureException if the catalog can't be reached
    public Optional<TableOperations> find(TableIdentifier table) {
        return call("%s can't be read".formatted(table), () -> {
            try {
                return Optional.of(operations(catalog.loadTable(table)));
            } catch (NoSuchTableException | NoSuchNamespaceException absent) {
                return Optional.empty();
            }
        });
    }

    /// A table as it is now, to plan a scan of it; nothing if there is none.
    ///
    /// @throws FailureException if the catalog can't be reached; permanent, if it plans scans itself
    public Optional<Table> load(TableIdentifier table) {
        return call("%s can't be read".formatted(table), () -> {
            try {
                Table found = catalog.loadTable(table);
                if (found.getClass() != BaseTable.class) {
                    throw FailureException.permanent(
                            "%s in the %s can't be read, because the catalog demands to plan scans itself, for example to filter rows or columns. Nightshift does not read around that"
                                    .formatted(table, settings));
                }
                return Optional.of(found);
            } catch (NoSuchTableException | NoSuchNamespaceException absent) {
                return Optional.empty();
            }
        });
    }

    /// The folder of a table, where the catalog is a folder; nothing for other catalogs.
    public Optional<Path> folder(TableIdentifier table) {
        return catalog instanceof FolderCatalog folder ? Optional.of(folder.folder(table)) : Optional.empty();
    }

    /// The schema of a table as it was when it was first asked for under a key; nothing if there is no table.
    ///
    /// @throws FailureException if the catalog can't be reached
    public Optional<Schema> schema(TableIdentifier table, String key) {
        String kept = table + " " + key;
        Schema known = schemas.get(kept);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<Schema> found =
                find(table).map(operations -> operations.current().schema());
        found.ifPresent(schema -> schemas.put(kept, schema));
        return found;
    }

    private static TableOperations operations(Table table) {
        return ((BaseTable) table).operations();
    }

    /// Makes a table with its namespace. If another process has made it meanwhile, that one is returned.
    ///
    /// @throws FailureException if it can't be made
    public TableOperations create(
            TableIdentifier table, Schema schema, PartitionSpec spec, Map<String, String> properties) {
        return call("%s can't be created".formatted(table), () -> {
            createNamespaces(table.namespace());
            try {
                return operations(catalog.buildTable(table, schema)
                        .withPartitionSpec(spec)
                        .withProperties(new LinkedHashMap<>(properties))
                        .create());
            } catch (AlreadyExistsException _) {
                return operations(catalog.loadTable(table));
            }
        });
    }

    private void createNamespaces(Namespace namespace) {
        if (namespaces.namespaceExists(namespace)) {
            return;
        }
        for (int length = 1; length <= namespace.length(); length++) {
            Namespace level = Namespace.of(Arrays.copyOf(namespace.levels(), length));
            try {
                if (!namespaces.namespaceExists(level)) {
                    namespaces.createNamespace(level, new HashMap<>());
                }
            } catch (AlreadyExistsException _) {
                // Another process has made it meanwhile.
            }
        }
    }

    /// Does something with a table of the catalog.
    ///
    /// @param doing the beginning of the message if it fails
    /// @throws FailureException instead of Iceberg's exceptions
    public <T> T call(String doing, Supplier<T> work) {
        return translating(settings, doing + " in the " + settings, work);
    }

    private static <T> T translating(CatalogSettings settings, String doing, Supplier<T> work) {
        try (EndpointWait _ = EndpointWait.begin(settings.toString())) {
            return work.get();
        } catch (FailureException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new FailureException(failure(settings, doing + ": " + reason(e), e), e);
        }
    }

    private static Failure failure(CatalogSettings settings, String message, RuntimeException e) {
        if (e.getCause() instanceof SQLException refusal
                && Objects.requireNonNullElse(refusal.getSQLState(), "").startsWith(REFUSED)) {
            return Failure.permanent(message);
        }
        return switch (e) {
            case NotAuthorizedException _, ForbiddenException _, BadRequestException _ -> Failure.permanent(message);
            case ValidationException _, IllegalArgumentException _, UnsupportedOperationException _ ->
                Failure.permanent(message);
            case UncheckedIOException _, NotFoundException _ ->
                Failure.of(FailedResource.Type.STORAGE, settings.toString(), message);
            default -> Failure.of(FailedResource.Type.DATABASE, settings.toString(), message);
        };
    }

    /// The messages of the exception and of its causes, such as those of a driver.
    private static String reason(Throwable e) {
        String message = first(e);
        Throwable cause = e.getCause();
        while (cause != null && !(cause instanceof SQLException) && !(cause instanceof IOException)) {
            cause = cause.getCause();
        }
        return cause == null || message.contains(first(cause)) ? message : message + ": " + first(cause);
    }

    private static String first(Throwable e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return message.lines().findFirst().orElse(message);
    }

    @Override
    public void close() {
        try {
            resources.close();
        } catch (IOException _) {
            // It is closed either way.
        }
    }
}
