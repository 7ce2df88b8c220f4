package io.nightshift.nemesis;

import io.nightshift.nemesis.Attack.Destination;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// Attacks a cluster and prints what it came to. Run by `bench/nemesis.sh`.
@Command(
        name = "bench/nemesis.sh",
        description = "Attacks a cluster of three nodes and a PostgreSQL on this machine, and says whether it kept its"
                + " promises.",
        footer = "Exit status: 0 all promises were kept, 1 one wasn't, 2 the command is wrong.",
        mixinStandardHelpOptions = true)
final class Nemesis implements Callable<Integer> {

    private static final int COPIES = 4;
    private static final int PARTITION_ROWS = 4_000;

    @Option(names = "--rounds", paramLabel = "N", description = "Default: each fault once.")
    private int rounds;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "Faults, victims and instants follow from it. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--fault", paramLabel = "NAME", description = "Only this one.")
    private @Nullable String fault;

    @Option(names = "--destination", paramLabel = "NAME", description = "parquet or postgres; default: by turns.")
    private @Nullable Destination destination;

    @Option(names = "--loopback", description = "Plain processes, also where network namespaces are allowed.")
    private boolean loopback;

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Nemesis() {}

    /// @param arguments as in `--help`
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Nemesis())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        Path folder = Files.createTempDirectory("nightshift-nemesis-");
        try (Stage stage = Stage.set(folder, loopback, new Random(seed))) {
            Arsenal arsenal = stage.arsenal();
            stage.notes().forEach(note -> out.println("Note: " + note));
            List<Fault> faults = faults(arsenal);
            Workload workload = Workload.of(Files.createDirectory(folder.resolve("job")), COPIES, PARTITION_ROWS);
            return attack(new Attack(stage, arsenal, Shape.SMALL, workload, folder, seed), faults, folder);
        }
    }

    private List<Fault> faults(Arsenal arsenal) {
        arsenal.missing().forEach((missing, reason) -> out.printf("Note: no %s: %s%n", missing.title(), reason));
        List<Fault> chosen = arsenal.faults().stream()
                .filter(known -> fault == null || known.title().equals(fault))
                .toList();
        if (chosen.isEmpty()) {
            throw new ParameterException(
                    new CommandLine(this),
                    "no fault %s can be dealt here, but %s"
                            .formatted(
                                    fault,
                                    arsenal.faults().stream().map(Fault::title).toList()));
        }
        return chosen;
    }

    private int attack(Attack attack, List<Fault> faults, Path folder) {
        Schedule schedule = new Schedule(faults, new Random(seed));
        List<Outcome> outcomes = new ArrayList<>();
        out.println(Outcome.HEADER);
        for (int number = 0; number < (rounds == 0 ? faults.size() : rounds); number++) {
            Destination byTurns = number % 2 == 0 ? Destination.PARQUET : Destination.POSTGRES;
            Outcome outcome = attack.round(schedule.next(), Objects.requireNonNullElse(destination, byTurns));
            outcomes.add(outcome);
            out.println(outcome.line());
        }
        long bad = outcomes.stream().filter(outcome -> !outcome.isGood()).count();
        out.printf(
                Locale.ROOT,
                "%n%d rounds, %d with violations; at most %d partitions of a batch were scored twice.%n",
                outcomes.size(),
                bad,
                outcomes.stream().mapToInt(Outcome::scoredTwice).max().orElse(0));
        if (bad > 0) {
            out.printf("What the nodes of those rounds logged is in %s.%n", folder);
        }
        return bad == 0 ? 0 : 1;
    }
}
