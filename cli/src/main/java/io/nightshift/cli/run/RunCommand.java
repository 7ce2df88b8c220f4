package io.nightshift.cli.run;

import io.nightshift.api.BatchControl;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.HomeFolder;
import io.nightshift.cli.JobOptions;
import io.nightshift.cli.RegistryOption;
import io.nightshift.cli.ShellCommands;
import io.nightshift.cli.output.OutageText;
import io.nightshift.cli.output.OutputOption;
import io.nightshift.cli.output.ProgressDisplay;
import io.nightshift.coordinator.alert.AlertSettings;
import io.nightshift.coordinator.cost.Prices;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.register.BatchRegisterState;
import io.nightshift.coordinator.registry.ModelRegistry;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.DuckDbLoader;
import io.nightshift.node.EmbeddedNode;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.Node;
import io.nightshift.node.NodeObserver;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.log.ProgramLog;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.model.ModelCache;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.RolloutCandidate;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.node.submission.UnknownBatches;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.AlertCause;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.register.BatchRegisterCommand.Accepted;
import io.nightshift.protocol.register.BatchRegisterCommand.AlreadyPublished;
import io.nightshift.protocol.register.BatchRegisterCommand.NotNow;
import io.nightshift.protocol.register.BatchRegisterCommand.Rejected;
import io.nightshift.protocol.register.BatchRegisterCommand.SubmitReply;
import io.nightshift.protocol.register.BatchRegisterCommand.TooManyOpen;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.partition.StepTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Runs a job to its end on a node of its own. DuckDB, the node and the model load in parallel, since each
/// takes a while.
@Command(
        name = "run",
        description = "Scores the rows of a job's source and publishes the predictions. Resumes the job's open batch,"
                + " if there is one.",
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "Exit status:%n",
        exitCodeList = {
            "0:The batch is published, now or by an earlier run.",
            "1:The batch has a permanent failure. Fix the cause, then repeat the command: it resumes the batch.",
            "2:No batch was opened: the command, the job file or something that the job needs is wrong.",
            "3:The process ran out of memory. Give it more with NIGHTSHIFT_OPTS=-Xmx1g, then repeat the command.",
            "4:The batch is held, because a check has failed. Approve it with --approve, or start over with --new.",
            "75:The batch has a transient failure. Repeat the command later: it resumes the batch.",
            "130:Interrupted. Repeat the command to resume the batch."
        })
public final class RunCommand implements Callable<Integer>, AutoCloseable {

    /// Longer than an attempt takes with the default timeout of a channel.
    private static final Duration MESSAGE_TIME = Duration.ofSeconds(15);

    @Mixin
    private JobOptions options = new JobOptions();

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private RegistryOption registries = new RegistryOption();

    @Option(
            names = "--new",
            description =
                    "Starts a new batch, even if the same input was published before. Cancels the job's open batch, if there is one.")
    private boolean fresh;

    @Option(
            names = "--full",
            description =
                    "Starts a new batch of an incremental job that reads all rows, also those that an earlier batch has read. Cancels the job's open batch, if there is one.")
    private boolean full;

    @Option(
            names = "--wait",
            description =
                    "Waits while another process uses the home folder. Without this option, the command fails if the folder is in use.")
    private boolean waits;

    @Option(
            names = "--ignore-window",
            description =
                    "Scores outside the job's window, too. Without this option, the command waits for the window.")
    private boolean ignoresWindow;

    @Option(
            names = "--approve",
            paramLabel = "REASON",
            description =
                    "Publishes the job's open batch if it is held because a check has failed. The batch's history records the reason.")
    private @Nullable String approval;

    @Option(names = "--profile", description = "Prints at the end how much time each step took.")
    private boolean profiled;

    /// The opening of the window that was reported last; null if the batch does not wait for one.
    private @Nullable Instant windowOpens;

    /// The beginning of the outage that was reported last; null if there is none.
    private @Nullable Instant outageSince;

    @Mixin
    private OutputOption output = new OutputOption();

    private final StepTimes steps = new StepTimes();

    /// From the configuration.
    private Prices prices = Prices.NONE;

    /// The batch of this run in the register; null before it is opened.
    private BatchRegisterState.@Nullable Entry opened;

    /// The column with the prediction.
    private String prediction = "prediction";

    /// Held by this field so that garbage collection does not release the ledger's lock.
    private volatile @Nullable EmbeddedLedger ledger;

