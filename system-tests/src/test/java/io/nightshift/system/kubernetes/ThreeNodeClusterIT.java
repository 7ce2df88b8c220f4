package io.nightshift.system.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Probe;
import io.nightshift.k8s.Manifests;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.tls.TlsFiles;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Two coordinators and a worker, started from the distribution as the image and the manifests start them,
/// with the ConfigMap's configuration. Three things differ from Kubernetes: the addresses (Linux has many on
/// loopback), the folders, and the API server.
@EnabledOnOs(OS.LINUX)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ThreeNodeClusterIT {

    private static final Duration SOON = Duration.ofMinutes(2);
    private static final int HTTP = 7380;
    private static final String TOKEN = "who-holds-this-may-submit";
    private static final List<String> NODES =
            List.of("nightshift-coordinator", "nightshift-coordinator", "nightshift-worker");

    /// A network of its own for each test process, since all nodes listen on the same ports.
    private static final String NETWORK = "127.%d.%d."
            .formatted(
                    ThreadLocalRandom.current().nextInt(1, 250),
                    ThreadLocalRandom.current().nextInt(250));

    @TempDir
    static Path folder;

    private static EmbeddedPostgres postgres;
    private static FakeKubernetesApi api;
    private static final List<LocalPod> PODS = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        postgres = PostgresServer.startEmbedded();
        Path certificates = certificates("nightshift-node", "nightshift", "127.0.0.1");
        api = new FakeKubernetesApi(new TlsFiles(
                certificates.resolve("127.0.0.1.pem"),
                certificates.resolve("127.0.0.1.key"),
                certificates.resolve("ca.pem")));
        api.run(1);
        Path account = Files.createDirectories(folder.resolve("serviceaccount"));
        Files.copy(certificates.resolve("ca.pem"), account.resolve("ca.crt"));
        Files.writeString(account.resolve("token"), FakeKubernetesApi.TOKEN);
        Files.writeString(account.resolve("namespace"), FakeKubernetesApi.NAMESPACE);
        for (int i = 0; i < NODES.size(); i++) {
            Container container = container(NODES.get(i));
            LocalPod pod = new LocalPod(folder.resolve("pod-" + i), container);
            PODS.add(pod);
            secret(certificates, "nightshift-node", pod.volume("node-tls"));
            secret(certificates, "nightshift", pod.volume("http-tls"));
            Files.writeString(pod.volume("journal").resolve("password"), "any");
            Files.writeString(
                    pod.volume("tokens").resolve("tokens.conf"),
                    "tokens = [{ name = test, role = submit, sha256 = \"%s\" }]".formatted(sha256(TOKEN)));
            configure(pod, account);
            pod.start(references(container, address(i)));
        }
    }

    @AfterAll
    static void stop() throws IOException {
        PODS.forEach(LocalPod::close);
        if (api != null) {
            api.close();
        }
        if (postgres != null) {
            postgres.close();
        }
    }

    private static Container container(String deployment) {
        return Manifests.in(Manifests.BASE)
                .pod(deployment)
                .getSpec()
                .getContainers()
                .getFirst();
    }

    private static String address(int pod) {
        return NETWORK + (pod + 1);
    }

    private static String sha256(String text) throws NoSuchAlgorithmException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(hash);
    }

    private static Path certificates(String... hosts) throws IOException, InterruptedException {
        Path certificates = folder.resolve("certificates");
        List<String> command = new ArrayList<>(
                List.of("sh", Checkout.path("tools/test-certificates.sh").toString(), certificates.toString()));
        command.addAll(List.of(hosts));
        File output = folder.resolve("certificates.log").toFile();
        ProcessBuilder script =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
        script.environment().put("JAVA_HOME", System.getProperty("java.home"));
        assertThat(script.start().waitFor()).as("see %s", output).isZero();
        return certificates;
    }

    /// Writes the files of a Secret of the type `kubernetes.io/tls`.
    private static void secret(Path certificates, String name, Path volume) throws IOException {
        Files.copy(certificates.resolve(name + ".pem"), volume.resolve("tls.crt"));
        Files.copy(certificates.resolve(name + ".key"), volume.resolve("tls.key"));
        Files.copy(certificates.resolve("ca.pem"), volume.resolve("ca.crt"));
    }

    /// Writes the files of the ConfigMap: those of the base and of the example overlay, plus the address of
    /// the fake API server.
    private static void configure(LocalPod pod, Path account) throws IOException {
        String base = Files.readString(Manifests.BASE.resolve("nightshift.conf"));
        String site = Files.readString(Manifests.OVERLAY.resolve("site.conf"));
        Files.writeString(pod.volume("configuration").resolve("nightshift.conf"), pod.here(base));
        Files.writeString(
                pod.volume("configuration").resolve("site.conf"),
                site.replace("/srv/registry", folder.resolve("registry").toString()) + """
                        nightshift.node.kubernetes.service-account = "%s"
                        """.formatted(account));
    }

    private static Map<String, String> references(Container container, String address) {
        Map<String, String> references = new TreeMap<>(Map.of(
                "POD_IP",
                address,
                "NIGHTSHIFT_VERSION",
                "0.1.0",
                "NIGHTSHIFT_JOURNAL_URL",
                "jdbc:postgresql://localhost:%d/postgres".formatted(postgres.getPort()),
                "NIGHTSHIFT_JOURNAL_USER",
                "postgres"));
        if (container.getEnv().stream().map(EnvVar::getName).anyMatch("NIGHTSHIFT_THREADS"::equals)) {
            references.put("NIGHTSHIFT_THREADS", "1");
        }
        references.put("KUBERNETES_SERVICE_HOST", "127.0.0.1");
        references.put("KUBERNETES_SERVICE_PORT", String.valueOf(api.port()));
        return references;
    }

    private static void awaitAll(String line) {
        await().atMost(SOON)
                .untilAsserted(() -> PODS.forEach(pod -> {
                    assertThat(pod.process().isAlive()).as(pod.out()).isTrue();
                    assertThat(pod.out()).contains(line);
                }));
    }

    @Test
    @Order(1)
    void nobodyFormsAClusterWhereTooFewPodsRun() {
        awaitAll("this node forms no cluster yet: 1 of the 2 pods that are required run");
        assertThat(api.selector())
                .isEqualTo("app.kubernetes.io/name=nightshift,app.kubernetes.io/component=coordinator");
        assertThat(logs()).doesNotContain("this one forms", "is up");
    }

    @Test
    @Order(2)
    void aNodeWithoutTheRightsExplainsThis() {
        api.forbid(true);
        awaitAll("this node forms no cluster yet: the Kubernetes API can't be asked for pods: Forbidden");
        api.forbid(false);
    }

    @Test
    @Order(3)
    void ifEnoughPodsRunOneFormsTheClusterAndTheOthersJoin() {
        api.run(2);
        for (int i = 0; i < NODES.size(); i++) {
            awaitAll("node %s:7355 is up".formatted(address(i)));
        }
        assertThat(logs().lines().filter(line -> line.contains("this node forms the cluster")))
                .hasSize(1);
    }

    @Test
    @Order(4)
    void theProbesFindThemHealthy() throws Exception {
        try (PodClient client = new PodClient()) {
            for (int i = 0; i < NODES.size(); i++) {
                String address = address(i);
                Container container = container(NODES.get(i));
                for (Probe probe : List.of(
                        container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())) {
                    String path = probe.getHttpGet().getPath();
                    await().atMost(SOON)
                            .untilAsserted(() -> assertThat(client.get(address, HTTP, path))
                                    .as(path)
                                    .startsWith("200 "));
                }
            }
        }
    }

    @Test
    @Order(5)
    void prometheusGetsTheQueueFromACoordinatorAndOnlyWithAToken() throws Exception {
        try (PodClient client = new PodClient()) {
            assertThat(client.get(address(0), HTTP, "/metrics")).startsWith("401 ");
            assertThat(client.get(address(0), HTTP, "/metrics", "Authorization", "Bearer " + TOKEN))
                    .startsWith("200 ")
                    .contains("\nnightshift_queue_depth");
        }
    }

    @Test
    @Order(6)
    void theCronJobsCommandLineReachesThem() throws Exception {
        Container container = Manifests.in(Manifests.OVERLAY)
                .pod("churn")
                .getSpec()
                .getContainers()
                .getFirst();
        try (LocalPod pod = new LocalPod(folder.resolve("submit"), container)) {
            Files.copy(
                    Manifests.OVERLAY.resolve("churn.yaml"), pod.volume("jobs").resolve("churn.yaml"));
            Files.copy(
                    PODS.getFirst().volume("http-tls").resolve("ca.crt"),
                    pod.volume("http-ca").resolve("ca.crt"));
            Files.writeString(pod.volume("token").resolve("token"), TOKEN);
            // Resolves the name of the Service.
            Path hosts = Files.writeString(folder.resolve("hosts"), address(0) + " nightshift\n");
            pod.start(Map.of("NIGHTSHIFT_OPTS", "-Djdk.net.hosts.file=" + hosts));
            assertThat(pod.process().waitFor(120, TimeUnit.SECONDS))
                    .as(pod.out())
                    .isTrue();
            assertThat(pod.out())
                    .as("the coordinator knows who asks, and looks for the model")
                    .contains("no model", "churn");
        }
    }

    @Test
    @Order(7)
    void aPodThatMustEndLeavesWithinItsGracePeriod() throws Exception {
        LocalPod worker = PODS.getLast();
        worker.process().destroy();
        assertThat(worker.process().waitFor(120, TimeUnit.SECONDS))
                .as(worker.out())
                .isTrue();
        assertThat(worker.process().exitValue()).as(worker.out()).isZero();
    }

    private static String logs() {
        return PODS.stream().map(LocalPod::out).collect(Collectors.joining("\n----\n"));
    }
}
