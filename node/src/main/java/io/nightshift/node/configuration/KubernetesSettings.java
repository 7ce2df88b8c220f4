package io.nightshift.node.configuration;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.node.kubernetes`: which pods have to run before a node may form a cluster.
///
/// @param namespace of the pods, or null for that of the node's own pod
/// @param podLabelSelector that finds them, as `kubectl get pods -l` takes it
/// @param requiredContactPoints how many of them run at least
public record KubernetesSettings(@Nullable String namespace, String podLabelSelector, int requiredContactPoints) {

    private static final int MOST = 1_000;

    static KubernetesSettings read(ConfigurationSection kubernetes) {
        KubernetesSettings settings = new KubernetesSettings(
                kubernetes.has("namespace") ? namespace(kubernetes) : null,
                selector(kubernetes),
                kubernetes.number("required-contact-points", 2, 1, MOST));
        kubernetes.end();
        return settings;
    }

    private static String namespace(ConfigurationSection kubernetes) {
        String namespace = kubernetes.text("namespace");
        if (!namespace.isEmpty() && !namespace.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
            kubernetes.mistake("namespace", "expected at most 63 lower-case letters, digits and -");
        }
        return namespace;
    }

    /// The discovery takes it for a format, in which % is special; no label holds one.
    private static String selector(ConfigurationSection kubernetes) {
        String selector = kubernetes.text("pod-label-selector");
        if (selector.contains("%")) {
            kubernetes.mistake("pod-label-selector", "expected a label selector such as app=nightshift");
        }
        return selector;
    }

    /// What Pekko's discovery is told.
    public Map<String, Object> discovery() {
        Map<String, Object> discovery = new TreeMap<>();
        discovery.put("pekko.discovery.kubernetes-api.pod-label-selector", podLabelSelector);
        if (namespace != null) {
            discovery.put("pekko.discovery.kubernetes-api.pod-namespace", namespace);
        }
        return discovery;
    }
}