    /// Closes what the command has opened, the latest first.
    private final Deque<Runnable> closing = new ArrayDeque<>();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        ProgramLog.toFile(home.log());
        Job job = full ? options.read().full() : options.read();
        int threads = options.threads();
        ProgressDisplay progress =
                ProgressDisplay.of(!output.isForPrograms(), spec.commandLine().getErr());
        InterruptHandler interruption =
                InterruptHandler.watch(spec.commandLine().getErr(), progress, again());
        try {
            return run(job, threads, progress, interruption);
        } finally {
            interruption.end();
        }
    }

    /// Stops the node, and releases the home folder. Needed only where the process goes on after the command, as
    /// in a test.
    @Override
    public void close() {
        while (!closing.isEmpty()) {
            closing.pop().run();
        }
    }

    private void closeLedger() {
        EmbeddedLedger held = ledger;
        if (held != null) {
            held.close();
        }
    }

    private static void stop(CompletableFuture<Node> starting) {
        starting.thenAccept(Node::stop).handle((_, _) -> true).join();
    }

    private int run(Job job, int threads, ProgressDisplay progress, InterruptHandler interruption) {
        closing.push(this::closeLedger);
        if (waits) {
            // Before anything is read: the process that is waited for may change the source or the models.
            ledger = home.openLedger(besideServer(), this::printWaiting);
        }
        Configuration given = configuration.read(home);
        prices = given.prices();
        prediction = job.output().nameOf("prediction");
        DataSources dataSources = given.dataSources();
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        closing.push(objects::close);
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        ExecutorService background = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("start-", 1).factory());
        closing.push(background::shutdown);
        DuckDbLoader duckDb = DuckDbLoader.open(MemoryBudget.duckDb(), home.spill(), roots, background);
        closing.push(duckDb::close);
        ModelRegistry registry = registries.open(home, given);
        ModelCache models = new ModelCache(registry);
        Destinations destinations = new Destinations(duckDb, dataSources, roots, objects);
        closing.push(destinations::close);
        DestinationStore destination = destinations.of(job);
        MlflowModels mlflow = MlflowModels.open(given.mlflowOfCommand(), roots, objects);
        CompletableFuture<Node> starting = CompletableFuture.supplyAsync(
                () -> {
                    EmbeddedLedger waitedFor = ledger;
                    EmbeddedLedger opened = waitedFor == null ? home.openLedger(besideServer()) : waitedFor;
                    ledger = opened;
                    return EmbeddedNode.start(new Node.Dependencies(
                            opened.ledger(),
                            duckDb,
                            roots,
                            objects,
                            models,
                            dataSources,
                            new ScoringThreads(threads),
                            MemoryBudget.budget(),
                            NodeObserver.NOBODY,
                            profiled ? steps : null,
                            given.alerts(),
                            given.lineage(),
                            mlflow));
                },
                background);
        closing.push(() -> stop(starting));

        SubmissionResolver.Resolved resolved = new SubmissionResolver(
                        new ModelPlaces(registry, mlflow),
                        destinations,
                        threads,
                        MemoryBudget.budget(),
                        given.admission().plans(),
                        given.alerts().names())
                .resolve(job);
        Submission submission = resolved.submission();
        resolved.keepIn(models);
        if (resolved.candidate() instanceof RolloutCandidate.Untried(String reason)) {
            spec.commandLine().getErr().println("No candidate is tried: " + reason);
        }

        Warmup.codec(submission);
        Node node = await(starting);
        if (!fresh && !full) {
            UnknownBatches.refuse(job, destination, node.ledger()::registered);
        }
        node.beginLineage(prices);
        SubmitReply reply = await(node.submit(submission, fresh || full));
        return switch (reply) {
            case Accepted(BatchId batch, boolean resumed, boolean repeated) -> {
                interruption.opened(batch);
                yield follow(node, destination, batch, resumed, progress, interruption, alertLimit(job, given));
            }
            case AlreadyPublished(BatchId batch) -> {
                interruption.end();
                result(node, destination, false, 0, null).printAlreadyPublished(describe(node, batch));
                yield ExitStatus.DONE;
            }
            case Rejected rejected ->
                throw FailureException.permanent(
                        node.named(rejected, submission).reason());
            case TooManyOpen(String reason) -> throw FailureException.permanent(reason);
            case NotNow(String reason) -> throw new FailureException(Failure.transientFailure(reason));
        };
    }

    private BatchDescription describe(Node node, BatchId batch) {
        BatchRegisterState.Entry entry = opened;
        if (entry == null || !entry.batch().equals(batch)) {
            entry = node.ledger().registered().named(batch.value());
            opened = entry;
        }
        return await(node.describe(entry, prices));
    }

    private int follow(
            Node node,
            DestinationStore destination,
            BatchId batch,
            boolean resumed,
            ProgressDisplay progress,
            InterruptHandler interruption,
            @Nullable Duration alertLimit) {
        progress.begin(batch, resumed);
        if (ignoresWindow) {
            ignoreWindow(node, batch);
        }
        BatchDescription status = describe(node, batch);
        if (approval != null) {
            status = approve(node, batch, approval, resumed);
        }
        long rowsBefore = resumed ? status.read() : 0;
        while (!status.isSettled() && !status.state().equals("held")) {
            interruption.latest(status);
            progress.show(status);
            printOutage(status.outage(), progress);
            printWindow(status, progress);
            pause(progress.interval());
            status = describe(node, batch);
        }
        if (status.state().equals("damaged")) {
            throw FailureException.permanent(Objects.requireNonNull(status.reason()));
        }
        if (alertLimit != null) {
            awaitAlerts(node, status, alertLimit, progress);
        }
        if (!node.finishLineage(MESSAGE_TIME)) {
            progress.end();
            spec.commandLine()
                    .getErr()
                    .println("nightshift: the lineage of %s is not sent yet. The next batch that uses %s sends it"
                            .formatted(batch, home.folder()));
            spec.commandLine().getErr().flush();
        }
        EmbeddedLedger held = ledger;
        if (held != null) {
            held.recordEntries();
        }
        interruption.end();
        progress.show(status);
        progress.end();
        RunProfile profile = profiled
                ? RunProfile.of(
                        Instant.ofEpochMilli(RunReport.began()),
                        node.firstRow(),
                        node.ledger(),
                        batch,
                        options.threads(),
                        steps)
                : null;
        return result(node, destination, resumed, rowsBefore, profile).print(status);
    }

    /// How long the command waits for the alerts of its batch; null if nobody is told of a failure.
    private static @Nullable Duration alertLimit(Job job, Configuration given) {
        boolean isTold =
                !AlertSettings.channels(job.alerts(), AlertCause.FAILED).isEmpty()
                        || !AlertSettings.channels(given.alerts().settings().rules(), AlertCause.FAILED)
                                .isEmpty();
        return isTold ? MESSAGE_TIME : null;
    }

    /// The process ends with the batch, so alerts are sent before.
    private void awaitAlerts(Node node, BatchDescription status, Duration limit, ProgressDisplay progress) {
        List<String> waiting =
                node.awaitAlerts(new BatchId(status.batch()), status.state().equals("failed"), limit);
        if (!waiting.isEmpty()) {
            progress.end();
            waiting.forEach(alert -> spec.commandLine()
                    .getErr()
                    .println("nightshift: %s. The next command that uses %s sends it again"
                            .formatted(alert, home.folder())));
            spec.commandLine().getErr().flush();
        }
    }

    /// Says once what the batch waits for.
    private void printOutage(BatchDescription.@Nullable Outage outage, ProgressDisplay progress) {
        if (outage != null && !outage.since().equals(outageSince)) {
            progress.end();
            spec.commandLine()
                    .getErr()
                    .println("Waiting: " + OutageText.of(outage.reason(), outage.since(), outage.until()));
            spec.commandLine().getErr().flush();
        }
        outageSince = outage == null ? null : outage.since();
    }

    /// Says once for which window the batch waits.
    private void printWindow(BatchDescription status, ProgressDisplay progress) {
        Instant opens = status.timing() == null ? null : status.timing().windowOpens();
        if (opens != null && !opens.equals(windowOpens)) {
            progress.end();
            spec.commandLine()
                    .getErr()
                    .println("Waiting: %s. To score now: %s --ignore-window".formatted(status.waitsFor(), again()));
            spec.commandLine().getErr().flush();
        }
        windowOpens = opens;
    }

    /// A job without a window has none to ignore. The batch may not have received its submission yet.
    private void ignoreWindow(Node node, BatchId batch) {
        BatchDescription status = describe(node, batch);
        while (status.state().equals("opened")) {
            pause(Duration.ofMillis(20));
            status = describe(node, batch);
        }
        await(node.control(batch, new BatchControl.IgnoreWindow()));
    }

    /// Only a batch that was held before this command is approved, so that nobody approves what nobody has
    /// seen.
    private BatchDescription approve(Node node, BatchId batch, String reason, boolean resumed) {
        BatchDescription status = describe(node, batch);
        while (resumed && status.state().equals("opened")) {
            pause(Duration.ofMillis(20));
            status = describe(node, batch);
        }
        if (!status.state().equals("held")) {
            spec.commandLine().getErr().println("Nothing is approved: batch %s is not held.".formatted(batch));
            return status;
        }
        await(node.control(batch, new BatchControl.Approve(reason)));
        return describe(node, batch);
    }

    /// A run scores by its own threads and shows their times, which a server can't do for it.
    private String besideServer() {
        return "Let it run the job, with `%s batch submit %s --wait%s`, stop it"
                .formatted(ShellCommands.program(), options.words(), home.option() + configuration.option());
    }

    private void printWaiting(String holder) {
        spec.commandLine().getErr().println("Waiting for %s, which uses %s.".formatted(holder, home.folder()));
        spec.commandLine().getErr().flush();
    }

    private String again() {
        return options.again(home) + configuration.option();
    }

    private RunReport result(
            Node node, DestinationStore destination, boolean resumed, long rowsBefore, @Nullable RunProfile profile) {
        return new RunReport(
                spec.commandLine().getOut(),
                spec.commandLine().getErr(),
                output.format(),
                destination,
                prediction,
                resumed,
                rowsBefore,
                node.firstRow(),
                again(),
                home.option() + configuration.option(),
                profile);
    }

    private static void pause(Duration interval) {
        LockSupport.parkNanos(interval.toNanos());
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof FailureException known) {
                throw known;
            }
            throw e;
        }
    }
}
