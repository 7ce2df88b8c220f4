package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.nightshift.cli.Main;
import io.nightshift.node.configuration.LocalServer;
import io.nightshift.system.run.InProcess;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.gate.ScoringGate;
import io.nightshift.testing.program.ProgramProcess;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `nightshift serve`: one process with the ledger of a home folder.
@Timeout(600)
final class ServeIT {

    private static final Pattern COMMITTED = Pattern.compile(" committed");

    @TempDir
    private Path folder;

    @Test
    void commandsFindTheServerByTheHomeFolderAndItEndsCleanly() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        try (HomeServer server = new HomeServer(folder)) {
            CommandResult submitted =
                    server.command("batch", "submit", job.file().toString(), "--wait");
            submitted.expect(0);
            assertThat(submitted.out()).contains("Published 300,000 predictions");
            assertThat(job.published()).hasSize(1);
            assertThat(server.command("batch", "list").expect(0).out()).contains("flights-", "published");
            assertThat(server.command("batch", "show", "latest").expect(0).out())
                    .contains("published");
            assertThat(server.command("batch", "events", "latest").expect(0).out())
                    .contains("published");
            assertThat(server.command("node", "list").expect(0).out()).contains("127.0.0.1:", "up");
            assertThat(server.command("batch", "diff", "latest", "latest")
                            .expect(0)
                            .out())
                    .contains("records in both", "300,000");
            assertThat(server.command("schema", "show", job.file().toString())
                            .expect(0)
                            .out())
                    .contains("prediction", "the newest published batch, flights-");
            String address = server.address().toString();
            assertThat(server.command("schema", "diff", job.file().toString(), "--server", address)
                            .expect(0)
                            .out())
                    .contains("No difference to flights-");
            server.command("schema", "diff", job.file().toString(), "--server", address, "--registry", "models")
                    .expect(2, "Leave out --registry, or --server");

            CommandResult end = server.terminate();
            assertThat(end.status()).as(end.out()).isZero();
            assertThat(LocalServer.find(server.home())).isEmpty();
            assertThat(end.out()).doesNotContain("ERROR", "\tat ");

            server.command("batch", "verify", "latest").expect(0);
            assertThat(server.command("batch", "watch", "latest").expect(0).out())
                    .contains("Published 300,000 predictions");
        }
    }

    @Test
    void aSecondProcessIsToldThatTheServerHasTheHomeFolder() throws Exception {
        FlightsJob job = FlightsJob.in(folder);
        try (HomeServer server = new HomeServer(folder)) {
            String holder =
                    "process %d (nightshift serve".formatted(server.process().id());
            String asksIt = "batch submit %s".formatted(job.file());
            for (List<String> command : List.of(job.run(), job.run("--wait"))) {
                InProcess.run(command.toArray(String[]::new)).expect(2, holder, asksIt, "--wait --home " + job.home());
            }
            ProgramProcess.run(folder, "serve", "--home", job.home().toString())
                    .expect(2, holder, "Stop it, or choose another folder");
            server.command("ledger", "import", "any").expect(2, holder, "that no process uses. Stop the process");
        }
    }

    @Test
    void aKilledServerResumesItsOpenBatchesWhenItStartsAgain() throws Exception {
        FlightsJob job = FlightsJob.on(folder, "FROM flights");
        ScoringGate gate = ScoringGate.closed(folder.resolve("gate"));
        gate.admit(3);
        try (HomeServer server = new HomeServer(folder, gate)) {
            server.command("batch", "submit", job.file().toString()).expect(0);
            await().atMost(Duration.ofMinutes(2))
                    .until(() ->
                            COMMITTED.matcher(server.process().out()).results().count() == 3);
            gate.awaitWaiting(1);
            server.kill();
            gate.open();
            assertThat(job.published()).as("the batch was open").isEmpty();
            assertThat(LocalServer.find(server.home()))
                    .as("the address of a process that is gone")
                    .isEmpty();

            server.restart();
            server.command("batch", "watch", "latest").expect(0);
            server.terminate();
            server.command("batch", "verify", "latest").expect(0);
        }
        assertThat(PublishedParquet.digest(job.predictions())).startsWith("300000:300000:");
    }

    @Test
    void aWrongConfigurationIsRefusedWithASentence() throws Exception {
        refused("journal.url = \"jdbc:postgresql://localhost/x\"")
                .expect(2, "`serve` keeps its ledger in the home folder", "nightshift node");
        refused("http.hostname = \"0.0.0.0\"").expect(2, "0.0.0.0 is not a loopback address");
        refused("", "--http-port", "70000").expect(2, "--http-port must be 0 to 65535, not 70000");
        refused("", "--port", "-1").expect(2, "--port must be 1 to 65535, not -1");
        refused("", "--port", "7355").expect(2, "--port needs TLS");
        refused("", "--threads", "5000").expect(2, "--threads must be 1 to 1024, not 5000");
    }

    @Test
    void aUsedPortIsNamed() throws Exception {
        try (ServerSocket used = new ServerSocket(0)) {
            ProgramProcess.run(
                            folder,
                            "serve",
                            "--home",
                            folder.resolve("home").toString(),
                            "--http-port",
                            String.valueOf(used.getLocalPort()))
                    .expect(2, "can't listen for HTTP at 127.0.0.1:" + used.getLocalPort());
        }
    }

    private CommandResult refused(String configuration, String... more) throws IOException {
        Path file = Files.writeString(folder.resolve("serve.conf"), "nightshift { %s }".formatted(configuration));
        List<String> arguments = new ArrayList<>(
                List.of("serve", "--home", folder.resolve("home").toString(), "--config", file.toString()));
        arguments.addAll(List.of(more));
        String[] all = arguments.toArray(String[]::new);
        return CommandResult.of(Main.commandLine(all), all);
    }
}
