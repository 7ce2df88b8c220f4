package io.nightshift.system.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.cli.Main;
import io.nightshift.system.cluster.TestCluster;
import io.nightshift.system.run.InProcess;
import io.nightshift.testing.Checkout;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// The table of the reference page that says where each command works: every command is in it, and every command
/// answers the same in every mode in which it works.
@Timeout(1_800)
final class CommandModesIT {

    private static final Pattern TABLE = Pattern.compile("<!-- modes -->(.*)<!-- end of modes -->", Pattern.DOTALL);
    private static final Pattern COMMAND = Pattern.compile("`([^`]+)`");
    private static final int ANY = -1;
    private static final String NO_OPTION = "–";

    /// The columns of the table.
    private enum Mode {
        HOME,
        SERVE,
        SERVER,
        CLUSTER
    }

    /// Not tried with a configured cluster: they run on a ledger of their own or until they are stopped, or can't
    /// have a configuration.
    private static final Set<String> NOT_OF_CLUSTER =
            Set.of("run", "serve", "node", "ledger import", "completion", "help", "token create");

    /// A call of a command, and its expected answer, which is the same in each mode.
    ///
    /// @param arguments after the command's name
    /// @param status the exit status
    /// @param text in its output
    private record Call(List<String> arguments, int status, String text) {}

    @TempDir
    private static Path folder;

    private static FlightsJob job;
    private static Map<String, List<String>> table;
    private static Map<String, Call> calls;

    @BeforeAll
    static void publishABatch() throws Exception {
        table = table();
        job = FlightsJob.on(folder, "FROM flights LIMIT 3000");
        job.edit("rows: 25000", "rows: 1000");
        InProcess.run("model", "import", model(), "--name", "flights", "--home", home())
                .expect(0);
        InProcess.run(job).expect(0);
        Files.writeString(folder.resolve("nightshift.conf"), "nightshift.alerts.channels {}");
        calls = calls(folder, job);
    }

    @AfterAll
    static void forget() {
        calls = Map.of();
    }

    private static String home() {
        return job.home().toString();
    }

    private static String model() {
        return FlightsJob.example().resolve("flights.ubj").toString();
    }

