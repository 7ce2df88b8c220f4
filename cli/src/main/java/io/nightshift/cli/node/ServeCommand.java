package io.nightshift.cli.node;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.ClusterNode;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.Node;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.node.configuration.LocalServer;
import io.nightshift.node.configuration.NodeSettings;
import io.nightshift.node.log.ProgramLog;
import io.nightshift.node.metrics.NodeMetrics;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.ScoringThreads;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs a server on one machine: a node that is a cluster of its own, on the ledger of the home folder.
@Command(
        name = "serve",
        description = "Runs a server on this machine until SIGTERM or Ctrl-C: one process that keeps its ledger in the"
                + " home folder, runs the schedules and triggers of applied jobs, and answers commands and HTTP on"
                + " loopback. It needs no database. After a crash, start it again: it resumes its open batches.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The server ended because it was asked to.",
            "1:The server ended by itself. Start it again.",
            "2:The server did not start: the configuration is wrong, another process uses the home folder, or a port"
                    + " can't be used."
        })
public final class ServeCommand implements Callable<Integer> {

    private static final String LOOPBACK = "127.0.0.1";

    /// How often the home folder records the length of its ledger, by which it notices a loss.
    private static final long RECORD_SECONDS = 60;

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Option(
            names = "--port",
            paramLabel = "N",
            description =
                    "The port on loopback for programs that send messages, such as the Java client. It needs nightshift.tls in the configuration; default: no program can send messages.")
    private int port;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "The number of scoring threads; default: as configured, or one for each processor.")
    private int threads;

    @Option(
            names = "--http-port",
            paramLabel = "N",
            description = "The port for HTTP, or 0 for any free port; default: as configured, or 7380.")
    private @Nullable Integer httpPort;

    @Override
    public Integer call() {
        Configuration given = configuration.read(home);
        NodeSettings settings = settings(given);
        HttpSettings http = NodeOptions.http(
                given.http(), httpPort == null ? Integer.valueOf(given.http().port()) : httpPort);
        EmbeddedLedger opened = home.openLedger();
        ProgramLog.toConsole(given.logFormat());
        // Not a constant: that would be made before the log is set up.
        Logger log = LoggerFactory.getLogger(ServeCommand.class);
        log.info("the server starts on {}", home.folder());
        ClusterNode node;
        try {
            LocalServer.recordStart(home.folder());
            node = start(given, settings, http, opened);
            LocalServer.record(home.folder(), address(http, node.httpPort()));
        } catch (FailureException e) {
            LocalServer.forget(home.folder());
            opened.close();
            throw e;
        }
        ScheduledExecutorService records = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("ledger-length").factory());
        var _ = records.scheduleWithFixedDelay(
                () -> recordEntries(opened, log), RECORD_SECONDS, RECORD_SECONDS, TimeUnit.SECONDS);
        log.info("serving {}; jobs run as this user", address(http, node.httpPort()));
        // The hook also keeps the ledger, and so its lock, from garbage collection.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(node, opened, log), "exit-status"));
        return exitStatus(node);
    }

    private NodeSettings settings(Configuration given) {
        if (given.journal() != null) {
            throw FailureException.permanent(
                    "the configuration has nightshift.journal, the journal of a cluster, but `serve` keeps its ledger in"
                            + " the home folder. Remove nightshift.journal, or start a node with `nightshift node`");
        }
        NodeSettings configured = given.node();
        int messages = NodeOptions.port(port);
        if (messages != 0 && given.tls() == null) {
            throw FailureException.permanent(
                    "--port needs TLS, because other users of the machine could connect to the port and use the server as you may. Set nightshift.tls in the configuration as docs/how-to/tls.md describes, or leave --port out and use HTTP");
        }
        return new NodeSettings(
                LOOPBACK,
                messages,
                LOOPBACK,
                messages,
                NodeSettings.ROLES,
                List.of(LOOPBACK + ":" + messages),
                NodeOptions.threads(threads) == 0 ? configured.threads() : threads,
                null);
    }

    private ClusterNode start(Configuration given, NodeSettings settings, HttpSettings http, EmbeddedLedger opened) {
        ExecutorService background = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("start-", 1).factory());
        int scoring = settings.threads() == 0 ? Runtime.getRuntime().availableProcessors() : settings.threads();
        ObjectCopies objects = objects(given, http);
        FileRoots roots = roots(given, http).withOwn(objects.folder().parent());
        DuckDbLoader duckDb = DuckDbLoader.open(MemoryBudget.duckDb(), home.spill(), roots, background);
        ModelRegistry registry =
                given.registry().open(home.folder(), objects.folder().parent());
        MlflowModels mlflow = MlflowModels.open(
                http.tokens().areGiven() ? given.mlflowOfNode() : given.mlflowOfCommand(), roots, objects);
        Node.Dependencies dependencies = new Node.Dependencies(
                opened.ledger(),
                duckDb,
                roots,
                objects,
                new ModelCache(registry),
                given.dataSources(),
                new ScoringThreads(scoring),
                MemoryBudget.budget(),
                NodeMetrics.begin(given.otlp(), http.hostname() + ":" + http.port(), given.prices()),
                null,
                given.alerts(),
                given.lineage(),
                mlflow);
        return ClusterNode.startAlone(
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
    }

    /// Only this user has the token of the home folder, so their jobs may use what they may. Where other
    /// callers have tokens, jobs may use the folders that the configuration lists.
    private static FileRoots roots(Configuration given, HttpSettings http) {
        return http.tokens().areGiven() ? given.files().ofNode() : given.files().ofCommand();
    }

    private ObjectCopies objects(Configuration given, HttpSettings http) {
        return http.tokens().areGiven()
                ? given.objects().ofNode(home.folder())
                : given.objects().ofCommand(home.folder());
    }

    private static URI address(HttpSettings http, int port) {
        String host = http.hostname().contains(":") ? "[" + http.hostname() + "]" : http.hostname();
        return URI.create("%s://%s:%d".formatted(http.tls() == null ? "http" : "https", host, port));
    }

    private static void recordEntries(EmbeddedLedger opened, Logger log) {
        try {
            opened.recordEntries();
        } catch (FailureException e) {
            log.warn("the length of the ledger can't be recorded: {}", e.getMessage());
        }
    }

    /// Sets the exit status, since the JVM would report the signal however well the server ended. A server
    /// that ends by itself is not waited for: the thread that ends the JVM then is one of its own, and waits
    /// for this hook.
    private void end(ClusterNode node, EmbeddedLedger opened, Logger log) {
        int status = node.endsByItself() ? ExitStatus.FAILED : exitStatus(node);
        recordEntries(opened, log);
        LocalServer.forget(home.folder());
        Runtime.getRuntime().halt(status);
    }

    private static int exitStatus(ClusterNode node) {
        return node.awaitEnd() ? ExitStatus.DONE : ExitStatus.FAILED;
    }
}
