package io.nightshift.system.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// A server that implements the part of the Kubernetes API that lists pods, over TLS and for one token.
final class FakeKubernetesApi implements AutoCloseable {

    static final String NAMESPACE = "night";
    static final String TOKEN = "a-service-accounts-token";

    private static final String PODS = "/api/v1/namespaces/" + NAMESPACE + "/pods";

    /// A response of the API server 1.32 without the fields that no client here reads.
    private static final String POD = """
            {
              "metadata": {
                "name": "%1$s", "namespace": "night", "uid": "7a1c2b68-0f6e-4c3b-9a55-d0c1b1e5a4%2$s",
                "creationTimestamp": "2026-11-24T00:00:00Z",
                "labels": {"app.kubernetes.io/name": "nightshift", "app.kubernetes.io/component": "coordinator"}
              },
              "spec": {
                "serviceAccountName": "nightshift", "nodeName": "machine-1", "restartPolicy": "Always",
                "containers": [{
                  "name": "node", "image": "nightshift:0.1.0",
                  "ports": [
                    {"name": "node", "containerPort": 7355, "protocol": "TCP"},
                    {"name": "http", "containerPort": 7380, "protocol": "TCP"}
                  ]
                }]
              },
              "status": {
                "phase": "%3$s",
                "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-24T00:00:01Z"}],
                "hostIP": "10.20.0.11", "podIP": "10.244.1.%2$s", "podIPs": [{"ip": "10.244.1.%2$s"}],
                "containerStatuses": [{
                  "name": "node", "ready": false, "restartCount": 0, "started": false,
                  "image": "nightshift:0.1.0", "imageID": "",
                  "state": {"running": {"startedAt": "2026-11-24T00:00:01Z"}}
                }]
              }
            }
            """;

    private final HttpsServer server;
    private volatile String selector = "";
    private volatile int running;
    private volatile boolean isForbidden;

    FakeKubernetesApi(TlsFiles files) throws IOException {
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(files.context()));
        server.createContext("/", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /// Sets the number of running pods. The list always has one more pod, which does not run.
    void run(int pods) {
        running = pods;
    }

    /// Sets whether the token lacks the right to list pods.
    void forbid(boolean forbidden) {
        isForbidden = forbidden;
    }

    /// The label selector of the last request.
    String selector() {
        return selector;
    }

    private void answer(HttpExchange exchange) throws IOException {
        boolean isKnown =
                ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
        String path = exchange.getRequestURI().getPath();
        if (!isKnown || !path.equals(PODS)) {
            send(exchange, isKnown ? 404 : 401, status(isKnown ? "NotFound" : "Unauthorized"));
        } else if (isForbidden) {
            send(exchange, 403, status("Forbidden"));
        } else {
            String query = String.valueOf(exchange.getRequestURI().getRawQuery());
            selector = URLDecoder.decode(query.replaceFirst("^labelSelector=", ""), StandardCharsets.UTF_8);
            send(exchange, 200, pods());
        }
    }

    private String pods() {
        List<String> pods = new ArrayList<>(List.of(POD.formatted("nightshift-coordinator-9", "99", "Pending")));
        for (int i = 0; i < running; i++) {
            pods.add(POD.formatted("nightshift-coordinator-" + i, 10 + i, "Running"));
        }
        return """
                {"kind": "PodList", "apiVersion": "v1", "metadata": {"resourceVersion": "41822"}, "items": [%s]}
                """.formatted(pods.stream().collect(Collectors.joining(",")));
    }

    private static String status(String reason) {
        return """
                {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "%s"}
                """.formatted(reason);
    }

    private static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
