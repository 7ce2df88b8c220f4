package io.nightshift.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.operation.Role;
import io.nightshift.cli.Main;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.TokenSettings;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import io.nightshift.node.http.HttpLimits;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The commands of `batch` over HTTP.
@Timeout(300)
final class HttpCommandsIT {

    @TempDir
    Path folder = Path.of("");

    private Path token = Path.of("");
    private HttpNode node;

    @BeforeEach
    void start() throws IOException {
        String secret = Token.random();
        token = Files.writeString(folder.resolve("token"), secret + "\n");
        Tokens tokens = new Tokens(List.of(
                new Token("operator", Role.ADMIN, Token.digest(secret)),
                new Token("reader", Role.READ, Token.digest("a reader's"))));
        node = new HttpNode(
                folder.resolve("home"),
                new HttpSettings(true, "127.0.0.1", 0, null, new TokenSettings(tokens, null), HttpLimits.DEFAULT));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private CommandResult batch(String command, String... more) {
        return withToken(token, command, more);
    }

    private CommandResult withToken(Path file, String command, String... more) {
        return CommandResult.of(Main.commandLine(), arguments(file, command, more));
    }

    private String[] arguments(Path file, String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "batch", command, "--server", "http://127.0.0.1:" + node.port, "--token-file", file.toString()));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    @Test
    void theServersAnswersEqualTheLedgers() throws Exception {
        String job = FlightsJob.in(folder.resolve("job")).file().toString();
        CommandResult submitted = batch("submit", job, "-o", "json");
        assertThat(submitted.status()).as(submitted.err()).isZero();
        String first = submitted.json().get("batch").asText();
        CommandResult watched = batch("watch", first);
        assertThat(watched.status()).as(watched.err()).isZero();
        assertThat(watched.out()).startsWith("Published 300,000 predictions in ");
        assertThat(batch("submit", job).out()).startsWith("Nothing to do: batch " + first);

        String[] small = {job, "--set", "partitions.rows=1000", "--key", "today"};
        String second = batch("submit", small).out().split("[ .]", -1)[2];
        assertThat(batch("pause", second, "--reason", "later").out()).isEqualTo("Paused batch %s.%n".formatted(second));
        StringWriter watch = new StringWriter();
        CompletableFuture<Integer> watching = CompletableFuture.supplyAsync(() ->
                Main.commandLine().setErr(new PrintWriter(watch, true)).execute(arguments(token, "watch", second)));
        await().atMost(Duration.ofMinutes(2)).until(() -> watch.toString().contains("Paused since"));
        assertThat(batch("resume", second).out()).contains("Resumed batch " + second);
        assertThat(batch("cancel", second).out()).contains("Cancelled batch " + second);
        assertThat(watching.join()).isEqualTo(1);
        assertThat(watch.toString())
                .containsPattern("Paused since 20\\S+Z by \\S+: later")
                .contains("batch resume " + second)
                .contains("Batch " + second + " was cancelled");
        batch("retry", second).expect(1, "Batch " + second + " can't be retried: it is cancelled.");
        batch("rescore", second, "--partitions", "0").expect(1, "it is cancelled");
        batch("watch", second).expect(1, "was cancelled");
        assertThat(batch("submit", small).out()).contains("the key was used before, for batch " + second);

        Map<List<String>, CommandResult> told = new LinkedHashMap<>();
        for (List<String> command : List.of(
                List.of("list"),
                List.of("list", "-o", "json", "--limit", "1"),
                List.of("list", "--job", "fligths"),
                List.of("show", first),
                List.of("show", "latest", "-o", "json"),
                List.of("events", first),
                List.of("events", second, "-o", "json"),
                List.of("show", "nosuch"))) {
            told.put(
                    command,
                    batch(command.getFirst(), command.subList(1, command.size()).toArray(String[]::new)));
        }
        node.close();
        told.forEach((command, end) -> {
            List<String> arguments = new ArrayList<>(List.of("batch"));
            arguments.addAll(command);
            arguments.addAll(List.of("--home", folder.resolve("home").toString()));
            assertThat(end).isEqualTo(CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new)));
        });
        start();
    }

    @Test
    void theQuarantineOfAServersBatchIsTheSameAsTheHomeFolders() throws Exception {
        String job = FlightsJob.on(folder.resolve("job"), "FROM flights LIMIT 60000")
                .file()
                .toString();
        String wrong = "source.select.distance=if(distance = 733, 'inf'::DOUBLE, distance)";
        String limit = "errors.max-rows=1000000";
        String batch = batch("submit", job, "--set", wrong, "--set", "errors.max-rate=1", "--set", limit)
                .out()
                .split("[ .]", -1)[2];
        batch("watch", batch).expect(0);

        Map<List<String>, CommandResult> served = new LinkedHashMap<>();
        for (List<String> command : List.of(
                List.of("list", "latest", "-o", "json"),
                List.of("show", batch, "--limit", "3"),
                List.of("show", "latest", "--limit", "0", "-o", "json"),
                List.of("show", batch, "--reason", "RANGE", "--limit", "2", "-o", "json"),
                List.of("show", batch, "--reason", "nosuch"))) {
            served.put(command, quarantine(token, command));
        }
        assertThat(quarantine(token, List.of("list", batch)).expect(0).out())
                .contains("Batch %s (published) has ".formatted(batch))
                .contains("quarantine show %s --server http://127.0.0.1:%d --token-file".formatted(batch, node.port));
        Path reader = Files.writeString(folder.resolve("reader"), "a reader's");
        Path file = folder.resolve("exported.csv");
        assertThat(quarantine(token, List.of("export", "latest", "--to", file.toString(), "--where", "record_row > 0"))
                        .expect(0)
                        .out())
                .contains("quarantined rows of batch " + batch);
        assertThat(file).content().startsWith("record_file,record_row");
        quarantine(reader, List.of("show", batch))
                .expect(2, "The token reader has the role read, but the request needs the role submit.");
        quarantine(token, List.of("show", "nosuch")).expect(2, "no batch nosuch");

        node.close();
        served.forEach((command, result) -> {
            result.expect(0);
            List<String> arguments = new ArrayList<>(List.of("quarantine"));
            arguments.addAll(command);
            arguments.addAll(List.of("--home", folder.resolve("home").toString()));
            assertThat(result).isEqualTo(CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new)));
        });
        start();
    }

    private CommandResult quarantine(Path file, List<String> command) {
        List<String> arguments = new ArrayList<>(List.of("quarantine"));
        arguments.addAll(command);
        arguments.addAll(List.of("--server", "http://127.0.0.1:" + node.port, "--token-file", file.toString()));
        return CommandResult.of(Main.commandLine(), arguments.toArray(String[]::new));
    }

    @Test
    void aCommandOfTheSameUserFindsTheTokenInTheHomeFolder() {
        Path home = folder.resolve("local");
        try (HttpNode local = new HttpNode(home, HttpSettings.onLoopback(0))) {
            String server = "http://127.0.0.1:" + local.port;
            CommandResult.of(Main.commandLine(), "batch", "list", "--server", server, "--home", home.toString())
                    .expect(0);
            CommandResult.of(
                            Main.commandLine(),
                            "batch",
                            "pause",
                            "nosuch",
                            "--server",
                            "http://localhost:" + local.port,
                            "--home",
                            home.toString())
                    .expect(2, "there is no batch nosuch");
            String another = folder.resolve("another").toString();
            CommandResult.of(Main.commandLine(), "batch", "list", "--server", server, "--home", another)
                    .expect(2, "No token was sent.", "the file token in the node's home folder");
            CommandResult.of(
                            Main.commandLine(),
                            "batch",
                            "list",
                            "--server",
                            server,
                            "--home",
                            home.toString(),
                            "--token-file",
                            token.toString())
                    .expect(2, "The node does not know the token.");
        }
    }

    private void register(String name, byte[] model) throws IOException {
        CommandResult.of(
                        Main.commandLine(),
                        "model",
                        "import",
                        Files.write(folder.resolve(name), model).toString(),
                        "--name",
                        "delays",
                        "--home",
                        folder.resolve("home").toString())
                .expect(0);
    }

    @Test
    void aReaderSeesTheFiguresOfAShadowAndNoValuesOfRows() throws Exception {
        byte[] model = Files.readAllBytes(FlightsJob.example().resolve("flights.ubj"));
        register("first.ubj", model);
        register(
                "second.ubj",
                new String(model, StandardCharsets.ISO_8859_1)
                        .replace("1.9964166E-1", "2.9964166E-1")
                        .getBytes(StandardCharsets.ISO_8859_1));
        FlightsJob job = FlightsJob.on(folder.resolve("job"), "FROM flights LIMIT 5000");
        job.edit(FlightsJob.example().resolve("flights.ubj").toString(), "delays@1");
        job.edit("partitions:", "rollout: {candidate: delays@2, mode: shadow, differences: 2}\npartitions:");
        job.edit("rows: 25000", "rows: 2000");
        String batch = batch("submit", job.file().toString()).out().split("[ .]", -1)[2];
        batch("watch", batch).expect(0);
        Path reader = Files.writeString(folder.resolve("reader"), "a reader's");

        JsonNode seen = batch("show", batch, "-o", "json").json().get("shadow");
        assertThat(seen.get("state").asText()).isEqualTo("completed");
        assertThat(seen.get("rows").asInt()).isEqualTo(5000);
        assertThat(seen.get("agreement").asDouble()).isBetween(0.0, 1.0);
        assertThat(seen.get("histogram")).isNotEmpty();
        assertThat(seen.get("largest"))
                .hasSize(2)
                .allSatisfy(
                        row -> assertThat(row.at("/features/distance").asInt()).isPositive());
        JsonNode shown = withToken(reader, "show", batch, "-o", "json").json().get("shadow");
        assertThat(shown.get("psi")).isEqualTo(seen.get("psi"));
        assertThat(shown.get("largest"))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row.get("features")).isEmpty());
        assertThat(withToken(reader, "list", "-o", "json").out()).doesNotContain("\"distance\" :", "\"distance\":");
        assertThat(withToken(reader, "events", batch, "-o", "json").out())
                .contains("largest")
                .doesNotContain("\"distance\" :", "\"distance\":");
    }

    @Test
    void errorsAreExplainedInASentence() throws IOException {
        Path wrong = Files.writeString(folder.resolve("wrong"), Token.random());
        Path reader = Files.writeString(folder.resolve("reader"), "a reader's");
        withToken(wrong, "list")
                .expect(
                        2,
                        "The node does not know the token. It may have been revoked. Give a token with --token-file");
        withToken(reader, "cancel", "latest")
                .expect(2, "The token reader has the role read, but the request needs the role admin.");
        withToken(folder.resolve("none"), "list").expect(2, "the token file", "is missing");
        batch("show", "nosuch").expect(2, "there is no batch nosuch");
        batch("pause", "nosuch").expect(2, "there is no batch nosuch");
        int port = node.port;
        node.close();
        CommandResult.of(Main.commandLine(), "batch", "list", "--server", "http://127.0.0.1:" + port)
                .expect(2, "cannot reach http://127.0.0.1:%d: nothing listens there".formatted(port));
        CommandResult.of(Main.commandLine(), "batch", "list", "--server", "ftp://host")
                .expect(2, "--server: a server is a URL such as https://");
        CommandResult.of(
                        Main.commandLine(),
                        "batch",
                        "list",
                        "--server",
                        "http://192.0.2.1:1",
                        "--token-file",
                        token.toString())
                .expect(2, "a token is sent to another machine over https only");
        start();
    }

    @Test
    void aTokenIsShownOnceWithTheLineThatLetsItIn() throws IOException {
        CommandResult end =
                CommandResult.of(Main.commandLine(), "token", "create", "--name", "airflow", "--role", "submit");
        assertThat(end.status()).isZero();
        List<String> lines = end.out().lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst()).matches("nst_[A-Za-z0-9_-]{43}");
        assertThat(lines.getLast())
                .isEqualTo("{ name = \"airflow\", role = submit, sha256 = \"%s\" }"
                        .formatted(Token.digest(lines.getFirst())));
        CommandResult.of(Main.commandLine(), "token", "create", "--name", "a b", "--role", "read")
                .expect(2, "--name must be at most 63 letters");
        CommandResult.of(Main.commandLine(), "token", "create", "--name", "a", "--role", "boss")
                .expect(2, "boss");
        assertThat(CommandResult.of(
                                Main.commandLine(), "token", "create", "--name", "a", "--role", "admin", "-o", "json")
                        .json()
                        .get("role")
                        .asText())
                .isEqualTo("admin");
    }
}
