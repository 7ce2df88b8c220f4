package io.nightshift.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.node.configuration.LocalServer;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.HttpReceiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command `doctor` without a database.
final class DoctorCommandTest {

    @TempDir
    private Path folder;

    private CommandResult doctor(String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("doctor", "--home", folder.resolve("home").toString()));
        arguments.addAll(List.of(more));
        return CommandResult.of(Main.commandLine("doctor"), arguments.toArray(String[]::new));
    }

    @Test
    void eachThingHasALineAndNothingIsMade() {
        CommandResult end = doctor().expect(0);

        assertThat(end.out())
                .contains("java ", "memory ", "duckdb ", "onnx runtime ", "home folder ", "configuration ", "ledger ")
                .contains("No problem was found.");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aMistakeInTheConfigurationIsAProblem() throws IOException {
        Path file = Files.writeString(folder.resolve("nightshift.conf"), "nightshift { node.prot = 1 }");

        CommandResult end = doctor("--config", file.toString(), "-o", "json").expect(1);

        JsonNode json = end.json();
        assertThat(json.get("fine").asBoolean()).isFalse();
        assertThat(json.get("checks")).anySatisfy(check -> {
            assertThat(check.get("what").asText()).isEqualTo("configuration");
            assertThat(check.get("outcome").asText()).isEqualTo("problem");
            assertThat(check.get("detail").asText()).contains("prot");
        });
    }

    @Test
    void aJobIsExaminedToo() throws IOException {
        FlightsJob job = FlightsJob.in(folder.resolve("job"));

        assertThat(doctor("--job", job.file().toString()).expect(0).out())
                .contains("destination ", "job ", "flights can run");
        job.edit("model: ", "model: missing-");
        assertThat(doctor("--job", job.file().toString()).expect(1).out()).contains("1 problem was found.");
    }

    @Test
    void aHomeThatCannotBeMadeIsAProblem() throws IOException {
        Files.createFile(folder.resolve("home"));

        assertThat(doctor().expect(1).out()).contains("home can't be written", "problem was found");
    }

    /// An applied job as `GET /v1/jobs` lists it.
    private static String applied(String job, int waiting, String more) {
        return """
                {"job": "%1$s", "batches": 0, "applied": {"job": "%1$s", "revision": 1, "first_applied_at": "2026-11-01T00:00:00Z",
                 "applied_at": "2026-11-01T00:00:00Z", "applied_by": "ops", "cron": "0 2 * * *", "time_zone": "Europe/Berlin",
                 "waiting": %2$d, "running": 0, "ticks": [] %3$s}}
                """.formatted(job, waiting, more);
    }

    private static String run(String tick, String state, String more) {
        return """
                {"run": "tick:%1$s", "cause": "schedule", "tick": "%1$s", "parameters": {}, "state": "%2$s", "revision": 1,
                 "due_at": "%1$s" %3$s}
                """.formatted(tick, state, more);
    }

    /// Runs `doctor` with a server on the home folder.
    ///
    /// @param runs of the job `queue`
    private CommandResult doctor(String jobs, String runs, int status) throws IOException {
        Path home = Files.createDirectories(folder.resolve("home"));
        try (HttpReceiver server = new HttpReceiver()) {
            server.behave(exchange -> {
                exchange.getResponseHeaders().add("Content-Type", "application/json");
                String path = exchange.getRequestURI().getPath();
                HttpReceiver.respond(exchange, status, path.endsWith("/queue/runs") ? runs : jobs);
            });
            LocalServer.record(home, server.uri(""));
            return doctor("-o", "json");
        }
    }

    private static String json(String name, String... each) {
        return "{\"%s\": [%s]}".formatted(name, String.join(",", each));
    }

    private static Map<String, String> checks(CommandResult end) throws IOException {
        Map<String, String> checks = new TreeMap<>();
        end.json()
                .get("checks")
                .forEach(check -> checks.put(
                        check.get("what").asText(),
                        check.get("outcome").asText() + ": "
                                + check.get("detail").asText()));
        return checks;
    }

    @Test
    void aJobWhoseRunsAreRefusedOrWaitIsAProblem() throws IOException {
        String refused = run("2026-11-25T01:00:00Z", "refused", ", \"reason\": \"no column fare\"");
        String delayed = run("2026-11-24T01:00:00Z", "waiting", ", \"reason\": \"/data is not mounted\"");
        String behind = run("2026-11-25T01:00:00Z", "waiting", "");
        String jobs = json(
                "jobs",
                applied("flights", 0, ", \"latest\": " + refused),
                applied("queue", 2, ", \"latest\": " + behind),
                applied("delayed", 1, ", \"latest\": " + delayed),
                applied("fine", 1, ", \"latest\": " + behind),
                applied(
                        "paused",
                        0,
                        ", \"pause\": {\"at\": \"2026-11-25T01:00:00Z\", \"reason\": \"\", \"by\": \"ops\"}, \"latest\": "
                                + refused));

        Map<String, String> checks =
                checks(doctor(jobs, json("runs", behind, delayed), 200).expect(1));

        assertThat(checks)
                .containsEntry("job flights", "problem: the run of 2026-11-25 02:00:00 CET was refused: no column fare")
                .containsEntry("job queue", "problem: the run of 2026-11-24 02:00:00 CET waits: /data is not mounted")
                .containsEntry("job delayed", "problem: the run of 2026-11-24 02:00:00 CET waits: /data is not mounted")
                .doesNotContainKeys("job fine", "job paused", "applied jobs");
    }

    @Test
    void jobsWhoseRunsGetTheirBatchesAreFine() throws IOException {
        String published = run("2026-11-25T01:00:00Z", "published", "");
        String jobs = json("jobs", applied("flights", 0, ", \"latest\": " + published), applied("new", 0, ""));

        assertThat(checks(doctor(jobs, "", 200).expect(0)).get("applied jobs")).startsWith("fine: 2 run by themselves");
    }

    @Test
    void aServerThatDoesNotListItsJobsIsAWarning() throws IOException {
        String problem = "{\"title\": \"not allowed\", \"status\": 401, \"detail\": \"the token is wrong\"}";

        assertThat(checks(doctor(problem, "", 401).expect(0)).get("applied jobs"))
                .startsWith("warning: the server");
    }
}
