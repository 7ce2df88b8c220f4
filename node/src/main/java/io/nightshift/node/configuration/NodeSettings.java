package io.nightshift.node.configuration;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.node`: where a node stands in its cluster.
///
/// @param hostname by which the other nodes reach it
/// @param port by which the other nodes reach it, 1 to 65535
/// @param bindHostname where it listens; the hostname itself but behind an address translation
/// @param bindPort where it listens
/// @param roles what it does, at least one of [#ROLES]
/// @param contactPoints `host:port` of nodes by which programs reach the cluster; at least one
/// @param threads that score; 0: one for each processor
/// @param kubernetes whom it asks before it forms a cluster, or null where it needn't ask
public record NodeSettings(
        String hostname,
        int port,
        String bindHostname,
        int bindPort,
        Set<String> roles,
        List<String> contactPoints,
        int threads,
        @Nullable KubernetesSettings kubernetes) {

    static final int PORT = 7355;
    /// What a node can do.
    public static final Set<String> ROLES = Set.of("coordinator", "worker");

    public NodeSettings {
        roles = Set.copyOf(roles);
        contactPoints = List.copyOf(contactPoints);
    }

    static NodeSettings read(ConfigurationSection node) {
        String hostname = node.text("hostname", "127.0.0.1");
        int port = node.number("port", PORT, 1, 65_535);
        NodeSettings settings = new NodeSettings(
                hostname,
                port,
                node.text("bind-hostname", hostname),
                node.number("bind-port", port, 1, 65_535),
                roles(node),
                contactPoints(node, hostname + ":" + port),
                node.number("threads", 0, 0, 1024),
                node.has("kubernetes") ? KubernetesSettings.read(node.section("kubernetes")) : null);
        node.end();
        return settings;
    }

    private static Set<String> roles(ConfigurationSection node) {
        Set<String> roles = new TreeSet<>(node.texts("roles", List.copyOf(new TreeSet<>(ROLES))));
        if (roles.isEmpty() || !ROLES.containsAll(roles)) {
            node.mistake("roles", "expected coordinator, worker or both");
            return ROLES;
        }
        return roles;
    }

    private static List<String> contactPoints(ConfigurationSection node, String own) {
        List<String> points = node.texts("contact-points", List.of(own));
        for (String point : points) {
            if (!point.matches("[A-Za-z0-9._-]+:[0-9]{1,5}")) {
                node.mistake("contact-points", "expected host:port");
            }
        }
        return points;
    }

    /// The same with what the command line says.
    ///
    /// @param otherRoles empty: as configured
    /// @param otherPort 0: as configured
    /// @param otherThreads 0: as configured
    public NodeSettings with(Set<String> otherRoles, int otherPort, int otherThreads) {
        return new NodeSettings(
                hostname,
                otherPort == 0 ? port : otherPort,
                bindHostname,
                otherPort == 0 ? bindPort : otherPort,
                otherRoles.isEmpty() ? roles : otherRoles,
                contactPoints,
                otherThreads == 0 ? threads : otherThreads,
                kubernetes);
    }
}
