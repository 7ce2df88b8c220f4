package io.nightshift.cli.node;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.Subcommands;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.coordinator.ledger.PostgresLedger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.ClusterNode;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.Node;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.FileSettings;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.NodeSettings;
import io.nightshift.node.log.ProgramLog;
import io.nightshift.node.metrics.NodeMetrics;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.ScoringThreads;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs a node of a cluster until it is asked to leave.
@Command(
        name = "node",
        description = "Runs a node of a cluster until SIGTERM or Ctrl-C. Then its workers finish their partitions,"
                + " and the node leaves the cluster.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The node left the cluster because it was asked to.",
            "1:The other nodes removed the node, or did not let it join. Start it again.",
            "2:The node did not start: the configuration is wrong, or an address can't be used."
        })
@Subcommands(NodeListCommand.class)
public final class NodeCommand implements Callable<Integer> {

    private static final long BETWEEN_TRIES = TimeUnit.SECONDS.toNanos(3);

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Option(
            names = "--roles",
            split = ",",
            paramLabel = "ROLE",
            description = "The roles of the node: coordinator, worker or both, separated by a comma; default: both.")
    private Set<String> roles = new TreeSet<>();

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "The port at which other nodes reach this one; default: as configured, or 7355.")
    private int port;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "The number of scoring threads; default: as configured, or one for each processor.")
    private int threads;

    @Option(
            names = "--http-port",
            paramLabel = "N",
            description = "The port for HTTP, or 0 for any free port; default: as configured, or no HTTP.")
    private @Nullable Integer httpPort;

    @Override
    public Integer call() {
        Configuration given = configuration.read(home);
        NodeSettings settings = given.node().with(checkedRoles(), NodeOptions.port(port), NodeOptions.threads(threads));
        requireTlsBeyondLoopback(settings, given);
        HttpSettings http = NodeOptions.http(given.http(), httpPort);
        Ledger ledger = ledger(given.journal());
        ProgramLog.toConsole(given.logFormat());
        // Not a constant: that would be made before the log is set up.
        Logger log = LoggerFactory.getLogger(NodeCommand.class);
        log.info("node {}:{} starts with the roles {}", settings.hostname(), settings.port(), settings.roles());
        migrate(ledger, log);
        warnOfLosses(ledger, log);

        ExecutorService background = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("start-", 1).factory());
        int scoring = settings.threads() == 0 ? Runtime.getRuntime().availableProcessors() : settings.threads();
        Path spill = home.spill(String.valueOf(settings.port()));
        ObjectCopies objects = given.objects().ofNode(home.folder());
        FileRoots roots = given.files().ofNode().withOwn(objects.folder().parent());
        warnIfNothingIsAllowed(given.files(), log);
        DuckDbLoader duckDb = DuckDbLoader.open(MemoryBudget.duckDb(), spill, roots, background);
        ModelRegistry registry =
                given.registry().open(home.folder(), objects.folder().parent());
        MlflowModels mlflow = MlflowModels.open(given.mlflowOfNode(), roots, objects);
        Node.Dependencies dependencies = new Node.Dependencies(
                ledger,
                duckDb,
                roots,
                objects,
                new ModelCache(registry),
                given.dataSources(),
                new ScoringThreads(scoring),
                MemoryBudget.budget(),
                NodeMetrics.begin(given.otlp(), settings.hostname() + ":" + settings.port(), given.prices()),
                null,
                given.alerts(),
                given.lineage(),
                mlflow);
        ClusterNode node = ClusterNode.start(
                dependencies,
                settings,
                given,
                new SubmissionResolver(
                        new ModelPlaces(registry, mlflow),
                        new Destinations(duckDb, given.dataSources(), roots, objects),
                        scoring,
                        MemoryBudget.budget(),
                        given.admission().plans(),
                        given.alerts().names()),
                http,
                home.folder(),
                registry);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(node), "exit-status"));
        return exitStatus(node);
    }

    private static void warnIfNothingIsAllowed(FileSettings files, Logger log) {
        if (files.read().isEmpty()) {
            log.warn(
                    "nightshift.files.read lists no folder, so this node reads no files of jobs. List the folders that jobs may read, unless all of them read from databases or object stores");
        }
        if (files.write().isEmpty()) {
            log.warn(
                    "nightshift.files.write lists no folder, so this node writes no files of jobs. List the folders that jobs may write, unless all of them write to databases or object stores");
        }
    }

    /// Sets the exit status, since the JVM would report the signal however well the node left. A node that
    /// ends by itself is not waited for: the thread that ends the JVM then is one of its own, and waits for
    /// this hook.
    private static void end(ClusterNode node) {
        Runtime.getRuntime().halt(node.endsByItself() ? ExitStatus.FAILED : exitStatus(node));
    }

    private static int exitStatus(ClusterNode node) {
        return node.awaitEnd() ? ExitStatus.DONE : ExitStatus.FAILED;
    }

    private Set<String> checkedRoles() {
        for (String role : roles) {
            if (!NodeSettings.ROLES.contains(role)) {
                throw FailureException.permanent("--roles must be coordinator, worker or both, not " + role);
            }
        }
        return roles;
    }

    private static void requireTlsBeyondLoopback(NodeSettings settings, Configuration given) {
        for (String host : List.of(settings.hostname(), settings.bindHostname())) {
            if (given.tls() == null && !NodeOptions.isLoopback(host)) {
                throw FailureException.permanent(
                        "%s is not a loopback address, and nightshift.tls.enabled is not set. A node listens beyond its own machine only with TLS; docs/how-to/tls.md describes it"
                                .formatted(host));
            }
        }
    }

    private static Ledger ledger(@Nullable DataSourceSettings journal) {
        if (journal == null) {
            throw FailureException.permanent(
                    "the configuration has no nightshift.journal. A node needs a PostgreSQL database for the cluster's journal:"
                            + " set its url, user and password. `nightshift run` needs none");
        }
        return PostgresLedger.at(journal);
    }

    private static void warnOfLosses(Ledger ledger, Logger log) {
        String risk = ledger.durabilityRisk();
        if (risk != null) {
            log.warn(
                    "a crash of the journal's database server can lose commits that it has acknowledged, and so publish a batch twice: {}. Set it to on, for this user and this database too",
                    risk);
        }
    }

    /// Waits for a database that is not up yet, as after a power cut.
    private static void migrate(Ledger ledger, Logger log) {
        while (true) {
            try {
                PostgresLedger.migrate(ledger);
                return;
            } catch (FailureException e) {
                if (e.failure().isPermanent()) {
                    throw e;
                }
                log.warn("{}; retrying in 3 s", e.getMessage());
                LockSupport.parkNanos(BETWEEN_TRIES);
            }
        }
    }
}
