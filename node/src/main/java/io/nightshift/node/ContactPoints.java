package io.nightshift.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.node.configuration.KubernetesSettings;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the Kubernetes API whether enough pods run for a node to form a cluster. Not safe for several
/// threads.
final class ContactPoints {

    private static final Logger LOG = LoggerFactory.getLogger(ContactPoints.class);

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final KubernetesSettings settings;
    private final String api;
    private String reported = "";

    /// @param environment the environment of a pod's container, which says where the API is
    ContactPoints(KubernetesSettings settings, Map<String, String> environment) {
        this.settings = settings;
        String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "kubernetes.default.svc");
        this.api = "https://%s:%s"
                .formatted(
                        host.contains(":") ? "[" + host + "]" : host,
                        environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443"));
    }

    /// Waits for the API's answer. The reason for a negative answer is logged when it changes.
    boolean areEnough() {
        try {
            long running = runningPods();
            if (running >= settings.requiredContactPoints()) {
                return true;
            }
            report("%d of the %d pods that are required run".formatted(running, settings.requiredContactPoints()));
        } catch (IOException | FailureException e) {
            String message = e.getMessage();
            report("the Kubernetes API can't be asked for pods: "
                    + (message == null ? e.getClass().getSimpleName() : message));
        }
        return false;
    }

    /// Reads the service account's files each time, because Kubernetes replaces them.
    private long runningPods() throws IOException {
        String namespace = settings.namespace() == null ? accountFile("namespace") : settings.namespace();
        String selector = URLEncoder.encode(settings.podLabelSelector(), StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create("%s/api/v1/namespaces/%s/pods?labelSelector=%s".formatted(api, namespace, selector)))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + accountFile("token"))
                .build();
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(TlsFiles.trusting(settings.serviceAccount().resolve("ca.crt")))
                .connectTimeout(TIMEOUT)
                .build()) {
            HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) {
                throw new IOException(reason(response));
            }
            JsonNode pods = JSON.readTree(response.body()).path("items");
            return StreamSupport.stream(pods.spliterator(), false)
                    .filter(ContactPoints::isRunning)
                    .count();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private String accountFile(String name) throws IOException {
        return Files.readString(settings.serviceAccount().resolve(name)).strip();
    }

    /// Not ready, since a pod is ready only in a cluster.
    private static boolean isRunning(JsonNode pod) {
        return pod.at("/status/phase").asText().equals("Running")
                && pod.at("/metadata/deletionTimestamp").isMissingNode();
    }

    /// The API's word for what is wrong, such as `Forbidden`.
    private static String reason(HttpResponse<byte[]> response) {
        String status = "status " + response.statusCode();
        try {
            return JSON.readTree(response.body()).path("reason").asText(status);
        } catch (IOException noJson) {
            return status;
        }
    }

    private void report(String reason) {
        if (!reason.equals(reported)) {
            reported = reason;
            LOG.info("this node forms no cluster yet: {}", reason);
        }
    }
}
