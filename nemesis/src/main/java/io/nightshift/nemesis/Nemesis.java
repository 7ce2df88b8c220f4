package io.nightshift.nemesis;

import io.nightshift.nemesis.FaultCampaign.Destination;
import io.nightshift.nemesis.cluster.DestinationServer;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.fault.AvailableFaults;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.fault.FaultSchedule;
import io.nightshift.nemesis.workload.RolloutTrial;
import io.nightshift.nemesis.workload.Workload;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// Injects faults into a cluster and prints the results. Run by `bench/nemesis.sh`.
@Command(
        name = "bench/nemesis.sh",
        description =
                "Injects faults into a cluster of three nodes and a PostgreSQL on this machine, and reports whether it"
                        + " kept its promises.",
        footer = "Exit status: 0 all promises were kept, 1 a promise was broken, 2 wrong usage.",
        mixinStandardHelpOptions = true)
final class Nemesis implements Callable<Integer> {

    /// Where the input, the model and Parquet output are.
    enum Storage {
        FILES,
        S3
    }

    private static final int COPIES = 4;
    private static final int PARTITION_ROWS = 4_000;
    /// For a destination whose rows are written, and read by `verify`, one by one; and for batches whose rows are
    /// written or scored more than once.
    private static final int FEWER_PARTITION_ROWS = PARTITION_ROWS / COPIES;

    /// In one of so many rounds, on average, the batch is redriven.
    private static final int REDRIVEN_EVERY = 4;

    @Option(names = "--rounds", paramLabel = "N", description = "The number of rounds. Default: each fault once.")
    private int rounds;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "1",
            description = "Determines the faults, their victims and their times. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--fault", split = ",", paramLabel = "NAME", description = "Inject only these faults.")
    private List<String> only = List.of();

    @Option(
            names = "--destination",
            paramLabel = "NAME",
            description =
                    "parquet, csv, postgres, mariadb, redis, iceberg (a catalog in PostgreSQL), iceberg-folder, delta, or"
                            + " several (Parquet, Iceberg and PostgreSQL). Default: parquet and postgres alternately.")
    private @Nullable Destination destination;

    @Option(
            names = "--storage",
            paramLabel = "NAME",
            defaultValue = "files",
            description =
                    "files, or s3: the nodes share no folder. The input, the model and Parquet output are in an S3 server."
                            + " Default: ${DEFAULT-VALUE}.")
    private Storage storage = Storage.FILES;

    @Option(
            names = "--rollout",
            paramLabel = "NAME",
            description =
                    "The batches try another version of their model: canary (it passes), canary-fails or shadow. The"
                            + " fault begins at a step of the decision. Default: they try none.")
    private @Nullable RolloutTrial rollout;

    @Option(
            names = "--redrive",
            description =
                    "Redrive quarantined rows in every round, and begin the fault at a step of the redrive. Default: in"
                            + " some rounds, which the seed determines.")
    private boolean redrive;

    @Option(names = "--loopback", description = "Use loopback even where network namespaces are permitted.")
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
        try (TestEnvironment environment = TestEnvironment.create(folder, loopback, new Random(seed))) {
            if (destination == Destination.ICEBERG_FOLDER && storage == Storage.S3) {
                throw new ParameterException(
                        new CommandLine(this), "iceberg-folder needs a shared folder, so --storage s3 excludes it");
            }
            if (redrive && rollout != null) {
                throw new ParameterException(new CommandLine(this), "--redrive and --rollout exclude each other");
            }
            boolean hasServer = destination == Destination.MARIADB || destination == Destination.REDIS;
            boolean isSlow = hasServer || destination == Destination.SEVERAL || rollout != null;
            Path jobFolder = Files.createDirectory(folder.resolve("job"));
            Workload workload = isSlow
                    ? Workload.of(jobFolder, 1, FEWER_PARTITION_ROWS)
                    : Workload.of(jobFolder, COPIES, PARTITION_ROWS);
            if (storage == Storage.S3) {
                workload = workload.in(environment.startStorage());
            } else if (rollout != null) {
                workload = workload.withConfiguration(
                        "nightshift.registry = \"%s\"%n".formatted(folder.resolve("registry")));
            }
            if (rollout != null) {
                workload = workload.withRollout(rollout);
            }
            workload = workload.withConfiguration(FaultCampaign.catalogs(folder, environment.storage()));
            NodeLaunchOptions options = NodeLaunchOptions.SMALL.withConfiguration(workload.configuration());
            if (hasServer) {
                DestinationServer server = destination == Destination.MARIADB
                        ? DestinationServer.Mariadb.start(environment.network())
                        : DestinationServer.Redis.start(environment.network());
                environment.setDestination(server);
                workload = workload.withConfiguration(server.configuration());
                options = options.withConfiguration(server.configuration());
            }
            AvailableFaults available = AvailableFaults.of(environment);
            environment.notes().forEach(note -> out.println("Note: " + note));
            List<Fault> faults = choose(available);
            return attack(new FaultCampaign(environment, available, options, workload, folder, seed), faults, folder);
        }
    }

    private List<Fault> choose(AvailableFaults available) {
        available
                .unavailable()
                .forEach((unavailable, reason) -> out.printf("Note: no %s: %s%n", unavailable.title(), reason));
        List<Fault> possible = available.available();
        List<String> titles = possible.stream().map(Fault::title).toList();
        for (String fault : only) {
            if (!titles.contains(fault)) {
                throw new ParameterException(
                        new CommandLine(this),
                        "the fault %s can't be injected here; available: %s".formatted(fault, titles));
            }
        }
        return possible.stream()
                .filter(known -> only.isEmpty() || only.contains(known.title()))
                .filter(known -> rollout == null || known.permitsRollout())
                .filter(known -> !redrive || known.permitsRedrive())
                .toList();
    }

    private int attack(FaultCampaign attack, List<Fault> faults, Path folder) {
        FaultSchedule schedule = new FaultSchedule(faults, new Random(seed));
        Random redrives = new Random(seed);
        List<RoundResult> results = new ArrayList<>();
        out.println(RoundResult.HEADER);
        for (int number = 0; number < (rounds == 0 ? faults.size() : rounds); number++) {
            Destination alternating = number % 2 == 0 ? Destination.PARQUET : Destination.POSTGRES;
            Destination drawn = Objects.requireNonNullElse(destination, alternating);
            Fault fault = schedule.next();
            boolean isDrawn = redrives.nextInt(REDRIVEN_EVERY) == 0;
            boolean isRedriven = rollout == null && fault.permitsRedrive() && (redrive || isDrawn);
            RoundResult result = isRedriven ? attack.redriveRound(fault, drawn) : attack.round(fault, drawn);
            results.add(result);
            out.println(result.line());
        }
        out.printf("%n%s%n", new RoundSummary(results).table());
        long violated = results.stream().filter(result -> !result.isGood()).count();
        if (violated > 0) {
            out.printf("%nThe logs of the nodes of those rounds are in %s.%n", folder);
        }
        return violated == 0 ? 0 : 1;
    }
}
