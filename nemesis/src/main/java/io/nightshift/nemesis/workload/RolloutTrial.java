package io.nightshift.nemesis.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.cli.Main;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Batches that try another version of their model, and the checks of its decision. The registry has the champion
/// and two candidates: one predicts nearly the same, and one does not.
public enum RolloutTrial {
    /// The candidate keeps the guards, scores the whole batch and is promoted.
    CANARY(2, 2, "mode: canary, share: 20%, guards: {prediction-psi: 0.1, agreement: 99%}, on-pass: promote"),
    /// The candidate does not keep the guards, and the champion scores the whole batch.
    CANARY_FAILS(3, 1, "mode: canary, share: 20%, guards: {prediction-psi: 0.1, agreement: 99%}, on-pass: promote"),
    /// The candidate scores half of the partitions in addition.
    SHADOW(3, 1, "mode: shadow, sample: 50%");

    private static final String MODEL = "flights";
    private static final String CHAMPION = "champion";

    /// The text of the model file that the candidates change: the probability without any feature.
    private static final String BASE = "[1.9964166E-1]";

    private static final List<String> BASES = List.of(BASE, "[1.9964176E-1]", "[6.9964166E-1]");

    private final int candidate;
    private final int scoring;
    private final String settings;

    /// @param candidate the version that is tried
    /// @param scoring the version that the decision lets score the batch
    RolloutTrial(int candidate, int scoring, String settings) {
        this.candidate = candidate;
        this.scoring = scoring;
        this.settings = settings;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// Registers the versions.
    ///
    /// @param configuration HOCON that names the registry
    /// @param folder for files
    static void register(String configuration, Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("registry.conf"), configuration);
        Path home = folder.resolve("register");
        importVersions(
                MODEL,
                folder,
                BASES,
                arguments -> CommandResult.of(
                                Main.commandLine(),
                                Stream.concat(
                                                Stream.of("model", "import"),
                                                Stream.concat(
                                                        arguments.stream(),
                                                        Stream.of(
                                                                "--config",
                                                                file.toString(),
                                                                "--home",
                                                                home.toString())))
                                        .toArray(String[]::new))
                        .expect(0));
    }

    /// Registers two versions of a model with a cluster.
    ///
    /// @param model a name that no model has
    public static void importVersions(NemesisCluster cluster, String model) throws IOException {
        importVersions(
                model,
                cluster.folder,
                BASES.subList(0, 2),
                arguments -> cluster.command("model", "import", arguments.toArray(String[]::new))
                        .expect(0));
    }

    /// @param command runs `model import` with these arguments
    private static void importVersions(String name, Path folder, List<String> bases, Consumer<List<String>> command)
            throws IOException {
        String champion = Files.readString(FlightsJob.example().resolve("flights.ubj"), StandardCharsets.ISO_8859_1);
        if (!champion.contains(BASE)) {
            throw new IllegalStateException("the model of the example has changed: it has no " + BASE);
        }
        for (String base : bases) {
            Path model = Files.writeString(
                    folder.resolve("version.ubj"), champion.replace(BASE, base), StandardCharsets.ISO_8859_1);
            command.accept(List.of(model.toString(), "--name", name));
        }
    }

    /// The values of `--set` that let a batch try the candidate.
    List<String> jobSettings() {
        return List.of(
                "model=%s@%s".formatted(MODEL, CHAMPION),
                "rollout={candidate: %s@candidate, %s}".formatted(MODEL, settings));
    }

    /// The value of `--set` by which a batch has the same predictions without a rollout.
    String plainSetting() {
        return "model=%s@%d".formatted(MODEL, scoring);
    }

    /// Lets the aliases name the champion and the candidate, before a batch is submitted.
    ///
    /// @return the last move of the champion's alias
    public JsonNode begin(NemesisCluster cluster) {
        cluster.command("model", "alias", MODEL + "@1", CHAMPION).expect(0);
        cluster.command("model", "alias", "%s@%d".formatted(MODEL, candidate), "candidate")
                .expect(0);
        return moves(cluster).getFirst();
    }

    /// The moves of the champion's alias, the last one first.
    private static List<JsonNode> moves(NemesisCluster cluster) {
        List<JsonNode> moves = new ArrayList<>();
        cluster.command("model", "history", MODEL, "-o", "json")
                .expect(0)
                .json()
                .get("moves")
                .forEach(moves::add);
        moves.removeIf(move -> !move.get("alias").asText().equals(CHAMPION));
        return moves;
    }

    /// The lines of the log that begin the steps of the decision, as regular expressions.
    public List<Pattern> steps() {
        String decision = this == SHADOW
                ? " committed$"
                : this == CANARY ? "the candidate has passed" : "the candidate has failed";
        String start = this == SHADOW ? "in addition, unpublished" : "no other is scored before it has passed";
        return List.of(
                Pattern.compile(start),
                Pattern.compile(" committed$"),
                Pattern.compile(decision),
                Pattern.compile("is being published"));
    }

    /// Checks the decision of a published batch, and what became of the alias.
    ///
    /// @param events the batch's events
    /// @param before the last move of the alias before the batch
    /// @return the broken promises
    public List<String> check(NemesisCluster cluster, String batch, List<JsonNode> events, JsonNode before) {
        List<String> violations = new ArrayList<>();
        JsonNode shown = cluster.show(batch);
        if (shown == null) {
            return List.of("the batch can't be shown");
        }
        List<JsonNode> since =
                moves(cluster).stream().takeWhile(move -> !move.equals(before)).toList();
        int expected = this == CANARY ? 1 : 0;
        if (since.size() != expected
                || since.stream().anyMatch(move -> move.get("to").asInt() != candidate)) {
            violations.add("the alias was moved %d times, expected %d: %s".formatted(since.size(), expected, since));
        }
        if (!shown.path("model").asText().equals("%s@%d".formatted(MODEL, scoring))) {
            violations.add(
                    "the batch is shown with the model " + shown.path("model").asText());
        }
        if (this == SHADOW) {
            checkShadow(shown.path("shadow"), events, violations);
            return violations;
        }
        String state = shown.at("/rollout/state").asText();
        if (!state.equals(this == CANARY ? "passed" : "failed")
                || shown.at("/rollout/guards").isEmpty()) {
            violations.add("the rollout is " + shown.path("rollout"));
        }
        for (String event : List.of("canary-started", "canary-decided")) {
            long times = events.stream()
                    .filter(entry -> entry.path("event").asText().equals(event))
                    .count();
            if (times != 1) {
                violations.add("%d events %s".formatted(times, event));
            }
        }
        return violations;
    }

    private static void checkShadow(JsonNode shadow, List<JsonNode> events, List<String> violations) {
        Set<Integer> chosen = new HashSet<>();
        long rows = 0;
        for (JsonNode event : events) {
            if (event.path("event").asText().equals("shadow-started")) {
                event.get("partitions").forEach(partition -> chosen.add(partition.asInt()));
            }
            for (JsonNode commit : event.path("commits")) {
                rows += chosen.contains(commit.get("partition").asInt())
                        ? commit.get("read").asLong()
                        : 0;
            }
        }
        if (!shadow.path("state").asText().equals("completed")
                || shadow.path("partitions").asInt() != chosen.size()
                || shadow.path("rows").asLong() != rows) {
            violations.add("%d partitions with %d rows were to be compared, and the shadow is %s"
                    .formatted(chosen.size(), rows, shadow));
        }
    }
}
