package io.nightshift.cli.run;

import io.nightshift.cli.ConfigurationOption;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.Home;
import io.nightshift.cli.JobModel;
import io.nightshift.cli.JobOptions;
import io.nightshift.cli.Memory;
import io.nightshift.cli.log.ProgramLog;
import io.nightshift.cli.node.EmbeddedNode;
import io.nightshift.cli.node.LoadedModels;
import io.nightshift.cli.node.Node;
import io.nightshift.cli.node.NodeDuckDb;
import io.nightshift.cli.node.NodeObserver;
import io.nightshift.cli.output.Format;
import io.nightshift.cli.output.Progress;
import io.nightshift.coordinator.ledger.EmbeddedLedger;
import io.nightshift.coordinator.registry.Registry;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFingerprint;
import io.nightshift.protocol.job.Submission;
import io.nightshift.protocol.jobs.JobsCommand.Accepted;
import io.nightshift.protocol.jobs.JobsCommand.AlreadyPublished;
import io.nightshift.protocol.jobs.JobsCommand.Rejected;
import io.nightshift.protocol.jobs.JobsCommand.SubmitReply;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.worker.ScoringThreads;
import io.nightshift.worker.partition.MemoryEstimate;
import io.nightshift.worker.partition.StepTimes;
import java.time.Duration;
import java.time.Instant;
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

/// Runs a job to its end on a node of its own. DuckDB, the node and the model get ready side by
/// side, since each takes a while to load.
@Command(
        name = "run",
        description = "Scores what a job file describes and publishes the predictions. Goes on with the job's"
                + " open batch, if there is one.",
        mixinStandardHelpOptions = true,
        footer = "Exit status: 0 published, 1 the batch failed, 2 nothing was started (the command, the job file"
                + " or something it needs is wrong), 130 interrupted, and can be gone on with.")
public final class RunCommand implements Callable<Integer> {

    @Mixin
    private JobOptions options = new JobOptions();

    @Mixin
    private Home home = new Home();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Option(
            names = "--new",
            description =
                    "Starts another batch, even if one is open (it is given up) or the same" + " was published before.")
    private boolean fresh;

    @Option(names = "--profile", description = "Says in the end where the time went.")
    private boolean profiled;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            converter = Format.Converter.class,
            description = "table (default) or json.")
    private Format format = Format.TABLE;

    private final StepTimes steps = new StepTimes();

    /// Kept, since its lock ends with it.
    private @Nullable EmbeddedLedger ledger;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        ProgramLog.toFile(home.log());
        Job job = options.read();
        int threads = options.threads();
        DataSources dataSources = configuration.read(home).dataSources();
        ExecutorService background = Executors.newCachedThreadPool(
                Thread.ofPlatform().daemon().name("start-", 1).factory());
        NodeDuckDb duckDb = NodeDuckDb.open(Memory.duckDb(threads), home.spill(), background);
        Destinations destinations = new Destinations(duckDb, dataSources);
        DestinationStore destination = destinations.of(job);
        Destinations.refuse(destination.checkPlace());
        Registry registry = home.registry();
        LoadedModels models = new LoadedModels(registry::path);
        CompletableFuture<Node> starting = CompletableFuture.supplyAsync(
                () -> {
                    EmbeddedLedger opened = home.openLedger();
                    ledger = opened;
                    opened.ledger().requireReadable(job.name());
                    return EmbeddedNode.start(new Node.Parts(
                            opened.ledger(),
                            duckDb,
                            models,
                            dataSources,
                            new ScoringThreads(threads),
                            Memory.budget(),
                            NodeObserver.NOBODY,
                            profiled ? steps : null));
                },
                background);

        JobModel model = JobModel.of(job.model(), registry);
        models.keep(model.version(), model.model());
        MemoryEstimate.of(job, model.model().description(), model.model().heapBytes(), threads, Memory.budget());
        destinations.sources().inspect(job, model.model().description());
        Destinations.refuse(destination.check(job, model.model().description()));
        Submission submission = new Submission(
                job, JobFingerprint.of(job), destinations.sources().identity(job.source()), model.version());

        Warmup.codec(submission);
        Node node = await(starting);
        SubmitReply reply = await(node.submit(submission, fresh));
        return switch (reply) {
            case Accepted(BatchId batch, boolean resumed, boolean repeated) ->
                follow(node, destination, batch, resumed);
            case AlreadyPublished(BatchId batch) -> {
                result(node, destination, false, null).printAlreadyPublished(await(node.describe(batch)));
                yield ExitStatus.DONE;
            }
            case Rejected(String reason) -> throw FailureException.permanent(reason);
        };
    }

    private int follow(Node node, DestinationStore destination, BatchId batch, boolean resumed) {
        Progress progress =
                Progress.of(format == Format.TABLE, spec.commandLine().getErr());
        Interruption interruption = Interruption.watch(spec.commandLine().getErr(), progress, again());
        progress.begin(batch, resumed);
        BatchStatus status = await(node.describe(batch));
        while (!isSettled(status)) {
            interruption.latest(status);
            progress.show(status);
            pause(progress.interval());
            status = await(node.describe(batch));
        }
        interruption.end();
        progress.show(status);
        progress.end();
        Profile profile = profiled
                ? Profile.of(
                        Instant.ofEpochMilli(Result.began()),
                        node.firstRow(),
                        node.ledger(),
                        batch,
                        options.threads(),
                        steps)
                : null;
        return result(node, destination, resumed, profile).print(status);
    }

    private String again() {
        return options.again(home) + configuration.option();
    }

    private Result result(Node node, DestinationStore destination, boolean resumed, @Nullable Profile profile) {
        return new Result(
                spec.commandLine().getOut(),
                spec.commandLine().getErr(),
                format,
                destination,
                resumed,
                node.firstRow(),
                again(),
                home.option() + configuration.option(),
                profile);
    }

    private static boolean isSettled(BatchStatus status) {
        return status.phase() == Phase.PUBLISHED || status.phase() == Phase.FAILED || status.phase() == Phase.CANCELLED;
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
