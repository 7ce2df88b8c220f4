package io.nightshift.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.MetricSpec;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.nightshift.node.ShutdownTimeouts;
import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The promises of the manifests, as they are written and as kustomize renders them.
final class ManifestsIT {

    private static final Set<String> NODES = Set.of("nightshift-coordinator", "nightshift-worker");

    private static final List<Manifests> ALL = new ArrayList<>();

    /// Reads the manifests of the base as written and, where kubectl is installed, the rendered base and
    /// overlay.
    @BeforeAll
    static void read() throws IOException, InterruptedException {
        ALL.add(Manifests.in(Manifests.BASE));
        if (Kustomize.isInstalled()) {
            ALL.add(Kustomize.render(Manifests.BASE));
            ALL.add(Kustomize.render(Manifests.OVERLAY));
        }
    }

    static List<Manifests> all() {
        return ALL;
    }

    private static List<Deployment> nodes(Manifests manifests) {
        List<Deployment> nodes = manifests.of(Deployment.class);
        assertThat(nodes).extracting(node -> node.getMetadata().getName()).containsExactlyInAnyOrderElementsOf(NODES);
        return nodes;
    }

    private static Container container(Deployment node) {
        return node.getSpec().getTemplate().getSpec().getContainers().getFirst();
    }

    @Test
    void everyManifestIsWhatTheApiKnows() {
        assertThat(Manifests.in(Manifests.BASE).all()).hasSizeGreaterThan(15);
        assertThat(Manifests.in(Manifests.OVERLAY).all()).isNotEmpty();
        assertThat(Manifests.in(Manifests.OBJECT_STORAGE).all()).hasSize(1);
    }

    @Test
    void anUnknownFieldAndAnUnknownKindAreRefused() throws IOException {
        String coordinator = Files.readString(Manifests.BASE.resolve("coordinator.yaml"));
        for (String wrong : List.of(
                coordinator.replace("replicas:", "replica:"),
                coordinator.replace("readOnlyRootFilesystem:", "readonlyRootFilesystem:"),
                coordinator.replace("sizeLimit:", "size:"),
                coordinator.replace("replicas: 3", "replicas: three"))) {
            assertThat(wrong).isNotEqualTo(coordinator);
            assertThatThrownBy(() -> Manifests.of("wrong", wrong)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> Manifests.of("wrong", coordinator.replace("apps/v1", "apps/v2")))
                .hasMessage("no type is known for apps/v2 Deployment");
    }

    @Test
    void kustomizeRendersThem(@TempDir Path folder) throws Exception {
        assumeTrue(Kustomize.isInstalled(), "kubectl isn't installed (Debian: kubernetes-client)");
        Manifests overlay = Kustomize.render(Manifests.OVERLAY);
        assertThat(overlay.all())
                .filteredOn(resource -> !resource.getKind().equals("Namespace"))
                .allSatisfy(resource -> assertThat(resource.getMetadata().getNamespace())
                        .as(resource.getKind() + " " + resource.getMetadata().getName())
                        .isEqualTo("nightshift"));

        // The nodes report the image's tag as their version.
        Path tagged = changedOverlay(folder, text -> text.replace("newTag: 0.1.0", "newTag: 7.8.9"));
        for (Deployment node : nodes(Kustomize.render(tagged))) {
            assertThat(container(node).getImage()).endsWith(":7.8.9");
            assertThat(node.getSpec().getTemplate().getMetadata().getLabels())
                    .containsEntry("app.kubernetes.io/version", "7.8.9");
        }
    }

    /// A copy of all manifests in which the files of the overlay are changed.
    ///
    /// @return the copy of the overlay
    private static Path changedOverlay(Path folder, UnaryOperator<String> change) throws IOException {
        Path original = Checkout.path("k8s");
        for (Path part : List.of(Manifests.BASE, Manifests.OVERLAY, Manifests.OBJECT_STORAGE)) {
            try (Stream<Path> files = Files.walk(part)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path copy = folder.resolve(original.relativize(file));
                    Files.createDirectories(copy.getParent());
                    String text = Files.readString(file);
                    Files.writeString(copy, part.equals(Manifests.OVERLAY) ? change.apply(text) : text);
                }
            }
        }
        return folder.resolve(original.relativize(Manifests.OVERLAY));
    }

