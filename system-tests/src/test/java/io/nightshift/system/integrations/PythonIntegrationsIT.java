package io.nightshift.system.integrations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.nightshift.node.configuration.LocalToken;
import io.nightshift.system.serve.HomeServer;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Runs the tests of the Python packages in `integrations` with a real server. The server is killed with SIGKILL
/// and started again whenever a Python test asks: it creates the file `kill`, which this class deletes when
/// the server is dead. A node of a cluster has the same API, and takes longer to start.
@Timeout(600)
final class PythonIntegrationsIT {

    private static final int PATIENCE_SECONDS = 400;

    /// As many as `real_node.py` expects.
    private static final String ROWS = "FROM flights LIMIT 60000";

    /// The folder of the gate that holds the partitions of the node.
    private static final String GATE = "gate";

    private static @Nullable String python;

    @TempDir
    static Path folder = Path.of("");

    private static @Nullable HomeServer server;
    private static String[] options = {};

    @BeforeAll
    static void start() throws IOException, InterruptedException, SQLException {
        python = python();
        assumeTrue(python != null, "Python 3.9 or newer is not installed (Debian: python3)");
        FlightsJob.on(folder, ROWS);
        options = new String[] {"--http-port", String.valueOf(FreePort.any())};
        server = new HomeServer(folder, ScoringGate.opened(folder.resolve(GATE)), options);
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    /// The first of the installed interpreters that has pandas, or the first of them; null if there is none.
    private static @Nullable String python() throws IOException, InterruptedException {
        String first = null;
        for (String candidate : List.of("python3", "/usr/bin/python3")) {
            if (succeeds(candidate, "import sys; assert sys.version_info >= (3, 9)")) {
                first = first == null ? candidate : first;
                if (succeeds(candidate, "import pandas")) {
                    return candidate;
                }
            }
        }
        return first;
    }

    private static boolean succeeds(String interpreter, String program) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(interpreter, "-c", program)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theClientWorksWithANodeThatIsKilledMidway() throws Exception {
        runTests("integrations/python", "test_node.NodeTest", node());
        duckDbReadsThePredictions();
    }

    @Test
    @Nightly(shortForm = "PythonIntegrationsIT.theClientWorksWithANodeThatIsKilledMidway")
    void theAirflowProviderWorksWithANodeThatIsKilledMidway() throws Exception {
        runTests("integrations/airflow", "test_node.NodeTest", node());
    }

    @Test
    @Nightly(shortForm = "PythonIntegrationsIT.theClientWorksWithANodeThatIsKilledMidway")
    void theClientFindsTheServerOfAHomeFolderAfterAKill(@TempDir Path home) throws Exception {
        FlightsJob.on(home, ROWS);
        ScoringGate gate = ScoringGate.opened(home.resolve(GATE));
        try (HomeServer running = new HomeServer(home, gate)) {
            Map<String, String> environment =
                    Map.of("NIGHTSHIFT_TEST_HOME", running.home().toString());
            runTests("integrations/python", "test_node.ServeTest", killable(home, environment, running));
        }
    }

    /// What the Python tests use, and kill.
    ///
    /// @param folder holds the job file, and the file that asks for a kill
    /// @param environment where the tests find it
    /// @param restart kills it, deletes the file, and starts it again
    private record Killable(Path folder, Map<String, String> environment, Restart restart) {}

    private interface Restart {
        void run() throws IOException, InterruptedException;
    }

    private static Killable node() {
        HomeServer running = Objects.requireNonNull(server);
        Map<String, String> environment = Map.of(
                "NIGHTSHIFT_TEST_SERVER", running.address().toString(),
                "NIGHTSHIFT_TEST_TOKEN_FILE", LocalToken.file(running.home()).toString());
        return killable(folder, environment, running, options);
    }

    private static Killable killable(
            Path folder, Map<String, String> environment, HomeServer running, String... options) {
        return new Killable(folder, environment, () -> {
            running.kill();
            // The Python test goes on while no server runs.
            Files.delete(folder.resolve("kill"));
            running.restart(options);
        });
    }

    /// @param tests the tests that must have run, in the names of unittest
    private static void runTests(String project, String tests, Killable target)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(target.folder(), "python", ".txt");
        ProcessBuilder python3 = new ProcessBuilder(
                        Objects.requireNonNull(python), "-B", "-W", "error", "-m", "unittest", "-v")
                .directory(Checkout.path(project).toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        python3.environment().keySet().removeAll(List.of("NIGHTSHIFT_TOKEN", "NIGHTSHIFT_SERVER"));
        python3.environment().putAll(target.environment());
        python3.environment().put("NIGHTSHIFT_TEST_FOLDER", target.folder().toString());
        python3.environment()
                .put("NIGHTSHIFT_TEST_GATE", target.folder().resolve(GATE).toString());
        Process process = python3.start();
        int kills = 0;
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (!process.waitFor(20, TimeUnit.MILLISECONDS) && System.nanoTime() < deadline) {
                if (Files.exists(target.folder().resolve("kill"))) {
                    target.restart().run();
                    kills++;
                }
            }
        } finally {
            process.destroyForcibly();
        }
        String result = Files.readString(output);
        assertThat(process.waitFor()).as(result).isZero();
        assertThat(result.lines().filter(line -> line.contains(tests)))
                .as(result)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line).doesNotContain("skipped 'PythonIntegrationsIT starts"));
        assertThat(kills).as("kills").isPositive();
    }

    /// DuckDB for Python is not installed, but DuckDB for Java reads the same SQL.
    private static void duckDbReadsThePredictions() throws IOException, SQLException {
        JsonNode queries =
                new ObjectMapper().readTree(folder.resolve("queries.json").toFile());
        assertThat(queries).hasSize(2);
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            for (Map.Entry<String, JsonNode> query : queries.properties()) {
                try (ResultSet rows = statement.executeQuery(
                        "SELECT count(*), count(DISTINCT origin), min(probability), max(probability) FROM (%s)"
                                .formatted(query.getKey()))) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getLong(1))
                            .as(query.getKey())
                            .isEqualTo(query.getValue().asLong());
                    assertThat(rows.getLong(2)).isGreaterThan(10);
                    assertThat(rows.getDouble(3)).isGreaterThanOrEqualTo(0);
                    assertThat(rows.getDouble(4)).isLessThanOrEqualTo(1);
                }
            }
        }
    }
}
