package io.nightshift.testing.database;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.iceberg.CatalogProperties;
import org.apache.iceberg.MetadataUpdate;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.AlreadyExistsException;
import org.apache.iceberg.exceptions.CommitFailedException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NotAuthorizedException;
import org.apache.iceberg.inmemory.InMemoryCatalog;
import org.apache.iceberg.rest.CatalogHandlers;
import org.apache.iceberg.rest.Endpoint;
import org.apache.iceberg.rest.RESTCatalogProperties.SnapshotMode;
import org.apache.iceberg.rest.RESTSerializers;
import org.apache.iceberg.rest.requests.CreateNamespaceRequest;
import org.apache.iceberg.rest.requests.CreateTableRequest;
import org.apache.iceberg.rest.requests.UpdateTableRequest;
import org.apache.iceberg.rest.responses.ConfigResponse;
import org.apache.iceberg.rest.responses.ErrorResponse;
import org.apache.iceberg.rest.responses.LoadTableResponse;
import org.jspecify.annotations.Nullable;

/// A server with Iceberg's REST protocol, by Iceberg's own handlers, over a catalog in memory. Its clients
/// write the files of the tables. It wants a token.
public final class IcebergServer implements AutoCloseable {

    /// The token that it takes.
    public static final String TOKEN = "a secret";

    private static final ObjectMapper JSON = new ObjectMapper()
            .setVisibility(PropertyAccessor.FIELD, JsonAutoDetect.Visibility.ANY)
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .setPropertyNamingStrategy(new PropertyNamingStrategies.KebabCaseStrategy());

    static {
        RESTSerializers.registerAll(JSON);
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final InMemoryCatalog catalog = new InMemoryCatalog();
    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile Runnable afterSnapshot = () -> {};
    private volatile boolean plansScans;

    /// @param warehouse the folder of the tables
    public IcebergServer(Path warehouse) throws IOException {
        this("file://" + warehouse);
    }

    /// @param warehouse where the tables are, as Iceberg has it
    public IcebergServer(String warehouse) throws IOException {
        catalog.initialize("server", Map.of(CatalogProperties.WAREHOUSE_LOCATION, warehouse));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    public URI uri() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    /// The answers of so many commits are lost: the server commits, and fails.
    public void loseAnswers(int commits) {
        lost.set(commits);
    }

    /// So many commits fail before anything is done.
    public void refuse(int commits) {
        refused.set(commits);
    }

    /// Does something after each commit of a snapshot, before the server answers.
    public void afterSnapshot(Runnable action) {
        afterSnapshot = action;
    }

    /// A table as it is now.
    public Table table(String name) {
        return catalog.loadTable(TableIdentifier.parse(name));
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Object answer = null;
            int status = 200;
            try {
                if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    throw new NotAuthorizedException("the token is wrong");
                }
                answer = handle(exchange);
            } catch (RuntimeException e) {
                status = status(e);
                answer = ErrorResponse.builder()
                        .responseCode(status)
                        .withType(e.getClass().getSimpleName())
                        .withMessage(e.getMessage())
                        .build();
            }
            byte[] body = answer == null ? new byte[0] : JSON.writeValueAsBytes(answer);
            boolean isHead = exchange.getRequestMethod().equals("HEAD");
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer == null ? 204 : status, isHead || body.length == 0 ? -1 : body.length);
            if (!isHead && body.length > 0) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private static int status(RuntimeException e) {
        return switch (e) {
            case NotAuthorizedException _ -> 401;
            case NoSuchTableException _, NoSuchNamespaceException _ -> 404;
            case AlreadyExistsException _, CommitFailedException _ -> 409;
            case IllegalArgumentException _ -> 400;
            default -> 500;
        };
    }

    private @Nullable Object handle(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        String[] path = exchange.getRequestURI().getPath().substring(1).split("/", -1);
        if (path[1].equals("config")) {
            return plansScans
                    ? ConfigResponse.builder()
                            .withEndpoints(List.of(Endpoint.V1_LOAD_TABLE, Endpoint.V1_SUBMIT_TABLE_SCAN_PLAN))
                            .build()
                    : ConfigResponse.builder().build();
        }
        if (path.length == 2) {
            return method.equals("POST")
                    ? CatalogHandlers.createNamespace(catalog, read(exchange, CreateNamespaceRequest.class))
                    : CatalogHandlers.listNamespaces(catalog, Namespace.empty());
        }
        Namespace namespace = Namespace.of(path[2].split("\u001f", -1));
        if (path.length == 3) {
            return CatalogHandlers.loadNamespace(catalog, namespace);
        }
        if (path.length == 4) {
            return method.equals("POST")
                    ? CatalogHandlers.createTable(catalog, namespace, read(exchange, CreateTableRequest.class))
                    : CatalogHandlers.listTables(catalog, namespace);
        }
        TableIdentifier table = TableIdentifier.of(namespace, path[4]);
        return method.equals("POST") ? commit(table, read(exchange, UpdateTableRequest.class)) : load(table);
    }

    private Object load(TableIdentifier table) {
        LoadTableResponse found = CatalogHandlers.loadTable(catalog, table, SnapshotMode.ALL);
        return plansScans
                ? LoadTableResponse.builder()
                        .withTableMetadata(found.tableMetadata())
                        .addConfig("scan-planning-mode", "server")
                        .build()
                : found;
    }

    /// From now on, clients have to let the server plan scans.
    public void planScans() {
        plansScans = true;
    }

    private Object commit(TableIdentifier table, UpdateTableRequest request) {
        if (refused.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("the server refuses");
        }
        Object answer = CatalogHandlers.updateTable(catalog, table, request);
        if (request.updates().stream().anyMatch(MetadataUpdate.AddSnapshot.class::isInstance)) {
            afterSnapshot.run();
        }
        if (lost.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("the answer is lost");
        }
        return answer;
    }

    private static <T> T read(HttpExchange exchange, Class<T> type) throws IOException {
        return JSON.readValue(exchange.getRequestBody().readAllBytes(), type);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