    @Test
    void anObjectStoreReplacesTheVolumes(@TempDir Path folder) throws Exception {
        assumeTrue(Kustomize.isInstalled(), "kubectl isn't installed (Debian: kubernetes-client)");
        Path overlay = changedOverlay(
                folder,
                text -> text.replace("""
                  - path: storage.yaml
                    target:
                      kind: Deployment
                """, "")
                        .replace("patches:\n", "components:\n  - ../../components/object-storage\npatches:\n"));
        Manifests rendered = Kustomize.render(overlay);

        for (Deployment node : nodes(rendered)) {
            assertThat(node.getSpec().getTemplate().getSpec().getVolumes())
                    .noneMatch(volume -> volume.getPersistentVolumeClaim() != null)
                    .anyMatch(volume -> volume.getSecret() != null
                            && volume.getSecret().getSecretName().equals("nightshift-object-store"));
        }
        NetworkPolicy store = rendered.one(NetworkPolicy.class, "nightshift-object-store");
        assertThat(selected(rendered, store.getSpec().getPodSelector())).isEqualTo(NODES);
    }

    @ParameterizedTest
    @MethodSource("all")
    void nothingRunsAsRootOrMayBecomeIt(Manifests manifests) {
        manifests.pods().forEach((name, template) -> {
            PodSpec pod = template.getSpec();
            PodSecurityContext security = pod.getSecurityContext();
            assertThat(security.getRunAsNonRoot()).as(name).isTrue();
            assertThat(security.getRunAsUser()).as(name).isPositive();
            assertThat(security.getRunAsGroup()).as(name).isPositive();
            assertThat(security.getSeccompProfile().getType()).as(name).isEqualTo("RuntimeDefault");
            assertThat(pod.getHostNetwork()).as(name).isNull();
            assertThat(pod.getHostPID()).as(name).isNull();
            assertThat(pod.getHostIPC()).as(name).isNull();
            for (Container container : containers(pod)) {
                SecurityContext own = container.getSecurityContext();
                assertThat(own.getPrivileged()).as(name).isFalse();
                assertThat(own.getAllowPrivilegeEscalation()).as(name).isFalse();
                assertThat(own.getReadOnlyRootFilesystem()).as(name).isTrue();
                Capabilities capabilities = own.getCapabilities();
                assertThat(capabilities.getDrop()).as(name).containsExactly("ALL");
                assertThat(capabilities.getAdd()).as(name).isEmpty();
                assertThat(own.getRunAsUser()).as(name).isNull();
                assertThat(container.getPorts())
                        .as(name)
                        .allSatisfy(port -> assertThat(port.getHostPort()).isNull());
            }
            assertThat(pod.getVolumes())
                    .as(name)
                    .allSatisfy(volume -> assertThat(volume.getHostPath()).isNull());
        });
    }

