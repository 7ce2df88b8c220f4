package io.nightshift.system.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.node.configuration.LocalToken;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.system.cluster.TestCluster;
import io.nightshift.system.documentation.DocumentationPage.CodeBlock;
import io.nightshift.system.documentation.DocumentationPage.Command;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.FreePort;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.gate.ScoringGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs the commands and queries of pages in their order, as a reader would who copies them, on a smaller
/// input. [DocumentationTest] checks the commands of all other pages, without running them.
final class DocumentationIT {

    private static final int ROWS = 3000;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// The job file of the page on CSV files.
    private static final String JOB_FILE = "job.yaml";

    @TempDir
    private Path folder;

    private @Nullable PageShell opened;

    /// @param rows of the input of the example `flights`
    private PageShell shell(int rows) throws Exception {
        PageShell shell = PageShell.in(folder, rows);
        opened = shell;
        return shell;
    }

    @AfterEach
    void closeTheShell() {
        if (opened != null) {
            opened.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "README.md",
                "examples/flights/README.md",
                "examples/storms/README.md",
                "docs/tutorial/first-batch.md",
                "docs/how-to/recover.md",
                "docs/how-to/model.md",
            })
    void everyCommandOfThePageSucceedsInItsOrder(String name) throws Exception {
        run(DocumentationPage.read(name), shell(ROWS));
    }

    /// Runs the commands and queries of a page's blocks.
    private void run(DocumentationPage page, PageShell shell) throws Exception {
        int commands = 0;
        for (CodeBlock block : page.blocks()) {
            if (block.isInline() || !block.isRun()) {
                continue;
            }
            for (Command command : page.commands(block)) {
                shell.run(command, "latest");
                commands++;
            }
            if (block.is("sql")) {
                assertThat(rows(block.text())).as(page.place(block)).isPositive();
            }
        }
        assertThat(commands).as("commands of %s", page.name()).isPositive();
    }

    @Test
    void theJobTheCommandsAndTheQueryOfThePageOnCsvFilesFitTogether() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/how-to/csv.md");
        PageShell shell = shell(ROWS);
        Path job = folder.resolve(JOB_FILE);
        String destination = Matcher.quoteReplacement(only(page, "yaml").text());
        Files.writeString(job, Files.readString(job).replaceFirst("(?s)\ndestination:\n.*?\n\n", "\n" + destination));

        shell.run("./nightshift run " + JOB_FILE).expect(0);
        for (Command command : page.commands()) {
            shell.run(command, "latest");
        }

