package io.nightshift.node.configuration;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.node`: a node's address and tasks in its cluster.
///
/// @param hostname the host by which the other nodes reach it
/// @param port the port by which the other nodes reach it, 1 to 65535
/// @param bindHostname the address to listen on; differs from the hostname behind an address translation
/// @param bindPort the port to listen on
/// @param roles its roles, at least one of [#ROLES]
/// @param contactPoints `host:port` of nodes by which programs reach the cluster; at least one
/// @param threads the number of scoring threads; 0 for one for each processor
/// @param kubernetes the pods that must run before it forms a cluster, or null outside Kubernetes
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
    /// The roles of nodes.
    public static final Set<String> ROLES = Set.of("coordinator", "worker");

    public NodeSettings {
        roles = Set.copyOf(roles);
        contactPoints = List.copyOf(contactPoints);
    }

    static NodeSettings read(ConfigurationSection node) {
        String hostname = node.text(
                "hostname",
                "127.0.0.1",
                KeyMeaning.of(
                        "host",
                        "The host at which other nodes reach this node. Other addresses than loopback need TLS."));
        int port =
                node.number("port", PORT, 1, 65_535, KeyMeaning.of("The port at which other nodes reach this node."));
        NodeSettings settings = new NodeSettings(
                hostname,
                port,
                node.text(
                        "bind-hostname",
                        hostname,
                        KeyMeaning.of(
                                        "host",
                                        "The host on which the node listens, if it differs from `hostname`, for"
                                                + " example behind network address translation.")
                                .withDefault("`nightshift.node.hostname`")),
                node.number(
                        "bind-port",
                        port,
                        1,
                        65_535,
                        KeyMeaning.of("The port on which the node listens, if it differs from `port`.")
                                .withDefault("`nightshift.node.port`")),
                roles(node),
                contactPoints(node, hostname + ":" + port),
                node.number(
                        "threads",
                        0,
                        0,
                        1024,
                        KeyMeaning.of("The number of scoring threads; 0: one for each processor.")),
                node.has("kubernetes") ? KubernetesSettings.read(node.section("kubernetes")) : null);
        node.end();
        return settings;
    }

    private static Set<String> roles(ConfigurationSection node) {
        Set<String> roles = new TreeSet<>(node.texts(
                "roles", List.copyOf(new TreeSet<>(ROLES)), KeyMeaning.of("list", "`coordinator`, `worker` or both.")));
        if (roles.isEmpty() || !ROLES.containsAll(roles)) {
            node.mistake("roles", "expected coordinator, worker or both");
            return ROLES;
        }
        return roles;
    }

    private static List<String> contactPoints(ConfigurationSection node, String own) {
        List<String> points = node.texts(
                "contact-points",
                List.of(own),
                KeyMeaning.of(
                                "list of `host:port`",
                                "Nodes at which commands reach the cluster. Nodes find each other through the journal's"
                                        + " database.")
                        .withDefault("`nightshift.node.hostname`:`nightshift.node.port`"));
        for (String point : points) {
            if (!point.matches("[A-Za-z0-9._-]+:[0-9]{1,5}")) {
                node.mistake("contact-points", "expected host:port");
            }
        }
        return points;
    }

    /// These settings with those of the command line.
    ///
    /// @param otherRoles the roles, or empty for those here
    /// @param otherPort the port, or 0 for that here
    /// @param otherThreads the threads, or 0 for those here
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
