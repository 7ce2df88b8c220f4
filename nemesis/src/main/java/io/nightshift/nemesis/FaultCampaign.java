package io.nightshift.nemesis;

import io.nightshift.nemesis.cluster.DestinationServer;
import io.nightshift.nemesis.cluster.NemesisCluster;
import io.nightshift.nemesis.cluster.NodeLaunchOptions;
import io.nightshift.nemesis.cluster.ObjectStorage;
import io.nightshift.nemesis.cluster.TestEnvironment;
import io.nightshift.nemesis.fault.AvailableFaults;
import io.nightshift.nemesis.fault.Fault;
import io.nightshift.nemesis.fault.FaultInjector;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.nemesis.workload.BatchOutput;
import io.nightshift.nemesis.workload.DeltaOutput;
import io.nightshift.nemesis.workload.IcebergOutput;
import io.nightshift.nemesis.workload.IcebergOutput.Catalog;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.OutputFormat;
import io.nightshift.nemesis.workload.RedriveTrial;
import io.nightshift.nemesis.workload.RedriveTrial.Step;
import io.nightshift.nemesis.workload.SeveralOutputs;
import io.nightshift.nemesis.workload.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Round after round against one cluster. After a round with a violation, the next one gets a new cluster.
public final class FaultCampaign {

    /// The kind of destination.
    public enum Destination {
        /// Files, in the object store if the nodes share no folder.
        PARQUET,
        POSTGRES,
        MARIADB,
        REDIS,
        CSV,
        /// A table in a catalog of the cluster's PostgreSQL.
        ICEBERG,
        /// A table in a catalog that is a folder.
        ICEBERG_FOLDER,
        /// A Delta table, in the object store if the nodes share no folder.
        DELTA,
        /// Parquet, then Iceberg, then PostgreSQL.
        SEVERAL;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /// Few, because the batch is only the beginning of the round.
    private static final int REDRIVEN_ROWS = 20_000;

    private static final int REDRIVEN_PARTITIONS = 5;

    /// The output that batches have to have.
    private record Expectation(Destination destination, boolean isRedriven) {}

    private final TestEnvironment environment;
    private final AvailableFaults faults;
    private final NodeLaunchOptions options;
    private final Workload workload;
    private final Path predictions;
    private final long seed;
    private final Random random;
    private final Map<Expectation, String> expectedDigests = new HashMap<>();
    private @Nullable Workload redriven;
    private int rounds;
    private int tickKills = 2;

    /// @param folder for all files of the campaign
    public FaultCampaign(
            TestEnvironment environment,
            AvailableFaults faults,
            NodeLaunchOptions options,
            Workload workload,
            Path folder,
            long seed) {
        this.environment = environment;
        this.faults = faults;
        this.options = options;
        this.workload = workload;
        this.predictions = folder.resolve("predictions");
        this.seed = seed;
        this.random = new Random(seed);
    }

    /// Sets how often a round of [Fault#KILL_TICK] kills nodes, which is twice by default.
    public FaultCampaign withTickKills(int kills) {
        tickKills = kills;
        return this;
    }

    /// Runs a batch, and injects the fault while it runs.
    ///
    /// @param fault is injected once
    /// @param destination of the batch, if the fault does not need another one
    public RoundResult round(Fault fault, Destination destination) {
        return round(fault, destination, null);
    }

    /// Runs a smaller batch with quarantined rows, and injects the fault during its redrive.
    ///
    /// @param fault that [permits][Fault#permitsRedrive] a redrive
    /// @param destination of the batch, if the fault does not need another one
    public RoundResult redriveRound(Fault fault, Destination destination) {
        List<Step> steps = List.of(Step.values());
        return redriveRound(fault, destination, steps.get(random.nextInt(steps.size())));
    }

    /// As the other [#redriveRound], which draws the step.
    ///
    /// @param step of the redrive at which the fault begins
    public RoundResult redriveRound(Fault fault, Destination destination, Step step) {
        return round(fault, destination, step);
    }

    /// @param step of a redrive; null if the batch is not redriven
    private RoundResult round(Fault fault, Destination destination, @Nullable Step step) {
        rounds++;
        RoundResult result;
        try {
            result = attack(fault, fault.needsParquet() ? Destination.PARQUET : destination, step);
        } catch (Exception | AssertionError e) {
            result = RoundResult.broken(rounds, seed, fault, destination.toString(), e.toString());
        }
        if (!result.isGood()) {
            environment.stopCluster(true);
        }
        return result;
    }