        assertThat(page.commands()).extracting(Command::text).anyMatch(text -> text.contains("verify"));
        assertThat(rows(only(page, "sql").text())).isEqualTo(ROWS);
    }

    @Test
    void thePageOnPartitionsIsConsistent() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/how-to/partitioning.md");
        PageShell shell = shell(ROWS);
        Path job = folder.resolve(JOB_FILE);
        String text = Files.readString(job);
        List<String> sections = page.blocks().stream()
                .filter(block -> block.is("yaml"))
                .map(CodeBlock::text)
                .toList();
        for (String section : sections) {
            String edited =
                    text.replaceFirst("(?s)\npartitions:\n.*?\n\n", "\n" + Matcher.quoteReplacement(section) + "\n");
            assertThat(JobFile.parse(edited, job, List.of()).partitions().key())
                    .as(section)
                    .isNotNull();
        }
        Files.writeString(
                job,
                text.replaceFirst(
                        "(?s)\npartitions:\n.*?\n\n", "\n" + Matcher.quoteReplacement(sections.getFirst()) + "\n"));

        for (Command command : page.commands()) {
            shell.run(command, "latest");
        }

        assertThat(page.commands()).extracting(Command::text).anyMatch(command -> command.contains("verify"));
        assertThat(rows(only(page, "sql").text())).isPositive();
    }

    @Test
    @Nightly(shortForm = {"DocumentationTest", "ClientIT"})
    void aClusterDoesWhatThePageOnControlsSays() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/how-to/control.md");
        PageShell shell = shell(ROWS);
        ScoringGate gate = ScoringGate.opened(folder.resolve("gate"));
        try (TestCluster cluster = new TestCluster(folder, 1).heldBy(gate)) {
            Files.copy(cluster.configuration(), shell.home().resolve("nightshift.conf"));
            cluster.start(0);
            cluster.awaitUp(0);
            Files.copy(cluster.tokenFile(), LocalToken.file(shell.home()));
            String failed = failedBatch(cluster, gate);
            String running = runningBatch(cluster, gate);

            for (Command command : page.commands()) {
                if (command.isInline()) {
                    continue;
                }
                boolean isForAFailedBatch =
                        Set.of("retry", "rescore").contains(command.arguments().get(1));
                shell.run(command, isForAFailedBatch ? failed : running);
            }
            assertThat(phase(cluster, running)).isEqualTo("cancelled");
        }
    }

    /// The tutorial's commands, with a database of the test, free ports, and the process of the node instead
    /// of `kill`.
    @Test
    @Nightly(shortForm = {"DocumentationTest", "ClusterIT"})
    void theTutorialOnClustersRunsAsItStands() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/tutorial/cluster.md");
        PageShell shell = shell(ROWS);
        List<Process> nodes = new ArrayList<>();
        try (PostgresServer postgres = PostgresServer.start()) {
            Map<String, String> ports = new TreeMap<>(Map.of("5432", String.valueOf(postgres.port())));
            for (String port : List.of("7001", "7002", "7003")) {
                ports.put(port, String.valueOf(FreePort.any()));
            }
            for (CodeBlock block : page.blocks()) {
                String text = block.isInline() ? "" : block.text();
                for (Map.Entry<String, String> port : ports.entrySet()) {
                    text = text.replace(port.getKey(), port.getValue());
                }
                if (block.is("txt")) {
                    // The job of the test names the model of the checkout.
                    text = text.replace(
                            "read = [examples]", "read = [examples, \"%s\"]".formatted(Checkout.path("examples")));
                    text += "\npekko.cluster.split-brain-resolver.stable-after = 3s\n";
                    Files.writeString(folder.resolve("cluster.conf"), text);
                    continue;
                }
                for (String line : text.lines().toList()) {
                    runLine(shell, line, postgres, nodes);
                }
            }
        } finally {
            nodes.forEach(Process::destroyForcibly);
        }
        assertThat(nodes).hasSize(3);
    }

    /// The tutorial's commands, with a free port, and the process of the server instead of `kill`.
    @Test
    @Nightly(shortForm = {"DocumentationTest", "ServedJobsIT"})
    void theTutorialOnSchedulesRunsAsItStands() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/tutorial/every-night.md");
        PageShell shell = shell(15_000);
        List<Process> servers = new ArrayList<>();
        int rows = 0;
        try {
            for (CodeBlock block : page.blocks()) {
                if (block.is("yaml")) {
                    String job = block.text().replace("flights.parquet", "own.parquet");
                    Files.writeString(folder.resolve("every-night.yaml"), job);
                } else if (block.is("sql")) {
                    rows = rows(block.text());
                } else if (block.is("bash")) {
                    for (String line : block.text().lines().toList()) {
                        runServerLine(shell, line, servers);
                    }
                }
            }
        } finally {
            servers.forEach(Process::destroyForcibly);
        }
        assertThat(servers).hasSize(2);
        assertThat(rows).as("days with predictions").isEqualTo(5);
    }

    private static void runServerLine(PageShell shell, String line, List<Process> servers) throws Exception {
        if (line.startsWith("./nightshift serve")) {
            Path log = shell.home().resolve("server-%d.log".formatted(servers.size()));
            servers.add(shell.start(line + " --http-port 0", log));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Files.readString(log)).contains("serving http"));
        } else if (line.equals("kill -9 %1")) {
            servers.getLast().destroyForcibly().waitFor();
        } else {
            shell.run(line).expect(0);
        }
    }

    private static void runLine(PageShell shell, String line, PostgresServer postgres, List<Process> nodes)
            throws Exception {
        Matcher statement = Pattern.compile("sudo -u postgres psql -c \"(.*)\"").matcher(line);
        Matcher database = Pattern.compile("sudo -u postgres createdb --owner (\\w+) (\\w+)")
                .matcher(line);
        if (statement.matches()) {
            postgres.execute(PostgresServer.OWNER, statement.group(1));
        } else if (database.matches()) {
            postgres.execute(
                    PostgresServer.OWNER,
                    "CREATE DATABASE %s OWNER %s".formatted(database.group(2), database.group(1)));
        } else if (line.startsWith("./nightshift node ")) {
            Path log = shell.home().resolve("node-%d.log".formatted(nodes.size()));
            nodes.add(shell.start(line, log));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Files.readString(log)).contains(" is up"));
        } else if (line.equals("kill -9 %1")) {
            nodes.getFirst().destroyForcibly().waitFor();
        } else {
            shell.run(line).expect(0);
        }
    }

    /// Runs the commands that need neither a cluster nor a registry of images, next to a copy of the
    /// manifests.
    @Test
    void thePageOnKubernetesFitsTheManifests() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/how-to/kubernetes.md");
        PageShell shell = shell(ROWS);
        shell.run("mkdir k8s && cp -r '%1$s/k8s/base' '%1$s/k8s/overlays' k8s && cp -r '%1$s/tools' ."
                        .formatted(Checkout.path("")))
                .expect(0);

        List<String> commands = page.blocks().stream()
                .filter(block -> block.is("bash"))
                .flatMap(block -> block.text().lines())
                .filter(line -> line.matches("(cp -r k8s/|tools/|\\./nightshift token create ).*"))
                .toList();
        assertThat(commands).hasSize(4);
        for (String command : commands) {
            shell.run(command).expect(0);
        }
        assertThat(folder.resolve("certificates")).isDirectoryContaining(file -> file.endsWith("nightshift-node.pem"));
        assertThat(folder.resolve("certificates")).isDirectoryContaining(file -> file.endsWith("nightshift.key"));

        String text = Files.readString(Checkout.path("docs/how-to/kubernetes.md"));
        List<String> files = found("(?m)^\\| (`[^|]*\\.(?:yaml|conf)`) \\|", text).stream()
                .flatMap(cell -> Arrays.stream(cell.split(", ", -1)))
                .map(name -> name.replace("`", ""))
                .toList();
        assertThat(files)
                .hasSizeGreaterThan(5)
                .allSatisfy(name -> assertThat(
                                folder.resolve("k8s/overlays/production").resolve(name))
                        .exists());
        List<String> secrets = found("secretName: ([a-z-]+)", manifests());
        assertThat(secrets)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(text).containsPattern("(secret generic |secretName: )" + name + "\\b"));
    }

    private String manifests() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("k8s"))) {
            StringBuilder all = new StringBuilder();
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".yaml")).toList()) {
                all.append(Files.readString(file));
            }
            return all.toString();
        }
    }

    /// The first group of each match, each once.
    private static List<String> found(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .distinct()
                .toList();
    }

    /// A batch with a committed partition. The gate holds the others until the last command of the page.
    private static String runningBatch(TestCluster cluster, ScoringGate gate) throws Exception {
        gate.close("flights");
        gate.admit(1);
        String batch = submit(cluster, smallPartitions(cluster.folder().resolve("running")));
        gate.awaitWaiting(1);
        return batch;
    }

    /// A batch that failed because its input changed while it was running. Its partitions can be scored
    /// again.
    private static String failedBatch(TestCluster cluster, ScoringGate gate) throws Exception {
        FlightsJob job = smallPartitions(cluster.folder().resolve("failed"));
        job.edit("job: flights", "job: failed");
        gate.close("failed");
        String batch = submit(cluster, job);
        gate.awaitWaiting(1);
        job.write("SELECT * FROM flights LIMIT 10");
        gate.open();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(phase(cluster, batch)).isEqualTo("failed"));
        return batch;
    }

    /// A job with many partitions.
    private static FlightsJob smallPartitions(Path folder) throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights");
        job.edit("rows: 25000", "rows: 1000");
        return job;
    }

    private static String submit(TestCluster cluster, FlightsJob job) {
        CommandResult submitted = cluster.batch("submit", job.file().toString(), "-o", "json");
        return submitted.expect(0).json().get("batch").asText();
    }

    private static String phase(TestCluster cluster, String batch) {
        return cluster.show(batch).get("state").asText();
    }

    private static CodeBlock only(DocumentationPage page, String language) {
        List<CodeBlock> blocks =
                page.blocks().stream().filter(block -> block.is(language)).toList();
        assertThat(blocks).as("blocks of %s in %s", language, page.name()).hasSize(1);
        return blocks.getFirst();
    }

    /// Runs a query in the page's folder.
    ///
    /// @return the number of rows
    private int rows(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("SET file_search_path = '%s'".formatted(folder));
            int rows = 0;
            try (ResultSet result = statement.executeQuery(sql)) {
                while (result.next()) {
                    rows++;
                }
            }
            return rows;
        }
    }
}
