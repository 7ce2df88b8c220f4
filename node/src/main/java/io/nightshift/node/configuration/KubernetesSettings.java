package io.nightshift.node.configuration;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.node.kubernetes`: which pods must run before a node may form a cluster.
///
/// @param namespace the namespace of the pods, or null for that of the node's own pod
/// @param podLabelSelector selects the pods, as in `kubectl get pods -l`
/// @param requiredContactPoints how many of them must run
/// @param serviceAccount the folder with the service account's token, namespace and authority
public record KubernetesSettings(
        @Nullable String namespace, String podLabelSelector, int requiredContactPoints, Path serviceAccount) {

    private static final String SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

    private static final int MOST = 1_000;

    static KubernetesSettings read(ConfigurationSection kubernetes) {
        KubernetesSettings settings = new KubernetesSettings(
                namespace(kubernetes),
                kubernetes.text("pod-label-selector", KeyMeaning.of("Selects the pods, as in `kubectl get pods -l`.")),
                kubernetes.number(
                        "required-contact-points",
                        2,
                        1,
                        MOST,
                        KeyMeaning.of("The number of these pods that must run.")),
                kubernetes.resolve(kubernetes.text(
                        "service-account",
                        SERVICE_ACCOUNT,
                        KeyMeaning.of(
                                "path", "The folder with the service account's `token`, `namespace` and `ca.crt`."))));
        kubernetes.end();
        return settings;
    }

    private static @Nullable String namespace(ConfigurationSection kubernetes) {
        String namespace = kubernetes.optionalText(
                "namespace",
                KeyMeaning.of("The namespace of the pods. Without this key: the namespace of the node's own pod."));
        if (namespace != null && !namespace.isEmpty() && !namespace.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
            kubernetes.mistake("namespace", "expected at most 63 lower-case letters, digits and -");
        }
        return namespace;
    }
}
