package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.database.TcpProxy;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A cluster of node processes on this machine, with a PostgreSQL of its own.
public final class TestCluster implements AutoCloseable {

    static final Duration FORMING = Duration.ofMinutes(2);

    final Path folder;
    /// The proxy between the nodes and the database.
    final TcpProxy database;

    private final EmbeddedPostgres postgres;
    private final List<Integer> ports;
    private final List<Integer> httpPorts = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ProgramProcess> nodes = new ArrayList<>();
    private @Nullable ScoringGate gate;

    /// Starts the database. Starts no node.
    ///
    /// @param folder for the nodes' configuration, registry and logs
    /// @param size the largest number of nodes
    public TestCluster(Path folder, int size) throws IOException {
        this.folder = folder;
        this.postgres = PostgresServer.startEmbedded();
        this.database = new TcpProxy(postgres.getPort());
        this.ports = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            ports.add(FreePort.any());
            httpPorts.add(FreePort.any());
            nodes.add(null);
        }
        Files.writeString(configuration(), """
                nightshift {
                  node.contact-points = [%s]
                  journal { url = "jdbc:postgresql://localhost:%d/postgres", user = postgres }
                  batch { lease = 10s, retry.attempts = 20 }
                  worker.count = 16
                  files { read = ["%s", "%s"], write = ["%s"] }
                }
                """.formatted(
                        ports.stream().map("\"127.0.0.1:%d\""::formatted).collect(Collectors.joining(", ")),
                        database.port(),
                        folder,
                        Checkout.path("examples"),
                        folder));
    }

    /// Makes a gate hold the partitions of all nodes that start from now on.
    public TestCluster heldBy(ScoringGate scoring) {
        gate = scoring;
        return this;
    }

    /// The folder of the nodes' configuration, registry and logs.
    public Path folder() {
        return folder;
    }

    public Path configuration() {
        return folder.resolve("node.conf");
    }

    Path home() {
        return folder.resolve("home");
    }

    /// The file with the token of the nodes, once one of them runs.
    public Path tokenFile() {
        return LocalToken.file(home());
    }

    /// The token of the nodes, once one of them runs.
    public String token() {
        return Objects.requireNonNull(LocalToken.find(home()));
    }

    /// Starts or restarts a node.
    public ProgramProcess start(int node, String... more) throws IOException {
        return start(node, arguments(node, more));
    }

    private ProgramProcess start(int node, List<String> arguments) throws IOException {
        ProgramProcess program =
                gate == null ? ProgramProcess.start(folder, arguments) : ProgramProcess.start(folder, gate, arguments);
        nodes.set(node, program);
        return program;
    }

    /// Starts a node with more settings than the others have.
    ///
    /// @param settings HOCON
    ProgramProcess startWith(int node, String settings, String... more) throws IOException {
        Path own = folder.resolve("node-%d.conf".formatted(node));
        Files.writeString(own, Files.readString(configuration()) + settings);
        List<String> arguments = arguments(node, more);
        arguments.set(arguments.indexOf(configuration().toString()), own.toString());
        return start(node, arguments);
    }

    /// Starts a node with mounts of its own.
    void startWithOwnMounts(int node, String... more) throws IOException {
        List<String> prefix = List.of("unshare", "--mount", "--propagation", "private");
        nodes.set(node, ProgramProcess.start(folder, prefix, arguments(node, more)));
    }

    List<String> arguments(int node, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "node",
                "--config",
                configuration().toString(),
                "--home",
                home().toString(),
                "--port",
                String.valueOf(ports.get(node)),
                "--threads",
                "1",
                "--http-port",
                String.valueOf(httpPorts.get(node))));
        arguments.addAll(List.of(more));
        return arguments;
    }

    public ProgramProcess node(int node) {
        return nodes.get(node);
    }

    /// The URL of a node's HTTP API.
    public URI http(int node) {
        return URI.create("http://127.0.0.1:" + httpPorts.get(node));
    }

    /// The response of a health check: `started`, `live` or `ready`.
    HttpResponse<String> health(int node, String question) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(http(node).resolve("/health/" + question))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /// The name of a node in the ledger.
    public String name(int node) {
        return "127.0.0.1:" + ports.get(node);
    }

    /// Waits until a node logs that it is up.
    public void awaitUp(int node) {
        await().atMost(FORMING)
                .untilAsserted(
                        () -> assertThat(node(node).out()).as(node(node).err()).contains(name(node) + " is up"));
    }

    /// Runs a statement in the journal's database.
    void execute(String sql) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// The first column of the first row of a query in the journal's database.
    String value(String sql) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /// Runs a command of `batch` against the cluster.
    public CommandResult batch(String command, String... more) {
        return command("batch", command, more);
    }

    /// Runs a command of a group, such as `node`, against the cluster.
    CommandResult command(String group, String command, String... more) {
        return run(Stream.concat(Stream.of(group, command), Stream.of(more)).toArray(String[]::new));
    }

    /// Runs a command against the cluster.
    public CommandResult run(String... words) {
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("--config", configuration().toString(), "--home", home().toString()));
        String[] all = arguments.toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }

    /// Runs a command that asks the first node by HTTP. A command that asks by messages starts an actor system
    /// first, which takes five times the processor time. So tests that ask again and again use this one.
    public CommandResult runOverHttp(String... words) {
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of(
                "--server", http(0).toString(), "--token-file", tokenFile().toString()));
        return run(arguments.toArray(String[]::new));
    }

    /// The status of a batch, as [#runOverHttp] asks for it.
    public JsonNode show(String batch) {
        return runOverHttp("batch", "show", batch, "-o", "json").expect(0).json();
    }

    /// The logs of all nodes, for messages.
    String logs() {
        return nodes.stream().filter(Objects::nonNull).map(ProgramProcess::out).collect(Collectors.joining("\n----\n"));
    }

    @Override
    public void close() throws IOException {
        nodes.stream().filter(Objects::nonNull).forEach(ProgramProcess::close);
        database.close();
        postgres.close();
    }
}