    private static List<Container> containers(PodSpec pod) {
        return Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyContainerSaysWhatItNeedsAndGetsNoMore(Manifests manifests) {
        manifests.pods().forEach((name, template) -> {
            for (Container container : containers(template.getSpec())) {
                ResourceRequirements resources = container.getResources();
                assertThat(resources.getRequests()).as(name).containsKeys("cpu", "memory");
                assertThat(resources.getLimits()).as(name).containsKeys("cpu", "memory");
                assertThat(resources.getLimits().get("memory"))
                        .as("memory can't be taken back")
                        .isEqualTo(resources.getRequests().get("memory"));
                assertThat(container.getImage()).as(name).matches(".+:[^:/]+").doesNotEndWith(":latest");
            }
            assertThat(template.getSpec().getVolumes())
                    .as(name)
                    .filteredOn(volume -> volume.getEmptyDir() != null)
                    .allSatisfy(volume ->
                            assertThat(volume.getEmptyDir().getSizeLimit()).isNotNull());
        });
    }

    @ParameterizedTest
    @MethodSource("all")
    void aRootThatCanOnlyBeReadHasFoldersToWriteTo(Manifests manifests) {
        for (Deployment node : nodes(manifests)) {
            PodSpec pod = node.getSpec().getTemplate().getSpec();
            List<VolumeMount> mounts = container(node).getVolumeMounts();
            assertThat(mounts)
                    .extracting(VolumeMount::getName)
                    .containsExactlyInAnyOrderElementsOf(
                            pod.getVolumes().stream().map(Volume::getName).toList());
            Set<String> empty = pod.getVolumes().stream()
                    .filter(volume -> volume.getEmptyDir() != null)
                    .map(Volume::getName)
                    .collect(Collectors.toSet());
            assertThat(mounts)
                    .filteredOn(mount -> empty.contains(mount.getName()))
                    .extracting(VolumeMount::getMountPath)
                    .containsExactlyInAnyOrder(argument(node, "--home"), "/tmp");
        }
    }

    private static String argument(Deployment node, String option) {
        List<String> arguments = container(node).getArgs();
        assertThat(arguments).contains(option);
        return arguments.get(arguments.indexOf(option) + 1);
    }

    @ParameterizedTest
    @MethodSource("all")
    void secretsAreNamedAndNeverWritten(Manifests manifests) throws IOException {
        assertThat(manifests.all()).noneMatch(resource -> resource.getKind().equals("Secret"));
        manifests.pods().forEach((name, template) -> {
            for (Container container : containers(template.getSpec())) {
                assertThat(container.getEnv())
                        .as(name)
                        .filteredOn(variable -> variable.getValue() != null)
                        .allSatisfy(variable -> assertThat(variable.getName()).isEqualTo("NIGHTSHIFT_OPTS"));
            }
        });
        assertThat(configuration().toString()).doesNotContainIgnoringCase("password\":", "sha256");
    }

    @ParameterizedTest
    @MethodSource("all")
    void nodesMayListPodsAndNothingElse(Manifests manifests) {
        assertThat(manifests.of(Role.class)).singleElement().satisfies(role -> {
            assertThat(role.getRules()).singleElement().satisfies(ManifestsIT::listsPods);
            assertThat(manifests.of(RoleBinding.class)).singleElement().satisfies(binding -> {
                assertThat(binding.getRoleRef().getKind()).isEqualTo("Role");
                assertThat(binding.getRoleRef().getName())
                        .isEqualTo(role.getMetadata().getName());
                assertThat(binding.getSubjects())
                        .singleElement()
                        .satisfies(subject -> assertThat(subject.getName())
                                .isEqualTo(nodes(manifests)
                                        .getFirst()
                                        .getSpec()
                                        .getTemplate()
                                        .getSpec()
                                        .getServiceAccountName()));
            });
        });
        assertThat(manifests.of(ServiceAccount.class))
                .singleElement()
                .satisfies(account ->
                        assertThat(account.getAutomountServiceAccountToken()).isFalse());
        manifests
                .pods()
                .forEach((name, template) -> assertThat(template.getSpec().getAutomountServiceAccountToken())
                        .as(name)
                        .isEqualTo(NODES.contains(name)));
    }

    private static void listsPods(PolicyRule rule) {
        assertThat(rule.getApiGroups()).containsExactly("");
        assertThat(rule.getResources()).containsExactly("pods");
        assertThat(rule.getVerbs()).containsExactly("list");
    }

    @ParameterizedTest
    @MethodSource("all")
    void selectorsSelectWhatTheyMean(Manifests manifests) {
        for (Deployment node : nodes(manifests)) {
            String name = node.getMetadata().getName();
            assertThat(selected(manifests, node.getSpec().getSelector())).containsExactly(name);
            assertThat(node.getSpec().getSelector().getMatchLabels())
                    .as("a version in it couldn't be updated")
                    .doesNotContainKey("app.kubernetes.io/version");
            assertThat(selected(
                            manifests,
                            manifests
                                    .one(PodDisruptionBudget.class, name)
                                    .getSpec()
                                    .getSelector()))
                    .containsExactly(name);
            for (TopologySpreadConstraint spread :
                    node.getSpec().getTemplate().getSpec().getTopologySpreadConstraints()) {
                assertThat(selected(manifests, spread.getLabelSelector())).containsExactly(name);
            }
        }
        Service service = manifests.one(Service.class, "nightshift");
        assertThat(selected(manifests, service.getSpec().getSelector())).containsExactly("nightshift-coordinator");
        HorizontalPodAutoscaler autoscaler = manifests.one(HorizontalPodAutoscaler.class, "nightshift-worker");
        assertThat(autoscaler.getSpec().getScaleTargetRef().getName()).isEqualTo("nightshift-worker");
        assertThat(manifests
                        .one(Deployment.class, "nightshift-worker")
                        .getSpec()
                        .getReplicas())
                .as("the autoscaler's to say")
                .isNull();
    }

    private static Set<String> selected(Manifests manifests, LabelSelector selector) {
        assertThat(selector.getMatchExpressions()).isEmpty();
        return selected(manifests, selector.getMatchLabels());
    }

    /// The names of the workloads whose pods have these labels.
    private static Set<String> selected(Manifests manifests, Map<String, String> labels) {
        return manifests.pods().entrySet().stream()
                .filter(pod -> labelsOf(pod.getValue()).entrySet().containsAll(labels.entrySet()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static Map<String, String> labelsOf(PodTemplateSpec pod) {
        return pod.getMetadata().getLabels();
    }

    @ParameterizedTest
    @MethodSource("all")
    void nodesAreNotKilledBeforeTheyHaveLeft(Manifests manifests) {
        for (Deployment node : nodes(manifests)) {
            PodSpec pod = node.getSpec().getTemplate().getSpec();
            long before = container(node).getLifecycle() == null
                    ? 0
                    : container(node).getLifecycle().getPreStop().getSleep().getSeconds();
            assertThat(pod.getTerminationGracePeriodSeconds())
                    .as(node.getMetadata().getName())
                    .isGreaterThan(before + leaving().toSeconds());
        }
    }

    /// The longest time that a node takes to leave with the configuration of these manifests: the sum of the
    /// timeouts of its shutdown phases.
    private static Duration leaving() {
        Config site =
                ConfigFactory.parseFile(Manifests.OVERLAY.resolve("site.conf").toFile());
        Config given = site.withFallback(configuration());
        Config defaults =
                ConfigFactory.parseResources("cluster.conf").withFallback(ConfigFactory.defaultReferenceUnresolved());
        Duration grace = given.withFallback(defaults).resolve().getDuration("nightshift.worker.grace");
        Config shutdown = given.withFallback(ConfigFactory.parseMap(ShutdownTimeouts.within(grace)))
                .withFallback(defaults)
                .resolve()
                .getConfig("pekko.coordinated-shutdown");
        Duration standard = shutdown.getDuration("default-phase-timeout");
        Config phases = shutdown.getConfig("phases");
        Duration sum = Duration.ZERO;
        for (String phase : phases.root().keySet()) {
            sum = sum.plus(phases.hasPath(phase + ".timeout") ? phases.getDuration(phase + ".timeout") : standard);
        }
        assertThat(sum).isGreaterThan(grace);
        return sum;
    }

    @ParameterizedTest
    @MethodSource("all")
    void probesAskTheRoutesOfANodesHealth(Manifests manifests) {
        for (Deployment node : nodes(manifests)) {
            Container container = container(node);
            probes(container.getStartupProbe(), "/health/started");
            probes(container.getLivenessProbe(), "/health/live");
            probes(container.getReadinessProbe(), "/health/ready");
            assertThat(port(container, "http")).isEqualTo(configuration().getInt("nightshift.http.port"));
        }
    }

    private static void probes(Probe probe, String path) {
        assertThat(probe.getHttpGet().getPath()).isEqualTo(path);
        assertThat(probe.getHttpGet().getScheme()).isEqualTo("HTTPS");
        assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("http");
        assertThat(probe.getTimeoutSeconds()).isLessThanOrEqualTo(probe.getPeriodSeconds());
    }

    private static int port(Container container, String name) {
        return container.getPorts().stream()
                .filter(port -> port.getName().equals(name))
                .mapToInt(ContainerPort::getContainerPort)
                .sum();
    }

    /// The nodes' configuration.
    private static Config configuration() {
        return ConfigFactory.parseFile(
                        Manifests.BASE.resolve("nightshift.conf").toFile(),
                        ConfigParseOptions.defaults().setAllowMissing(false))
                .resolveWith(ConfigFactory.parseMap(Map.of(
                        "POD_IP", "10.244.1.10",
                        "NIGHTSHIFT_VERSION", "0.1.0",
                        "NIGHTSHIFT_JOURNAL_URL", "jdbc:postgresql://db/nightshift?sslmode=verify-full",
                        "NIGHTSHIFT_JOURNAL_USER", "nightshift")));
    }

    @ParameterizedTest
    @MethodSource("all")
    void theNodesOfAMajorityOfCoordinatorsFormTheCluster(Manifests manifests) {
        Config kubernetes = configuration().getConfig("nightshift.node.kubernetes");
        Map<String, String> labels = Stream.of(
                        kubernetes.getString("pod-label-selector").split(",", -1))
                .map(term -> term.split("=", -1))
                .collect(Collectors.toMap(term -> term[0], term -> term[1]));
        assertThat(selected(manifests, labels)).containsExactly("nightshift-coordinator");
        int replicas = manifests
                .one(Deployment.class, "nightshift-coordinator")
                .getSpec()
                .getReplicas();
        assertThat(kubernetes.getInt("required-contact-points"))
                .isGreaterThan(replicas / 2)
                .isLessThan(replicas);
    }

    @ParameterizedTest
    @MethodSource("all")
    void nothingReachesANodeButWhatAPolicyAllows(Manifests manifests) {
        NetworkPolicy deny = manifests.one(NetworkPolicy.class, "nightshift-deny");
        assertThat(selected(manifests, deny.getSpec().getPodSelector())).isEqualTo(NODES);
        assertThat(deny.getSpec().getPolicyTypes()).containsExactlyInAnyOrder("Ingress", "Egress");
        assertThat(deny.getSpec().getIngress()).isEmpty();
        assertThat(deny.getSpec().getEgress()).isEmpty();

        NetworkPolicy nodes = manifests.one(NetworkPolicy.class, "nightshift-nodes");
        assertThat(selected(manifests, nodes.getSpec().getPodSelector())).isEqualTo(NODES);
        int port = port(container(nodes(manifests).getFirst()), "node");
        assertThat(nodes.getSpec().getEgress())
                .singleElement()
                .satisfies(rule -> assertThat(rule.getPorts())
                        .singleElement()
                        .satisfies(allowed ->
                                assertThat(allowed.getPort().getIntVal()).isEqualTo(port)));

        for (NetworkPolicy policy : manifests.of(NetworkPolicy.class)) {
            assertThat(policy.getSpec().getIngress())
                    .as(policy.getMetadata().getName())
                    .allSatisfy(rule -> {
                        assertThat(rule.getFrom()).as("from whom").isNotEmpty();
                        assertThat(rule.getPorts()).as("to which port").isNotEmpty();
                    });
            assertThat(policy.getSpec().getEgress())
                    .as(policy.getMetadata().getName())
                    .allSatisfy(rule -> {
                        assertThat(rule.getPorts()).as("to which port").isNotEmpty();
                        assertThat(rule.getTo()).as("to whom").isNotEmpty();
                    });
        }
    }

    @Test
    void anOverlaySetsTheAddressesOfDatabaseAndApi() throws Exception {
        assumeTrue(Kustomize.isInstalled(), "kubectl isn't installed (Debian: kubernetes-client)");
        for (NetworkPolicy policy : Kustomize.render(Manifests.OVERLAY).of(NetworkPolicy.class)) {
            assertThat(policy.getSpec().getEgress())
                    .as(policy.getMetadata().getName())
                    .allSatisfy(rule -> assertThat(rule.getTo())
                            .isNotEmpty()
                            .noneMatch(to -> to.getIpBlock() != null
                                    && to.getIpBlock().getCidr().startsWith("192.0.2.")));
        }
    }

    @Test
    void prometheusAsksThePodsOfTheseManifestsAndShowsAToken() throws Exception {
        List<Object> documents = Manifests.yaml(Files.readString(Manifests.OVERLAY.resolve("prometheus.yaml")));
        JsonNode scrape = new ObjectMapper().valueToTree(documents).at("/0/scrape_configs/0");
        assertThat(scrape.get("scheme").asText()).isEqualTo("https");
        assertThat(scrape.get("metrics_path").asText()).isEqualTo("/metrics");
        assertThat(scrape.at("/authorization/credentials_file").asText()).isNotEmpty();
        assertThat(scrape.at("/tls_config/ca_file").asText()).isNotEmpty();
        Manifests base = Manifests.in(Manifests.BASE);
        assertThat(scrape.at("/tls_config/server_name").asText())
                .isEqualTo(base.of(Service.class).getFirst().getMetadata().getName());
        for (Deployment node : nodes(base)) {
            String name = node.getSpec().getTemplate().getMetadata().getLabels().get("app.kubernetes.io/name");
            assertThat(port(container(node), "http")).isPositive();
            assertThat(scrape.at("/relabel_configs/0/regex").asText()).isEqualTo(name + ";http");
        }
    }

    @Test
    void theMetricOfDeadlinesIsServedByTheAdapterAndCountsThreads() throws Exception {
        String patch = Files.readString(Manifests.OVERLAY.resolve("deadline.yaml"));
        String rule = Files.readString(Manifests.OVERLAY.resolve("prometheus-adapter.yaml"));
        String worker = Files.readString(Manifests.OVERLAY.resolve("../../base/worker.yaml"));
        assertThat(patch).contains("name: nightshift_wanted_workers", "averageValue: \"2\"");
        assertThat(worker)
                .as("a pod has as many threads as it requests processors")
                .contains("cpu: \"2\"");
        assertThat(rule).contains("seriesQuery: nightshift_wanted_workers{", "as: nightshift_wanted_workers");
    }

    @Test
    void theMetricThatWorkersAreScaledByIsTheOneThatTheAdapterServes() throws Exception {
        assumeTrue(Kustomize.isInstalled(), "kubectl isn't installed (Debian: kubernetes-client)");
        List<MetricSpec> metrics = Kustomize.render(Manifests.OVERLAY)
                .one(HorizontalPodAutoscaler.class, "nightshift-worker")
                .getSpec()
                .getMetrics();
        assertThat(metrics).extracting(MetricSpec::getType).containsExactly("ContainerResource", "External");
        assertThat(metrics.getFirst().getContainerResource().getContainer()).isEqualTo("node");
        String name = metrics.getLast().getExternal().getMetric().getName();
        String rule = Files.readString(Manifests.OVERLAY.resolve("prometheus-adapter.yaml"));
        assertThat(Manifests.yaml(rule)).hasSize(1);
        assertThat(rule).contains("seriesQuery: " + name + "{", "as: " + name);
    }
}