    /// The cells of the table by command.
    private static Map<String, List<String>> table() throws IOException {
        Matcher found = TABLE.matcher(Files.readString(Checkout.path("docs/reference/cli.md")));
        assertThat(found.find()).as("the table").isTrue();
        Map<String, List<String>> rows = new TreeMap<>();
        found.group(1)
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("\\|", -1))
                .forEach(cells -> COMMAND.matcher(cells[1])
                        .results()
                        .forEach(command -> assertThat(rows.put(
                                        command.group(1),
                                        Stream.of(cells)
                                                .skip(2)
                                                .limit(4)
                                                .map(String::strip)
                                                .toList()))
                                .as(command.group(1) + " is in the table once")
                                .isNull()));
        return rows;
    }

    private static Map<String, Call> calls(Path folder, FlightsJob job) {
        Map<String, Call> all = new LinkedHashMap<>();
        String file = job.file().toString();
        all.put("batch list", call(0, "published"));
        all.put("batch show", call(0, "published", "latest"));
        all.put("batch events", call(0, "took over", "latest"));
        all.put("batch diff", call(0, "records in both", "latest", "latest"));
        all.put("batch drift", call(2, "distributions", "latest"));
        all.put("batch head", call(0, "prediction", "latest"));
        all.put("batch verify", call(0, "Verified: ", "latest"));
        all.put("batch replay", call(0, "All 3,000 predictions of 3 partitions are the same", "latest"));
        all.put("quarantine list", call(0, "has no quarantined rows", "latest"));
        all.put("quarantine show", call(0, "has no quarantined rows", "latest"));
        all.put(
                "quarantine export",
                call(
                        0,
                        "Wrote 0 quarantined rows",
                        "latest",
                        "--to",
                        folder.resolve("rows-{mode}.csv").toString()));
        all.put("alert list", call(0, "There is no alert."));
        all.put("batch submit", call(0, "Nothing to do: batch", file));
        all.put("batch watch", call(0, "Published 3,000 predictions", "latest"));
        all.put("batch pause", call(1, "can't be paused: it is published", "latest"));
        all.put("batch resume", call(1, "can't be resumed: it is published", "latest"));
        all.put("batch cancel", call(1, "can't be cancelled: it is published", "latest"));
        all.put("batch retry", call(1, "can't be retried: it is published", "latest"));
        all.put("batch rescore", call(1, "can't be rescored: it is published", "latest", "--partitions", "0"));
        all.put("batch approve", call(1, "can't be approved: ", "latest"));
        all.put("batch ignore-window", call(1, "it is published", "latest"));
        all.put("batch delete", call(1, "Force the deletion", "latest", "--dry-run"));
        all.put("quarantine redrive", call(1, "no quarantined rows", "latest"));
        all.put("retention plan", call(0, "The retention removes no batch.", "--all"));
        all.put("retention apply", call(0, "The retention removes no batch.", "--all"));
        all.put("job apply", call(0, "job", file));
        all.put("job list", call(0, "flights"));
        all.put("job show", call(0, "flights, revision ", "flights"));
        all.put("job trigger", call(0, "Triggered job flights", "flights"));
        all.put("job runs", call(0, "manual", "flights"));
        all.put("job pause", call(0, "Paused job flights.", "flights"));
        all.put("job resume", call(0, "Resumed job flights.", "flights"));
        all.put("backfill", call(2, "date", "flights", "--from", "2026-11-01", "--to", "2026-11-02"));
        all.put("backfill list", call(0, "Job flights has no backfill.", "flights"));
        for (String verb : List.of("show", "pause", "resume", "cancel")) {
            all.put("backfill " + verb, call(2, "job flights has no backfill", "flights"));
        }
        all.put("job delete", call(0, "Deleted job flights", "flights"));
        all.put("run", call(0, "Nothing to do", file));
        all.put("plan", call(0, "Run once, by hand", file));
        all.put("schema show", call(0, "the newest published batch", file));
        all.put("schema diff", call(0, "No difference to ", file));
        all.put("model promote", call(0, "flights@champion is version 1", "flights@1"));
        all.put("model rollback", call(2, "flights", "flights"));
        all.put("model history", call(0, "flights@champion is version 1", "flights"));
        all.put("model import", call(0, "Already registered as flights@1", model(), "--name", "flights"));
        all.put("model list", call(0, "flights@1"));
        all.put("model show", call(0, "features", "flights@1"));
        all.put("model alias", call(0, "flights@tried is flights@1", "flights@1", "tried"));
        all.put(
                "model check",
                call(2, "there is no job file", "--job", "gone.yaml", "--expected", "gone.csv", "--column", "a"));
        all.put("model compare", call(2, "there is no job file", "flights@1", "flights@1", "--job", "gone.yaml"));
        all.put("model sql", call(2, "the model has no steps before it", "flights@1"));
        all.put("model train", call(2, "", "--algorithm", "forest", "--target", "a", "--data", "gone.parquet"));
        all.put("alert test", call(2, "night", "night"));
        all.put("init", call(2, "gone.parquet", "--data", "gone.parquet", "--model", model()));
        all.put("trace", call(2, "there is no Delta table", "delta:" + folder.resolve("gone")));
        // It says what is wrong with this machine, too.
        all.put("doctor", call(ANY, "home folder", "--job", file));
        all.put("token create", call(0, "sha256", "--name", "anna", "--role", "read"));
        all.put("completion", call(0, "nightshift", "bash"));
        all.put("help", call(0, "Scores data in bulk"));
        all.put("node list", call(0, ""));
        all.put("ui", call(0, "#/sign-in/", "--no-browser"));
        all.put("ledger check", call(0, "no damage was found"));
        all.put(
                "ledger export",
                call(0, "Exported ", folder.resolve("ledger-{mode}.export").toString()));
        all.put(
                "ledger import",
                call(
                        2,
                        "has a ledger already",
                        folder.resolve("ledger-HOME.export").toString()));
        all.put("serve", call(2, "--threads must be 1 to 1024", "--threads", "5000"));
        all.put("node", call(2, "nightshift.journal"));
        return all;
    }

    private static Call call(int status, String text, String... arguments) {
        return new Call(List.of(arguments), status, text);
    }

    @Test
    void everyCommandIsInTheTableAndIsTried() {
        List<String> commands = new ArrayList<>();
        add(commands, Main.commandLine(), "");

        assertThat(table.keySet()).isEqualTo(new TreeSet<>(commands));
        assertThat(calls.keySet()).containsExactlyInAnyOrderElementsOf(commands);
    }

    private static void add(List<String> commands, CommandLine command, String name) {
        boolean canRun = command.getCommandSpec().userObject() instanceof Runnable
                || command.getCommandSpec().userObject() instanceof java.util.concurrent.Callable<?>;
        boolean isGroup = !command.getSubcommands().isEmpty();
        if (!name.isEmpty() && canRun && (!isGroup || name.equals("backfill") || name.equals("node"))) {
            commands.add(name);
        }
        command.getSubcommands().forEach((below, spec) -> add(commands, spec, (name + " " + below).strip()));
    }

    @Test
    void everyCommandAnswersTheSameWhereverItWorks() throws Exception {
        List<String> problems = new ArrayList<>();
        calls.forEach((command, call) -> tryIn(Mode.HOME, command, call, List.of("--home", home()), problems));
        try (HomeServer server = new HomeServer(folder)) {
            String address = server.address().toString();
            String other = folder.resolve("other").toString();
            String token = server.home().resolve("token").toString();
            calls.forEach((command, call) -> tryIn(Mode.SERVE, command, call, List.of("--home", home()), problems));
            calls.forEach((command, call) -> tryIn(
                    Mode.SERVER,
                    command,
                    call,
                    List.of("--home", other, "--server", address, "--token-file", token),
                    problems));
        }

        assertThat(problems).isEmpty();
    }

    @Test
    void everyCommandAnswersTheSameWithACluster() throws Exception {
        Path own = Files.createDirectories(folder.resolve("cluster"));
        FlightsJob job = FlightsJob.on(own, "FROM flights LIMIT 3000");
        job.edit("rows: 25000", "rows: 1000");
        String home = job.home().toString();
        InProcess.run("model", "import", model(), "--name", "flights", "--home", home)
                .expect(0);
        List<String> problems = new ArrayList<>();
        try (TestCluster cluster = new TestCluster(own, 1)) {
            cluster.start(0);
            cluster.awaitUp(0);
            cluster.batch("submit", job.file().toString(), "--wait").expect(0);

            List<String> where = List.of("--config", cluster.configuration().toString(), "--home", home);
            calls(own, job).forEach((command, call) -> {
                if (!NOT_OF_CLUSTER.contains(command)) {
                    tryIn(Mode.CLUSTER, command, call, where, problems);
                }
            });
        }

        assertThat(problems).isEmpty();
    }

    private static void tryIn(Mode mode, String command, Call call, List<String> where, List<String> problems) {
        String cell = table.get(command).get(mode.ordinal());
        List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
        call.arguments().stream()
                .map(word -> word.replace("{mode}", mode.name()))
                .forEach(words::add);
        boolean takesHome = !List.of("completion", "help", "token create").contains(command);
        if (takesHome) {
            words.addAll(where);
        }
        String[] arguments = words.toArray(String[]::new);
        if (mode == Mode.SERVER && cell.equals(NO_OPTION)) {
            return;
        }
        CommandResult result = CommandResult.of(Main.commandLine(arguments), arguments);
        String all = result.out() + result.err();
        boolean isAsExpected = cell.equals("refused")
                ? result.status() == 2
                        && result.err().startsWith("nightshift: ")
                        && result.out().isEmpty()
                : (call.status() == ANY || result.status() == call.status()) && all.contains(call.text());
        if (!isAsExpected || all.contains("\tat ") || all.contains("unexpected error")) {
            problems.add("%s: %s is said to be '%s', but has the exit status %d: %s"
                    .formatted(mode, String.join(" ", words), cell, result.status(), all));
        }
    }
}
