package io.nightshift.cli.client;

import com.typesafe.config.ConfigFactory;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.HomeFolder;
import io.nightshift.client.NightshiftClient;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.CommandNode;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.Node;
import io.nightshift.node.NodeObserver;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.log.ProgramLog;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.ScoringThreads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// The node that a command starts on the ledger of a home folder, where no server runs. While the node runs,
/// no other process can use the home folder.
public final class HomeNode implements AutoCloseable {

    /// Longer than an attempt takes with the default timeout of a channel.
    private static final Duration MESSAGE_TIME = Duration.ofSeconds(15);

    /// The node answers no sooner than its cluster has formed.
    private static final int ATTEMPTS = 10;

    private static final String GRACE = "nightshift.batch.retention.grace";

    private final HomeFolder home;
    private final EmbeddedLedger ledger;
    private final CommandNode node;
    private final NightshiftClient client;
    private final Duration grace;

    /// Closes what was opened, the latest first.
    private final Deque<Runnable> closing;

    private HomeNode(
            HomeFolder home, EmbeddedLedger ledger, CommandNode node, Duration grace, Deque<Runnable> closing) {
        this.grace = grace;
        this.home = home;
        this.ledger = ledger;
        this.node = node;
        this.closing = closing;
        this.client = NightshiftClient.overHttp(node.address())
                .token(node.token())
                .attempts(ATTEMPTS)
                .build();
        closing.push(client::close);
    }

    /// Starts the node.
    ///
    /// @throws FailureException if another process uses the home folder, or the ledger can't be opened
    static HomeNode start(HomeFolder home, Configuration given) {
        ProgramLog.toFile(home.log());
        Deque<Runnable> closing = new ArrayDeque<>();
        try {
            return start(home, given, closing);
        } catch (RuntimeException e) {
            close(closing);
            throw e;
        }
    }

    private static HomeNode start(HomeFolder home, Configuration given, Deque<Runnable> closing) {
        EmbeddedLedger ledger = home.openLedger();
        closing.push(ledger::close);
        ExecutorService background = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("start-", 1).factory());
        closing.push(background::shutdown);
        int configured = given.node().threads();
        int threads = configured == 0 ? Runtime.getRuntime().availableProcessors() : configured;
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        closing.push(objects::close);
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        DuckDbLoader duckDb = DuckDbLoader.open(MemoryBudget.duckDb(), home.spill(), roots, background);
        closing.push(duckDb::close);
        ModelRegistry registry =
                given.registry().open(home.folder(), objects.folder().parent());
        Destinations destinations = new Destinations(duckDb, given.dataSources(), roots, objects);
        closing.push(destinations::close);
        MlflowModels mlflow = MlflowModels.open(given.mlflowOfCommand(), roots, objects);
        CommandNode node = CommandNode.start(
                new Node.Dependencies(
                        ledger.ledger(),
                        duckDb,
                        roots,
                        objects,
                        new ModelCache(registry),
                        given.dataSources(),
                        new ScoringThreads(threads),
                        MemoryBudget.budget(),
                        NodeObserver.NOBODY,
                        null,
                        given.alerts(),
                        given.lineage(),
                        mlflow),
                given,
                new SubmissionResolver(
                        new ModelPlaces(registry, mlflow),
                        destinations,
                        threads,
                        MemoryBudget.budget(),
                        given.admission().plans(),
                        given.alerts().names()),
                registry);
        closing.push(node::stop);
        Duration grace = given.tuning().withFallback(ConfigFactory.load()).getDuration(GRACE);
        return new HomeNode(home, ledger, node, grace, closing);
    }

    /// The client of the node.
    NightshiftClient client() {
        return client;
    }

    /// Sends the alerts and the lineage of a batch that has stopped, before the process ends.
    ///
    /// @return a sentence for each message that the next process on the home folder sends
    List<String> settle(BatchDescription batch) {
        List<String> unsent = new ArrayList<>();
        node.awaitAlerts(new BatchId(batch.batch()), batch.state().equals("failed"), MESSAGE_TIME)
                .forEach(alert ->
                        unsent.add("%s. The next command that uses %s sends it again".formatted(alert, home.folder())));
        if (!node.finishLineage(MESSAGE_TIME)) {
            unsent.add("the lineage of %s is not sent yet. The next batch that uses %s sends it"
                    .formatted(batch.batch(), home.folder()));
        }
        return unsent;
    }

    /// The time from the moment when readers stop seeing a batch to the deletion of its output.
    Duration grace() {
        return grace;
    }

    /// Ends the use of the ledger as the end of the process does: the node's actors are not waited for, since
    /// everything that matters is durable.
    void end() {
        ledger.recordEntries();
    }

    /// Stops the node, and releases the home folder. Needed only where the process goes on after the command,
    /// as in a test.
    @Override
    public void close() {
        close(closing);
    }

    private static void close(Deque<Runnable> closing) {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }
}
