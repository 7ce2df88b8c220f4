package io.nightshift.system.documentation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.system.cluster.TestCluster;
import io.nightshift.system.documentation.DocumentationPage.CodeBlock;
import io.nightshift.system.documentation.DocumentationPage.Command;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs the commands and queries of pages in their order, as a reader would who copies them, on a smaller input.
/// [DocumentationTest] checks the commands of all other pages, without running them.
final class DocumentationIT {

    private static final int ROWS = 3000;

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /// The job file of the page on CSV files.
    private static final String JOB_FILE = "job.yaml";

    @TempDir
    private Path folder;

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
        run(DocumentationPage.read(name), PageShell.in(folder, ROWS));
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
        PageShell shell = PageShell.in(folder, ROWS);
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
    void aClusterDoesWhatThePageOnControlsSays() throws Exception {
        DocumentationPage page = DocumentationPage.read("docs/how-to/control.md");
        PageShell shell = PageShell.in(folder, ROWS);
        try (TestCluster cluster = new TestCluster(folder, 1)) {
            Files.copy(cluster.configuration(), shell.home().resolve("nightshift.conf"));
            cluster.start(0);
            cluster.awaitUp(0);
            String failed = failedBatch(cluster);
            String running = runningBatch(cluster);

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

    private static String runningBatch(TestCluster cluster) throws Exception {
        return submit(cluster, slowJob(cluster.folder().resolve("running")));
    }

    /// A batch that failed because its input changed while it was running. Its partitions can be scored again.
    private static String failedBatch(TestCluster cluster) throws Exception {
        FlightsJob job = slowJob(cluster.folder().resolve("failed"));
        job.edit("job: flights", "job: failed");
        String batch = submit(cluster, job);
        await().atMost(PATIENCE).until(() -> phase(cluster, batch).equals("running"));
        job.write("SELECT * FROM flights LIMIT 10");
        await().atMost(PATIENCE).until(() -> phase(cluster, batch).equals("failed"));
        return batch;
    }

    private static FlightsJob slowJob(Path folder) throws Exception {
        FlightsJob job = FlightsJob.on(folder, "SELECT * FROM flights LIMIT 60000");
        job.edit("rows: 25000", "rows: 2000");
        job.edit("source:", "source:\n  where: length(sha256(repeat(origin, 30000))) = 64");
        return job;
    }

    private static String submit(TestCluster cluster, FlightsJob job) {
        CommandResult submitted = cluster.batch("submit", job.file().toString(), "-o", "json");
        return submitted.expect(0).json().get("batch").asText();
    }

    private static String phase(TestCluster cluster, String batch) {
        return cluster.batch("show", batch, "-o", "json").json().get("state").asText();
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
