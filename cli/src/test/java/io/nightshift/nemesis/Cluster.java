package io.nightshift.nemesis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.cli.FlightsJob;
import io.nightshift.cli.FreePort;
import io.nightshift.cli.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Three nodes and their PostgreSQL, and commands to them.
final class Cluster implements AutoCloseable {

    static final Duration FORMING = Duration.ofMinutes(2);

    final Path folder;
    final Ground ground;
    final Database database;
    final Nodes nodes;

    private Cluster(Path folder, Ground ground, Database database, Nodes nodes) {
        this.folder = folder;
        this.ground = ground;
        this.database = database;
        this.nodes = nodes;
    }

    /// Starts the database, and no node yet.
    ///
    /// @param folder of all files
    /// @param shape what nodes are told
    static Cluster create(Path folder, Ground ground, Shape shape) throws IOException {
        Map<Place, Integer> ports = ports(ground);
        if (ground.isOpen()) {
            certify(folder, ground);
        }
        Database database = Database.create(folder.resolve("postgres"), ground, ports.get(Place.DATABASE));
        String contacts = Place.NODES.stream()
                .map(place -> "\"%s:%d\"".formatted(ground.host(place), ports.get(place)))
                .collect(Collectors.joining(", "));
        Map<Place, Node> nodes = new EnumMap<>(Place.class);
        for (Place place : Place.values()) {
            Path file = Files.writeString(folder.resolve(place + ".conf"), """
                    nightshift {
                      node { hostname = "%s", contact-points = [%s] }
                      journal { url = "%s", user = %s }
                      data-sources.db { url = "%s", user = %s }
                      %s
                    }
                    %s
                    """.formatted(
                            ground.host(place),
                            contacts,
                            database.url(Database.JOURNAL),
                            Database.OWNER,
                            database.url(Database.PREDICTIONS),
                            Database.OWNER,
                            ground.isOpen() ? tls(ground.host(place)) : "",
                            shape.configuration()));
            if (Place.NODES.contains(place)) {
                List<String> arguments = List.of(
                        "node",
                        "--config",
                        file.toString(),
                        "--home",
                        folder.resolve("home").toString(),
                        "--port",
                        String.valueOf(ports.get(place)),
                        "--threads",
                        String.valueOf(shape.threads(place)));
                String name = ground.host(place) + ":" + ports.get(place);
                Path log = folder.resolve("node-%s.log".formatted(place));
                Node node = new Node(place, name, shape.options(), arguments, ground, log);
                node.startUnder(shape.under(place));
                nodes.put(place, node);
            }
        }
        return new Cluster(folder, ground, database, new Nodes(nodes));
    }

    private static Map<Place, Integer> ports(Ground ground) throws IOException {
        Map<Place, Integer> ports = new EnumMap<>(Place.class);
        for (Place place : Place.values()) {
            ports.put(place, ground.isOpen() ? 7355 + place.number : FreePort.any());
        }
        return ports;
    }

    private static void certify(Path folder, Ground ground) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(
                FlightsJob.example().resolve("../../tools/test-certificates.sh").toString());
        command.add(folder.resolve("certificates").toString());
        Stream.of(Place.values()).map(ground::host).forEach(command::add);
        Command.run(command.toArray(String[]::new));
    }

    private static String tls(String host) {
        return """
                tls {
                  enabled = true
                  certificate = "certificates/%s.pem", private-key = "certificates/%s.key", ca = "certificates/ca.pem"
                }
                """.formatted(host, host);
    }

    /// Starts those nodes of which none runs, one after another, so that the first is the oldest.
    void start(List<Place> places) throws IOException {
        for (Place place : places) {
            nodes.get(place).start();
        }
        if (!nodes.awaitUp(FORMING)) {
            throw new IOException("the cluster doesn't form; the nodes' logs are in " + folder);
        }
    }

    /// Runs a command of `batch`.
    Program.End batch(String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "batch",
                command,
                "--config",
                folder.resolve("client.conf").toString(),
                "--home",
                folder.resolve("home").toString()));
        arguments.addAll(List.of(more));
        return Program.here(arguments.toArray(String[]::new));
    }

    /// How a batch is, or null where that can't be said now.
    @Nullable
    JsonNode show(String batch) {
        Program.End shown = batch("show", batch, "-o", "json");
        return shown.status() == 0 && shown.out().contains("\"state\"") ? shown.json() : null;
    }

    /// The batch's events, as the ledger has them.
    List<JsonNode> events(String batch) throws IOException {
        Program.End listed = batch("events", batch, "-o", "json");
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
