package io.nightshift.coordinator.http;

import io.nightshift.coordinator.gateway.Requests;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.registry.Registry;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.http.javadsl.model.ContentTypes;

/// All that can be asked of a node by HTTP.
public final class Routes {

    /// Threads that wait for the database, each with a connection of its own.
    private static final int READERS = 8;

    private Routes() {}

    /// @param node its name, `host:port`
    public static List<Endpoint> of(Requests requests, Ledger ledger, Registry registry, String node) {
        ExecutorService blocking = Executors.newFixedThreadPool(
                READERS, Thread.ofPlatform().daemon().name("http-", 1).factory());
        Batches batches = new Batches(requests, ledger, blocking);
        List<Endpoint> endpoints = new ArrayList<>();
        endpoints.addAll(new BatchRoutes(batches).endpoints());
        endpoints.addAll(new ChangeRoutes(requests, batches, blocking).endpoints());
        endpoints.addAll(new WatchRoute(batches).endpoints());
        endpoints.addAll(JobRoutes.endpoints(batches));
        endpoints.addAll(new ModelRoutes(registry, blocking).endpoints());
        endpoints.addAll(StatusPage.endpoints(batches, node));
        endpoints.add(openApi());
        return endpoints;
    }

    private static Endpoint openApi() {
        String document = resource("openapi.json");
        return Endpoint.get(
                "/v1/openapi.json",
                null,
                Set.of(),
                call -> CompletableFuture.completedFuture(
                        Responses.text(200, ContentTypes.APPLICATION_JSON, document)));
    }

    private static String resource(String name) {
        try (InputStream in = Objects.requireNonNull(Routes.class.getResourceAsStream(name), name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
