package io.nightshift.system.http;

import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.coordinator.verification.Proof;
import io.nightshift.coordinator.verification.Verification;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.EmbeddedNode;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.Node;
import io.nightshift.node.alert.AlertConfiguration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.SubmissionQueue;
import io.nightshift.node.http.Endpoint;
import io.nightshift.node.metrics.NodeMetrics;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.PlanLimits;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.job.JobText;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.testing.FlightsJob;
import io.nightshift.worker.ScoringThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/// An embedded node in this process that serves HTTP. Its cluster has one member and its ledger is embedded.
public final class HttpNode implements AutoCloseable {

    private final ExecutorService background = Executors.newCachedThreadPool();
    private final EmbeddedLedger ledger;
    private final DataSources destinations;
    private final DuckDbLoader duckDb;
    private final Node node;
    private final HttpClient client = HttpClient.newHttpClient();
    public final int port;
    /// The token of the home folder, if no others are configured.
    private final @Nullable String token;
    final ModelRegistry registry;
    public final List<Endpoint> endpoints;

    public HttpNode(Path home, HttpSettings settings) {
        this(home, settings, SubmissionQueue.Limits.DEFAULT);
    }

    HttpNode(Path home, HttpSettings settings, SubmissionQueue.Limits admission) {
        this(home, settings, admission, AlertConfiguration.NONE);
    }

    HttpNode(Path home, HttpSettings settings, SubmissionQueue.Limits admission, AlertConfiguration alerts) {
        this(home, settings, admission, alerts, new DataSources(Map.of()));
    }

    /// @param dataSources that jobs may name
    public HttpNode(Path home, HttpSettings settings, DataSources dataSources) {
        this(home, settings, SubmissionQueue.Limits.DEFAULT, AlertConfiguration.NONE, dataSources);
    }

    private HttpNode(
            Path home,
            HttpSettings settings,
            SubmissionQueue.Limits admission,
            AlertConfiguration alerts,
            DataSources dataSources) {
        destinations = dataSources;
        ledger = EmbeddedLedger.open(home);
        duckDb = DuckDbLoader.open(128L << 20, home.resolve("spill"), FileRoots.UNRESTRICTED, background);
        registry = new ModelRegistry(home);
        node = EmbeddedNode.start(new Node.Dependencies(
                ledger.ledger(),
                duckDb,
                FileRoots.UNRESTRICTED,
                ObjectCopies.none(),
                new ModelCache(registry),
                dataSources,
                new ScoringThreads(2),
                512L << 20,
                NodeMetrics.begin(null, "node:1", Prices.NONE),
                null,
                alerts,
                null,
                MlflowModels.none()));
        GatewayAccess access = node.access(settings, home);
        token = LocalToken.find(home);
        endpoints = node.open(
                access,
                new SubmissionResolver(
                        ModelPlaces.of(registry),
                        new Destinations(duckDb, dataSources),
                        2,
                        MemoryBudget.budget(),
                        PlanLimits.LARGEST,
                        alerts.names()),
                admission,
                registry,
                Prices.NONE);
        port = node.answer(settings, access, endpoints);
    }

    /// The text of a job as a client sends it, with absolute paths.
    ///
    /// @param overrides as in `--set`
    public static String jobText(FlightsJob job, String... overrides) throws IOException {
        return JobText.of(JobFile.parse(Files.readAllBytes(job.file()), job.file(), List.of(overrides)));
    }

    /// The events of a batch.
    public List<BatchEvent> events(String batch) {
        List<BatchEvent> events = new ArrayList<>();
        ledger.ledger().forEach(new BatchId(batch), (number, entry) -> events.add(entry.event()));
        return events;
    }

    /// Verifies a batch, as `batch verify` does.
    public Proof verify(String batch) {
        return new Verification(ledger.ledger(), new Destinations(duckDb, destinations), finding -> {})
                .prove(new BatchId(batch));
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /// The header with the token of the home folder, or an empty text.
    public String authorization() {
        return token == null ? "" : "Authorization: Bearer " + token + "\r\n";
    }

    /// A request with the token of the home folder, if no others are configured.
    HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
        return token == null ? request : request.header("Authorization", "Bearer " + token);
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> get(String path, String... headers) {
        HttpRequest.Builder request = request(path);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    /// @param body JSON, or an empty text for no body
    HttpResponse<String> post(String path, String body, String... headers) {
        HttpRequest.Builder request = request(path)
                .POST(body.isEmpty() ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request.build());
    }

    @Override
    public void close() {
        client.shutdownNow();
        node.stop();
        duckDb.get().close();
        ledger.close();
        background.shutdownNow();
    }
}
