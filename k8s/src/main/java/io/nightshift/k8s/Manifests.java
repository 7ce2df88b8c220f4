package io.nightshift.k8s;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.nightshift.testing.Checkout;
import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// Kubernetes manifests as objects of the API's types. Unknown fields and values of the wrong type are
/// refused.
///
/// @param origin where the manifests come from, for messages
public record Manifests(String origin, List<HasMetadata> all) {

    public static final Path BASE = Checkout.path("k8s/base");
    public static final Path OVERLAY = Checkout.path("k8s/overlays/example");

    /// Replaces the volumes of the overlay by an object store.
    public static final Path OBJECT_STORAGE = Checkout.path("k8s/components/object-storage");

    private static final Map<String, Class<? extends HasMetadata>> KINDS = kinds();

    /// Fabric8's types keep unknown fields in an any-setter. This mapper ignores the setter, so it refuses
    /// those fields.
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
            .annotationIntrospector(new JacksonAnnotationIntrospector() {
                @Serial
                private static final long serialVersionUID = 1;

                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                }
            })
            .build();

    private static Map<String, Class<? extends HasMetadata>> kinds() {
        Map<String, Class<? extends HasMetadata>> kinds = new LinkedHashMap<>();
        for (Class<? extends HasMetadata> type : List.of(
                ConfigMap.class,
                CronJob.class,
                Deployment.class,
                HorizontalPodAutoscaler.class,
                Namespace.class,
                NetworkPolicy.class,
                PodDisruptionBudget.class,
                Role.class,
                RoleBinding.class,
                Service.class,
                ServiceAccount.class)) {
            kinds.put(HasMetadata.getApiVersion(type) + " " + HasMetadata.getKind(type), type);
        }
        return kinds;
    }

    /// The manifests in a folder as they are written, without kustomize.
    public static Manifests in(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<HasMetadata> all = new ArrayList<>();
            for (Path file : files.filter(Manifests::isManifest).sorted().toList()) {
                all.addAll(read(Files.readString(file)));
            }
            return new Manifests(folder.toString(), all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isManifest(Path file) {
        String name = String.valueOf(file.getFileName());
        try {
            return name.endsWith(".yaml")
                    && !name.equals("kustomization.yaml")
                    && Files.readString(file).lines().anyMatch(line -> line.startsWith("apiVersion:"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Manifests of(String origin, String yaml) {
        return new Manifests(origin, read(yaml));
    }

    private static List<HasMetadata> read(String yaml) {
        List<HasMetadata> resources = new ArrayList<>();
        for (Object document : yaml(yaml)) {
            Map<?, ?> resource = (Map<?, ?>) document;
            Class<? extends HasMetadata> type = KINDS.get(resource.get("apiVersion") + " " + resource.get("kind"));
            if (type == null) {
                throw new IllegalArgumentException(
                        "no type is known for " + resource.get("apiVersion") + " " + resource.get("kind"));
            }
            resources.add(STRICT.convertValue(resource, type));
        }
        return resources;
    }

    /// The documents of a YAML stream.
    public static List<Object> yaml(String text) {
        List<Object> documents = new ArrayList<>();
        new Load(LoadSettings.builder().build()).loadAllFromString(text).forEach(documents::add);
        return documents;
    }

    public <T extends HasMetadata> List<T> of(Class<T> type) {
        return all.stream().filter(type::isInstance).map(type::cast).toList();
    }

    public <T extends HasMetadata> T one(Class<T> type, String name) {
        return of(type).stream()
                .filter(resource -> resource.getMetadata().getName().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no %s %s in %s".formatted(type.getSimpleName(), name, origin)));
    }

    /// The pod template of a workload.
    public PodTemplateSpec pod(String name) {
        return Objects.requireNonNull(pods().get(name), () -> "no %s in %s".formatted(name, origin));
    }

    /// The pod templates by the name of their workload.
    public Map<String, PodTemplateSpec> pods() {
        Map<String, PodTemplateSpec> pods = new LinkedHashMap<>();
        of(Deployment.class)
                .forEach(deployment -> pods.put(
                        deployment.getMetadata().getName(), deployment.getSpec().getTemplate()));
        of(CronJob.class)
                .forEach(job -> pods.put(
                        job.getMetadata().getName(),
                        job.getSpec().getJobTemplate().getSpec().getTemplate()));
        return pods;
    }

    @Override
    public String toString() {
        return origin;
    }
}