    private RoundResult attack(Fault fault, Destination destination, @Nullable Step step) throws Exception {
        NemesisCluster cluster = environment.cluster(options, SimulatedHost.NODES);
        Workload batches = step == null ? workload : redriven();
        if (fault == Fault.KILL_TICK) {
            String job = "ticks-" + rounds;
            Workload ticks = Workload.small(predictions.resolveSibling(job), ScheduleRound.ROWS);
            ObjectStorage storage = environment.storage();
            return new ScheduleRound(
                            cluster,
                            storage == null ? ticks : ticks.in(storage),
                            files(ticks.job().folder().resolve(job), OutputFormat.PARQUET),
                            job,
                            tickKills,
                            random)
                    .run(rounds, seed);
        }
        if (fault == Fault.CLOCK_INCREMENT) {
            return clockRound(cluster);
        }
        Expectation expectation = new Expectation(destination, step != null);
        String expected = expectedDigests.get(expectation);
        if (expected == null) {
            expected =
                    batches.digestWithoutFaults(output(destination, cluster, predictions, batches), cluster.database);
            expectedDigests.put(expectation, expected);
        }
        if (fault == Fault.POWER_CUT) {
            Path home = Files.createTempDirectory(predictions.toAbsolutePath().getParent(), "power-cut-");
            return new PowerCutRound(workload, new OutputFiles.Folder(predictions), expected, home, random)
                    .run(rounds, seed);
        }
        Path path = fault == Fault.DISK_FULL ? faults.smallDisk().resolve("predictions") : predictions;
        BatchOutput output = output(destination, cluster, path, batches);
        FaultInjector injector = new FaultInjector(faults, cluster, random);
        BatchOutput other = files(cluster.folder.resolve("bystander"), OutputFormat.PARQUET);
        return new FaultRound(cluster, batches, output, other, expected, injector, random)
                .run(rounds, seed, fault, step);
    }

    /// Ends the cluster, whose ledger has times in the future afterwards.
    private RoundResult clockRound(NemesisCluster cluster) throws Exception {
        String job = "increments-" + rounds;
        Instant begin = Instant.now();
        Workload increments = ClockRound.workload(predictions.resolveSibling(job), begin);
        ObjectStorage storage = environment.storage();
        RoundResult result = new ClockRound(
                        cluster,
                        storage == null ? increments : increments.in(storage),
                        files(increments.job().folder().resolve(job), OutputFormat.PARQUET),
                        faults.fakeClock(cluster.folder),
                        begin,
                        random)
                .run(rounds, seed);
        environment.stopCluster(!result.isGood());
        return result;
    }

    /// The batches with quarantined rows.
    private Workload redriven() throws IOException, SQLException {
        Workload known = redriven;
        if (known == null) {
            RedriveTrial trial = new RedriveTrial(REDRIVEN_ROWS);
            known = Workload.of(predictions.resolveSibling("redriven"), trial, REDRIVEN_ROWS / REDRIVEN_PARTITIONS);
            ObjectStorage storage = environment.storage();
            known = (storage == null ? known : known.in(storage)).withConfiguration(workload.configuration());
            redriven = known;
        }
        return known;
    }

    private BatchOutput output(Destination destination, NemesisCluster cluster, Path folder, Workload batches) {
        return switch (destination) {
            case PARQUET -> files(folder, OutputFormat.PARQUET);
            case CSV -> files(folder.resolveSibling("csv"), OutputFormat.CSV);
            case ICEBERG -> iceberg(Catalog.JDBC, cluster);
            case ICEBERG_FOLDER -> iceberg(Catalog.FOLDER, cluster);
            case DELTA -> new DeltaOutput(files(folder.resolveSibling("delta"), OutputFormat.PARQUET));
            case SEVERAL ->
                new SeveralOutputs(List.of(
                        files(folder, OutputFormat.PARQUET),
                        iceberg(Catalog.JDBC, cluster),
                        new BatchOutput.Table(cluster.database)));
            case POSTGRES -> new BatchOutput.Table(cluster.database);
            case MARIADB, REDIS ->
                switch (Objects.requireNonNull(environment.destination())) {
                    case DestinationServer.Mariadb mariadb -> new BatchOutput.MariadbTable(mariadb);
                    case DestinationServer.Redis redis ->
                        new BatchOutput.RedisRecords(redis, batches.rows(), batches.predictions());
                };
        };
    }

    /// Files in a folder, or below its name in the object store if the nodes share no folder.
    private OutputFiles files(Path folder, OutputFormat format) {
        ObjectStorage storage = environment.storage();
        return storage == null
                ? new OutputFiles.Folder(folder, format)
                : new OutputFiles.Prefix(storage, String.valueOf(folder.getFileName()), format);
    }

    private IcebergOutput iceberg(Catalog catalog, NemesisCluster cluster) {
        ObjectStorage storage = environment.storage();
        Path warehouse = warehouse(catalog, predictions.resolveSibling("."));
        OutputFiles table = storage == null
                ? new OutputFiles.Folder(Path.of(IcebergOutput.place(warehouse.toString())))
                : new OutputFiles.Prefix(
                        storage, IcebergOutput.place(String.valueOf(warehouse.getFileName())), OutputFormat.PARQUET);
        return new IcebergOutput(catalog, cluster.database, table);
    }

    private static Path warehouse(Catalog catalog, Path folder) {
        return folder.resolve("warehouse-" + catalog).normalize();
    }

    /// The configuration of nodes and commands that write to Iceberg tables of a campaign.
    ///
    /// @param folder of the campaign
    /// @param storage that the nodes share; null if they share the folder
    static String catalogs(Path folder, @Nullable ObjectStorage storage) {
        return Stream.of(Catalog.values())
                .filter(catalog -> storage == null || catalog != Catalog.FOLDER)
                .map(catalog -> {
                    Path warehouse = warehouse(catalog, folder);
                    return catalog.configuration(
                            storage == null
                                    ? warehouse.toString()
                                    : storage.predictions(String.valueOf(warehouse.getFileName())));
                })
                .collect(Collectors.joining());
    }
}
