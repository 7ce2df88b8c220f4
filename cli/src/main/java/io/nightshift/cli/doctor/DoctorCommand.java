package io.nightshift.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.JobFileOptions;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.client.ServerOption;
import io.nightshift.cli.output.Colours;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.Symbols;
import io.nightshift.client.NightshiftClient;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.destination.DestinationPlugins;
import io.nightshift.destination.DestinationServices;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.alert.AlertChannel;
import io.nightshift.node.alert.AlertChannels;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.NodeSettings;
import io.nightshift.node.configuration.RegistryLocation;
import io.nightshift.node.lineage.LineageSettings;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.RolloutCandidate;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFileException;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.endpoint.Diagnosis;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectAddress;
import io.nightshift.storage.objectstore.ObjectStore;
import io.nightshift.storage.objectstore.ObjectStoreSettings;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.storage.objectstore.StorePurpose;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `nightshift doctor`: examines what Nightshift needs, and says of each thing that it is fine, or what to
/// do.
@Command(
        name = "doctor",
        description =
                "Examines Java, memory, disks, the clock, the configuration, databases, ports and folders. For each problem, says what to do. With --config, examines what a node of a cluster needs.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {"0:There is no problem.", "1:There is a problem.", "2:The command is wrong."})
public final class DoctorCommand implements Callable<Integer> {

    private static final String REGISTRY = "model registry";

    @Option(
            names = "--job",
            paramLabel = "JOB.yaml",
            description = "Also examines the source, the model and the destination of a job.")
    private @Nullable Path job;

    @Mixin
    private OutputOption output = new OutputOption();

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final List<Diagnosis> found = new ArrayList<>();

    @Override
    public Integer call() {
        add(MachineExamination.java());
        add(MachineExamination.memory());
        add(MachineExamination.duckDb(home.spill()));
        add(MachineExamination.onnxRuntime());
        add(MachineExamination.folder("home folder", home.folder()));
        Configuration given = configuration();
        if (given != null) {
            if (given.journal() == null) {
                add(ledger());
            } else {
                examineNode(given);
            }
            examineDataSources(given);
            examineRegistry(given.registry());
            examineStores(given);
            if (!given.dataSources().catalogs().isEmpty()) {
                examinePlugin("catalogs", IcebergDestination.class, given);
            }
            new TreeMap<>(given.alerts().channels()).forEach((name, channel) -> add(channel(name, channel)));
            LineageSettings lineage = given.lineage();
            if (lineage != null) {
                add(lineage(lineage));
            }
            MlflowExamination.of(given.mlflowOfNode(), given.mlflowOfCommand()).ifPresent(this::add);
            examineApplied(given).forEach(this::add);
            if (job != null) {
                examineJob(job, given);
            }
        }
        boolean isFine = found.stream().noneMatch(one -> one.outcome() == Diagnosis.Outcome.PROBLEM);
        PrintWriter out = spec.commandLine().getOut();
        if (output.isForPrograms()) {
            JsonOutput.print(out, json(isFine));
        } else {
            long problems = found.stream()
                    .filter(one -> one.outcome() == Diagnosis.Outcome.PROBLEM)
                    .count();
            out.println();
            out.println(
                    isFine
                            ? "No problem was found."
                            : problems == 1 ? "1 problem was found." : problems + " problems were found.");
        }
        out.flush();
        return isFine ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private void add(Diagnosis diagnosis) {
        found.add(diagnosis);
        if (!output.isForPrograms()) {
            print(diagnosis);
        }
    }

    private void print(Diagnosis diagnosis) {
        Symbols symbols = Symbols.ofTerminal();
        String mark = switch (diagnosis.outcome()) {
            case FINE -> symbols.proved();
            case WARNING -> symbols.warning();
            case PROBLEM -> symbols.broken();
        };
        PrintWriter out = spec.commandLine().getOut();
        String indent = " ".repeat(mark.length() + 20);
        String detail = diagnosis.detail().lines().collect(Collectors.joining("\n" + indent));
        out.println("%s %-18s %s".formatted(coloured(diagnosis.outcome(), mark), diagnosis.what(), detail));
        if (diagnosis.advice() != null) {
            out.println(indent + diagnosis.advice());
        }
        out.flush();
    }

    private static String coloured(Diagnosis.Outcome outcome, String mark) {
        Colours colours = Colours.ofProcess();
        return switch (outcome) {
            case FINE -> colours.green(mark);
            case WARNING -> colours.yellow(mark);
            case PROBLEM -> colours.red(mark);
        };
    }

    private ObjectNode json(boolean isFine) {
        ObjectNode json = JsonOutput.object();
        json.put("fine", isFine);
        ArrayNode checks = json.putArray("checks");
        for (Diagnosis diagnosis : found) {
            checks.addObject()
                    .put("what", diagnosis.what())
                    .put("outcome", diagnosis.outcome().name().toLowerCase(Locale.ROOT))
                    .put("detail", diagnosis.detail())
                    .put("advice", diagnosis.advice());
        }
        return json;
    }

    private @Nullable Configuration configuration() {
        try {
            Configuration given = configuration.read(home);
            add(Diagnosis.fine(
                    "configuration",
                    given.journal() == null
                            ? "no cluster is configured, so commands use the home folder's ledger"
                            : "it names a cluster's journal"));
            return given;
        } catch (FailureException e) {
            add(Diagnosis.problem(
                    "configuration",
                    String.valueOf(e.getMessage()),
                    "Correct the file; docs/reference/configuration.md lists the keys."));
            return null;
        }
    }

    private Diagnosis ledger() {
        if (!EmbeddedLedger.exists(home.folder())) {
            return Diagnosis.fine("ledger", "none yet; the first run creates it");
        }
        try {
            return EmbeddedLedger.readIfFree(
                            home.folder(), ledger -> ledger.register().submitted())
                    .map(batches -> Diagnosis.fine("ledger", "%,d batches".formatted(batches)))
                    .orElseGet(() -> Diagnosis.fine("ledger", "another process is using it"));
        } catch (FailureException e) {
            return Diagnosis.problem("ledger", String.valueOf(e.getMessage()), "See docs/how-to/recover.md.");
        }
    }

    private void examineNode(Configuration given) {
        DataSourceSettings journal = Objects.requireNonNull(given.journal());
        database("journal", journal).journal().forEach(this::add);
        NodeSettings node = given.node();
        add(MachineExamination.port("node port", node.bindHostname(), node.bindPort(), "nightshift.node.bind-port"));
        HttpSettings http = given.http();
        if (http.isEnabled() && http.port() != 0) {
            add(MachineExamination.port("http port", http.hostname(), http.port(), "nightshift.http.port"));
        }
        if (given.tls() != null || (http.isEnabled() && http.tls() != null)) {
            add(tls(given, http));
        }
    }

    private void examineRegistry(RegistryLocation registry) {
        switch (registry) {
            case RegistryLocation.Home _ -> {}
            case RegistryLocation.Folder(Path folder) -> add(MachineExamination.folder(REGISTRY, folder));
            case RegistryLocation.Objects(ObjectAddress prefix, ObjectStoreSettings settings) -> {
                try (ObjectStore store = ObjectStore.open(settings, StorePurpose.REGISTRY)) {
                    store.probe(prefix);
                    add(Diagnosis.fine(REGISTRY, "%s, in %s".formatted(prefix, store)));
                } catch (FailureException e) {
                    add(Diagnosis.problem(
                            REGISTRY,
                            String.valueOf(e.getMessage()),
                            "Correct nightshift.registry, or the store. See docs/how-to/object-storage.md."));
                }
            }
        }
    }

    private void examineStores(Configuration given) {
        try (ObjectStores stores = ObjectStores.only(given.objects().stores())) {
            for (ObjectStoreSettings store : stores.settings()) {
                boolean hasRegistry = given.registry() instanceof RegistryLocation.Objects objects
                        && objects.store().equals(store);
                if (!hasRegistry || !store.bucketNames().isEmpty()) {
                    add(store(stores, store));
                }
            }
        }
    }

    private void examineDataSources(Configuration given) {
        boolean hasRedis = false;
        for (Map.Entry<String, DataSourceSettings> source :
                given.dataSources().byName().entrySet()) {
            if (source.getValue().isRedis()) {
                hasRedis = true;
            } else {
                dataSource("data source " + source.getKey(), source.getValue()).forEach(this::add);
            }
        }
        if (hasRedis) {
            examinePlugin("data sources", RedisDestination.class, given);
        }
    }

    /// @param what to examine, if the kind of destination is not on the class path
    private void examinePlugin(String what, Class<? extends Destination> type, Configuration given) {
        DataSources dataSources = given.dataSources();
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        try (DestinationPlugins plugins = new DestinationPlugins(new DestinationServices(
                () -> {
                    throw new IllegalStateException("an examination reads no rows");
                },
                dataSources,
                new ConnectionPool(1),
                given.files().ofCommand(),
                objects))) {
            plugins.of(type).examine().forEach(this::add);
        } catch (FailureException e) {
            add(Diagnosis.problem(
                    what, String.valueOf(e.getMessage()), "Add the module's jar and its libraries to the class path."));
        }
    }

    /// Lists an object of each bucket. A store for every bucket names none, and answers for one that does not
    /// exist.
    private static Diagnosis store(ObjectStores stores, ObjectStoreSettings store) {
        try {
            Stream.concat(store.buckets().stream(), store.writeBuckets().stream())
                    .distinct()
                    .filter(bucket -> !bucket.equals(ObjectStoreSettings.EVERY))
                    .forEach(bucket -> stores.store(store).probe(store.address(bucket)));
            return store.bucketNames().isEmpty()
                    ? Diagnosis.warning(
                            store.toString(),
                            "it has no buckets, so no job reads it",
                            "List what jobs may read in nightshift.stores.%s.buckets, and what they may write in write-buckets."
                                    .formatted(store.name()))
                    : Diagnosis.fine(store.toString(), permissions(store));
        } catch (FailureException e) {
            return Diagnosis.problem(
                    store.toString(),
                    String.valueOf(e.getMessage()),
                    "Correct nightshift.stores.%s. See docs/how-to/object-storage.md.".formatted(store.name()));
        }
    }

    private static String permissions(ObjectStoreSettings store) {
        List<String> may = new ArrayList<>();
        if (!store.buckets().isEmpty()) {
            may.add("read " + String.join(", ", store.buckets()));
        }
        if (!store.writeBuckets().isEmpty()) {
            may.add("write " + String.join(", ", store.writeBuckets()));
        }
        return "jobs may " + String.join(", and ", may);
    }

    private static Diagnosis tls(Configuration given, HttpSettings http) {
        try {
            given.transport();
            if (http.isEnabled() && http.tls() != null) {
                http.tls().context();
            }
            return Diagnosis.fine("tls", "the certificates and private keys can be used");
        } catch (FailureException e) {
            return Diagnosis.problem("tls", String.valueOf(e.getMessage()), "See docs/how-to/tls.md.");
        }
    }

    private static Diagnosis channel(String name, AlertChannel channel) {
        String what = "channel " + name;
        String problem = AlertChannels.problem(channel);
        return problem == null
                ? Diagnosis.fine(what, "it can be used; `nightshift alert test %s` sends a message".formatted(name))
                : Diagnosis.problem(
                        what,
                        problem,
                        "Correct nightshift.alerts.channels.%s. See docs/how-to/alerts.md.".formatted(name));
    }

    private static Diagnosis lineage(LineageSettings lineage) {
        String problem = AlertChannels.problem(new AlertChannel.Webhook(lineage.target(), lineage.token()));
        return problem == null
                ? Diagnosis.fine("lineage", "its receiver can be reached")
                : Diagnosis.problem("lineage", problem, "Correct nightshift.lineage. See docs/how-to/lineage.md.");
    }

    /// Asks a node of the configured cluster, or else the server that runs on the home folder.
    private List<Diagnosis> examineApplied(Configuration given) {
        ServerOption server = new ServerOption();
        if (given.journal() != null) {
            try (ClusterAccess cluster = ClusterAccess.connect(given, server.token(home))) {
                return JobExamination.of(cluster);
            } catch (FailureException e) {
                return List.of(JobExamination.withoutServer(e.getMessage()));
            }
        }
        try {
            NightshiftClient running = server.connectLocally(home).orElse(null);
            if (running == null) {
                return List.of(JobExamination.withoutServer("no server runs on the home folder"));
            }
            try (ClusterAccess cluster = new ClusterAccess(running)) {
                return JobExamination.of(cluster);
            }
        } catch (FailureException e) {
            return List.of(JobExamination.unknown(e.getMessage()));
        }
    }

    private void examineDestination(String folder, Configuration given) {
        if (!ObjectAddress.isAddress(folder)) {
            add(MachineExamination.folder("destination", Path.of(folder)));
            return;
        }
        ObjectAddress prefix = ObjectAddress.of(folder);
        try (ObjectStores stores = ObjectStores.orEnvironment(given.objects().stores(), System::getenv)) {
            ObjectStore store = stores.forWriting(prefix);
            store.probe(prefix);
            add(Diagnosis.fine("destination", "%s, in %s".formatted(prefix, store)));
        } catch (FailureException e) {
            add(Diagnosis.problem(
                    "destination",
                    String.valueOf(e.getMessage()),
                    "Correct the job file, or the store. See docs/how-to/object-destination.md."));
        }
    }

    private static List<Diagnosis> dataSource(String what, DataSourceSettings settings) {
        DatabaseExamination database = database(what, settings);
        return settings.url().startsWith(DataSourceSettings.MARIADB)
                ? List.of(database.mariadb())
                : database.dataSource();
    }

    private static DatabaseExamination database(String what, DataSourceSettings settings) {
        return new DatabaseExamination(settings, what, InstantSource.system());
    }

    private void examineJob(Path file, Configuration given) {
        Job read;
        try {
            read = JobFileOptions.read(file);
        } catch (JobFileException | FailureException e) {
            add(Diagnosis.problem("job", String.valueOf(e.getMessage()), "Correct the job file."));
            return;
        }
        for (Destination destination : read.destination().members()) {
            // Data sources are examined already, and the check of the job looks at its catalog.
            if (destination.folder() != null) {
                examineDestination(destination.folder(), given);
            }
        }
        int threads = Runtime.getRuntime().availableProcessors();
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(), home.spill(), roots)) {
            Destinations destinations = new Destinations(() -> duckDb, given.dataSources(), roots, objects);
            RolloutCandidate candidate = new SubmissionResolver(
                            new ModelPlaces(
                                    given.registry()
                                            .open(
                                                    home.folder(),
                                                    objects.folder().parent()),
                                    MlflowModels.open(given.mlflowOfCommand(), roots, objects)),
                            destinations,
                            threads,
                            MemoryBudget.budget(),
                            given.admission().plans(),
                            given.alerts().names())
                    .check(read)
                    .candidate();
            add(Diagnosis.fine("job", "%s can run".formatted(read.name())));
            if (candidate instanceof RolloutCandidate.Untried(String reason)) {
                add(Diagnosis.warning(
                        "rollout",
                        reason,
                        "Until then, batches are scored without the candidate. See docs/how-to/mlflow.md."));
            }
        } catch (FailureException e) {
            add(Diagnosis.problem("job", String.valueOf(e.getMessage()), "Correct the job file, or what it names."));
        }
    }
}
