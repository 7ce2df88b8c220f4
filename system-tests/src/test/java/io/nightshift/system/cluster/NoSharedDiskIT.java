package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.cli.Main;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.storage.filesystem.Digests;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.S3Server;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Three nodes that have nothing in common but PostgreSQL and an object store.
final class NoSharedDiskIT {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int FILES = 3;
    private static final int FILE_ROWS = 20_000;

    @TempDir
    static Path folder;

    private TestCluster cluster;

    /// Runs a command against the cluster, with a home of its own.
    private CommandResult command(String... words) {
        List<String> arguments = new ArrayList<>(List.of(words));
        arguments.addAll(List.of("--config", cluster.configuration().toString(), "--home", home().toString()));
        return CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new));
    }

    /// The home folder of the commands, with the token that all nodes accept.
    private static Path home() {
        return folder.resolve("client");
    }

    private static String configuration(FaultProxy proxy) {
        LocalToken.ensure(home());
        String token = Objects.requireNonNull(LocalToken.find(home()));
        return """
                registry = "s3://models/nightshift"
                registry-store = models
                stores {
                  models { endpoint = "%1$s", path-style = true, access-key-id = id, secret-access-key = secret }
                  lake { endpoint = "%1$s", path-style = true, buckets = [lake], access-key-id = id, secret-access-key = secret }
                }
                data-sources.db { url = "DATABASE_URL", user = postgres }
                http.tokens = [{ name = test, role = admin, sha256 = "%2$s" }]
                """.formatted(proxy.endpoint(), Digests.sha256(token.getBytes(StandardCharsets.UTF_8)));
    }

    private static FlightsJob job(S3Server server) throws Exception {
        server.createBucket("lake");
        server.createBucket("models");
        FlightsJob job = FlightsJob.on(folder.resolve("job"), "FROM flights LIMIT 0");
        for (int i = 0; i < FILES; i++) {
            job.write("FROM flights LIMIT %d OFFSET %d".formatted(FILE_ROWS, i * FILE_ROWS));
            server.put("lake", "flights/part-%d.parquet".formatted(i), job.input());
        }
        job.edit("parquet: " + job.input(), "parquet: s3://lake/flights/");
        job.edit("  parquet: predictions", "  postgres: {data-source: db, table: flights}");
        job.edit("model: " + FlightsJob.example().resolve("flights.ubj"), "model: flights@champion");
        job.edit("rows: 25000", "rows: 2000");
        return job;
    }

    @Test
    void aBatchSurvivesTheLossOfANode() throws Exception {
        try (S3Server server = S3Server.start();
                FaultProxy proxy = FaultProxy.start(server.endpoint());
                TestCluster started = TestCluster.withoutSharedFolders(folder, 3, configuration(proxy))) {
            cluster = started;
            for (int node = 0; node < 3; node++) {
                cluster.start(node);
            }
            FlightsJob job = job(server);
            String model = FlightsJob.example().resolve("flights.ubj").toString();
            assertThat(command("model", "import", model).expect(0).out()).contains("Registered flights@1");
            assertThat(command("model", "alias", "flights@1", "champion")
                            .expect(0)
                            .out())
                    .contains("flights@champion is flights@1");
            assertThat(command("model", "list").expect(0).out()).contains("flights@1", "champion");
            assertThat(command("model", "show", "flights").expect(0).out()).contains("features", "distance");
            for (int node = 0; node < 3; node++) {
                cluster.awaitUp(node);
            }

            proxy.latency(Duration.ofMillis(200));
            String batch = command("batch", "submit", job.file().toString(), "-o", "json")
                    .expect(0)
                    .json()
                    .get("batch")
                    .asText();
            await().atMost(SOON)
                    .until(() -> cluster.logs().lines().anyMatch(line -> line.matches(".*" + batch + ".* committed")));
            cluster.node(0).close();
            proxy.heal();

            CommandResult watched = command("batch", "watch", batch, "-o", "json");
            assertThat(watched.status()).as(watched + cluster.logs()).isZero();
            assertThat(watched.json().get("predictions").asInt()).isEqualTo(FILES * FILE_ROWS);
            assertThat(cluster.value(
                            "SELECT count(*) || ' ' || count(DISTINCT (record_file, record_row)) FROM flights"))
                    .isEqualTo("60000 60000");
            assertThat(command("batch", "verify", batch).expect(0).out()).contains("the input is as it was");
            for (int node = 1; node < 3; node++) {
                try (Stream<Path> models = Files.list(cluster.home(node).resolve("objects/models"))) {
                    assertThat(models).as("models of node %d", node).hasSize(1);
                }
            }
        }
    }
}
