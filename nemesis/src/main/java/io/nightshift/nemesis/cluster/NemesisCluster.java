package io.nightshift.nemesis.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.Main;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.network.SystemCommand;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FreePort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Three nodes, their PostgreSQL, and commands to them.
public final class NemesisCluster implements AutoCloseable {

    public static final Duration FORMING = Duration.ofMinutes(2);

    /// The home folder of the commands, with the token of an administrator.
    private static final String HOME = "home";

    /// A home folder with a token that may only submit jobs.
    private static final String SUBMITTER = "home-submitter";

    public final Path folder;
    public final HostNetwork network;
    public final DatabaseProcess database;
    public final NodeSupervisor nodes;

    private NemesisCluster(Path folder, HostNetwork network, DatabaseProcess database, NodeSupervisor nodes) {
        this.folder = folder;
        this.network = network;
        this.database = database;
        this.nodes = nodes;
    }

    /// Starts the database. Starts no node.
    ///
    /// @param folder for all files of the cluster
    /// @param options of every node
    public static NemesisCluster create(Path folder, HostNetwork network, NodeLaunchOptions options)
            throws IOException {
        Map<SimulatedHost, Integer> ports = ports(network);
        if (network.needsTls()) {
            certify(folder, network);
        }
        DatabaseProcess database = DatabaseProcess.create(
                folder.resolve("postgres"), network, Objects.requireNonNull(ports.get(SimulatedHost.DATABASE)));
        String contacts = SimulatedHost.NODES.stream()
                .map(host -> "\"%s:%d\"".formatted(network.address(host), ports.get(host)))
                .collect(Collectors.joining(", "));
        Map<SimulatedHost, NodeProcess> nodes = new EnumMap<>(SimulatedHost.class);
        for (SimulatedHost host : SimulatedHost.values()) {
            Path file = Files.writeString(folder.resolve(host + ".conf"), """
                    nightshift {
                      node { hostname = "%s", contact-points = [%s] }
                      journal { url = "%s", user = %s, plain-tcp = true }
                      files { read = ["/"], write = ["/"] }
                      registry = "%s"
                      http.tokens = [
                        { name = nemesis, role = admin, sha256 = "%s" }
                        { name = submitter, role = submit, sha256 = "%s" }
                      ]
                      %s
                    }
                    %s
                    %s
                    """.formatted(
                            network.address(host),
                            contacts,
                            database.url(DatabaseProcess.JOURNAL),
                            DatabaseProcess.OWNER,
                            folder.resolve("registry"),
                            sha256(token(folder, HOME)),
                            sha256(token(folder, SUBMITTER)),
                            network.needsTls() ? tls(network.address(host)) : "",
                            database.dataSources(),
                            options.configuration()));
            if (SimulatedHost.NODES.contains(host)) {
                List<String> arguments = List.of(
                        "node",
                        "--config",
                        file.toString(),
                        "--home",
                        home(folder, host).toString(),
                        "--port",
                        String.valueOf(ports.get(host)),
                        "--threads",
                        String.valueOf(options.threads(host)));
                String name = network.address(host) + ":" + ports.get(host);
                Path log = folder.resolve("node-%s.log".formatted(host));
                NodeProcess node = new NodeProcess(host, name, options.options(), arguments, network, log);
                node.setCommandPrefix(options.commandPrefix(host));
                nodes.put(host, node);
            }
        }
        return new NemesisCluster(folder, network, database, new NodeSupervisor(nodes));
    }

    private static Map<SimulatedHost, Integer> ports(HostNetwork network) throws IOException {
        Map<SimulatedHost, Integer> ports = new EnumMap<>(SimulatedHost.class);
        for (SimulatedHost host : SimulatedHost.values()) {
            ports.put(host, network.needsTls() ? 7355 + host.number : FreePort.any());
        }
        return ports;
    }

    private static void certify(Path folder, HostNetwork network) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Checkout.path("tools/test-certificates.sh").toString());
        command.add(folder.resolve("certificates").toString());
        Stream.of(SimulatedHost.values()).map(network::address).forEach(command::add);
        SystemCommand.run(command.toArray(String[]::new));
    }

    private static String tls(String host) {
        return """
                tls {
                  enabled = true
                  certificate = "certificates/%s.pem", private-key = "certificates/%s.key", ca = "certificates/ca.pem"
                }
                """.formatted(host, host);
    }

    /// Starts nodes one after another, so that the first is the oldest member.
    public void start(List<SimulatedHost> hosts) throws IOException {
        for (SimulatedHost host : hosts) {
            nodes.get(host).start();
        }
        if (!nodes.awaitUp(FORMING)) {
            throw new IOException("the cluster does not form; the logs of its nodes are in " + folder);
        }
    }

    /// The folder for a node's temporary files.
    public Path scratch(SimulatedHost host) {
        String name = nodes.get(host).name;
        return home(folder, host).resolve("spill-" + name.substring(name.lastIndexOf(':') + 1));
    }

    /// Nodes share no home folder.
    private static Path home(Path folder, SimulatedHost host) {
        return folder.resolve("home-" + host);
    }

    /// The token that the nodes accept. It is the one of the home folder of the commands.
    public String token() {
        return token(folder, HOME);
    }

    private static String sha256(String token) {
        return Digests.sha256(token.getBytes(StandardCharsets.UTF_8));
    }

    private static String token(Path folder, String name) {
        Path home = folder.resolve(name);
        LocalToken.ensure(home);
        return Objects.requireNonNull(LocalToken.find(home));
    }

    /// Runs a command of `batch` in this process.
    public CommandResult batch(String command, String... more) {
        return command("batch", command, more);
    }

    /// Runs a command of `batch` as a caller that may submit jobs only.
    public CommandResult batchAsSubmitter(String command, String... more) {
        return command(SUBMITTER, "batch", command, more);
    }

    /// Connects by messages as a caller that may submit jobs only.
    public ClusterAccess connectAsSubmitter() {
        Path file = folder.resolve("client.conf");
        return ClusterAccess.connect(Configuration.load(file, folder.resolve(SUBMITTER)), token(folder, SUBMITTER));
    }

    /// Runs a command of a group, such as `ledger`, in this process.
    public CommandResult command(String group, String command, String... more) {
        return command(HOME, group, command, more);
    }

    private CommandResult command(String home, String group, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                group,
                command,
                "--config",
                folder.resolve("client.conf").toString(),
                "--home",
                folder.resolve(home).toString()));
        arguments.addAll(List.of(more));
        String[] all = arguments.toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }

    /// The batch as `batch show` reports it, or null if the command fails.
    @Nullable
    public JsonNode show(String batch) {
        CommandResult shown = batch("show", batch, "-o", "json");
        return shown.status() == 0 && shown.out().contains("\"state\"") ? shown.json() : null;
    }

    /// The batch's events in the ledger.
    public List<JsonNode> events(String batch) throws IOException {
        CommandResult listed = batch("events", batch, "-o", "json");
        List<JsonNode> events = new ArrayList<>();
        for (String line : listed.out().lines().toList()) {
            events.add(new ObjectMapper().readTree(line));
        }
        return events;
    }

    @Override
    public void close() {
        nodes.close();
        database.close();
    }
}
