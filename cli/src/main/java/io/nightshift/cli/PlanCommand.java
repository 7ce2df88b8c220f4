package io.nightshift.cli;

import io.nightshift.cli.output.PartitionHistogram;
import io.nightshift.cli.output.Symbols;
import io.nightshift.cli.output.TimingText;
import io.nightshift.coordinator.plan.Planner;
import io.nightshift.coordinator.timing.Deadline;
import io.nightshift.coordinator.timing.TimeWindow;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.node.MemoryBudget;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.node.mlflow.MlflowModels;
import io.nightshift.node.submission.ModelPlaces;
import io.nightshift.node.submission.RolloutCandidate;
import io.nightshift.node.submission.SubmissionResolver;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.job.ChangedRows;
import io.nightshift.protocol.job.Incremental;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NewFiles;
import io.nightshift.protocol.job.NewTimes;
import io.nightshift.protocol.job.Rollout;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.source.PartitionScan;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.changed.ChangedRowScan;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Prints what a run would do. Changes nothing: no ledger, no registry, no destination.
@Command(
        name = "plan",
        description = "Prints what a run of the job would do, and changes nothing.",
        mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {

    @Mixin
    private JobOptions options = new JobOptions();

    @Mixin
    private HomeFolder home = new HomeFolder();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Mixin
    private RegistryOption models = new RegistryOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        Job job = options.read();
        int threads = options.threads();
        Configuration given = configuration.read(home);
        ObjectCopies objects = given.objects().ofCommand(home.folder());
        FileRoots roots = given.files().ofCommand().withOwn(objects.folder().parent());
        try (DuckDb duckDb = DuckDb.open(MemoryBudget.duckDb(), home.spill(), roots)) {
            Destinations destinations = new Destinations(() -> duckDb, given.dataSources(), roots, objects);
            SubmissionResolver.Check check = new SubmissionResolver(
                            new ModelPlaces(
                                    models.open(home, given),
                                    MlflowModels.open(given.mlflowOfCommand(), roots, objects)),
                            destinations,
                            threads,
                            MemoryBudget.budget(),
                            given.admission().plans(),
                            given.alerts().names())
                    .check(job);
            boolean isKeyed = job.partitions().key() != null
                    && check.files().stream().anyMatch(file -> file.file().rows() > 0);
            CutPlan counted = isKeyed
                    ? destinations.sources().count(check.job(), check.model().description(), check.files())
                    : null;
            Planner.KeyedPlan keyed = counted == null ? null : Planner.cut(counted, check.files(), job.partitions());
            PartitionPlan plan = keyed == null
                    ? Planner.cut(check.files(), check.job().partitions().rows())
                    : keyed.partitions();
            String fetches =
                    destinations.sources().fetches(check.job(), check.model().description(), check.files());
            List<String> details = new ArrayList<>();
            PartitionPlan.Index index = plan.index(
                    check.files().stream().map(InspectedFile::file).toList(), keyed == null ? null : keyed.cuts());
            PartitionHistogram.lines(index, isKeyed, Symbols.ofTerminal()).forEach(line -> details.add("  " + line));
            if (!fetches.isEmpty()) {
                details.add("fetches     " + fetches);
            }
            details.addAll(destinations.sources().of(job.source()).details(check.files()));
            List<InspectedFile> own = check.files().stream()
                    .filter(file -> !file.file().isLookup())
                    .toList();
            String memory = check.memory() + planning(job, plan.rows(), counted);
            List<String> rollout = rollout(job, check.candidate(), plan.partitions());
            print(job, own, details, plan, rollout, memory, RunTimeEstimate.of(job, plan.rows(), given, home));
        }
        return ExitStatus.DONE;
    }

    /// How the job tries another version of its model.
    private static List<String> rollout(Job job, RolloutCandidate candidate, int partitions) {
        Rollout rollout = job.rollout();
        if (rollout == null) {
            return List.of();
        }
        return switch (candidate) {
            case RolloutCandidate.None _ ->
                List.of("rollout     none: %s is not set, is the version of the model, or was rolled back"
                        .formatted(rollout.candidate().text()));
            case RolloutCandidate.Untried(String reason) ->
                List.of("rollout     none, and %s scores all partitions: %s"
                        .formatted(job.model().text(), reason));
            case RolloutCandidate.Tried tried ->
                rollout.isCanary()
                        ? canary(job, rollout, tried, partitions)
                        : List.of(
                                tried.problem() != null
                                        ? "rollout     none: %s can't score the batch: %s"
                                                .formatted(tried.version(), tried.problem())
                                        : "rollout     %s scores %,d of %,d partitions in addition, unpublished"
                                                .formatted(
                                                        name(tried),
                                                        partitions == 0 ? 0 : rollout.partitions(partitions),
                                                        partitions));
        };
    }

    private static String name(RolloutCandidate.Tried tried) {
        return tried.origin() == null
                ? tried.version().toString()
                : "%s (%s)".formatted(tried.version(), tried.origin().pin().version());
    }

    private static List<String> canary(Job job, Rollout rollout, RolloutCandidate.Tried tried, int partitions) {
        String first = partitions == 0
                ? "%s, as soon as there are rows".formatted(name(tried))
                : "%s scores %,d of %,d partitions first"
                        .formatted(name(tried), rollout.partitions(partitions), partitions);
        String guards =
                rollout.guards().stream().map(GuardResult::limit).collect(Collectors.joining(", ", "guards      ", ""));
        return List.of(
                "rollout     " + first,
                guards,
                "on pass     it scores the others"
                        + (rollout.onPass() == Rollout.OnPass.PROMOTE
                                ? ", and %s is moved to it"
                                        .formatted(job.model().name() + "@"
                                                + job.model().alias())
                                : ""),
                "on fail     "
                        + (rollout.onFail() == Rollout.OnFail.FAIL
                                ? "the batch fails"
                                : "%s scores all partitions"
                                        .formatted(job.model().text())));
    }

    /// Says how much memory the coordinator's node needs to plan the batch; empty if planning reads no rows.
    private static String planning(Job job, long rows, @Nullable CutPlan counted) {
        StringBuilder text = new StringBuilder();
        if (counted != null) {
            text.append("; planning counts the partition key of all rows in %s"
                    .formatted(megabytes(PartitionScan.memory(counted))));
        }
        if (job.incremental() instanceof ChangedRows) {
            text.append("; planning compares all rows in up to %s, and DuckDB spills what does not fit"
                    .formatted(megabytes(ChangedRowScan.memory(rows))));
        }
        return text.toString();
    }

    private static String megabytes(long bytes) {
        return "%,d MB".formatted((bytes + (1 << 20) - 1) >> 20);
    }

    private void print(
            Job job,
            List<InspectedFile> files,
            List<String> details,
            PartitionPlan plan,
            List<String> rollout,
            String memory,
            String duration) {
        PrintWriter out = spec.commandLine().getOut();
        String source = files.size() == 1
                ? files.getFirst().file().path()
                : "%,d files (%s)".formatted(files.size(), job.source().input());
        String filter =
                job.source().where() == null ? "" : " where " + job.source().where();
        out.println("Run once, by hand, processing %,d rows from %s%s writing to %s"
                .formatted(plan.rows(), source, filter, job.destination()));
        out.println();
        String by = job.partitions().key() == null ? "" : job.partitions().key() + "; ";
        out.println("  partitions  %,d (%s%s)".formatted(plan.partitions(), by, sizes(plan)));
        details.forEach(line -> out.println("  " + line));
        Incremental incremental = job.incremental();
        if (incremental != null) {
            out.println("  incremental of these, "
                    + switch (incremental) {
                        case NewTimes times ->
                            "the rows whose %s is due and in no earlier batch".formatted(times.column());
                        case NewFiles newFiles -> "the files that no earlier batch has read";
                        case ChangedRows changed ->
                            "the rows whose %s %s changed since a batch scored them"
                                    .formatted(
                                            String.join(", ", changed.columns()),
                                            changed.columns().size() == 1 ? "has" : "have");
                    });
        }
        out.println("  model       " + job.model().text());
        rollout.forEach(line -> out.println("  " + line));
        out.println("  memory      " + memory);
        out.println("  duration    " + duration);
        TimeWindow window = TimeWindow.of(job.timing());
        Instant now = Clock.systemUTC().instant();
        if (window != null) {
            TimeWindow.Opening opening = window.at(now);
            out.println("  window      %s to %s %s, %s"
                    .formatted(
                            window.from().time(),
                            window.to().time(),
                            job.timing().timeZone(),
                            opening.opens().isAfter(now)
                                    ? "opens "
                                            + TimingText.of(
                                                    opening.opens(),
                                                    job.timing().timeZone())
                                    : "open now"));
        }
        Instant deadline = Deadline.of(job.timing(), now);
        if (deadline != null) {
            out.println("  deadline    " + TimingText.of(deadline, job.timing().timeZone()));
        }
        out.flush();
    }

    private static String sizes(PartitionPlan plan) {
        long least =
                plan.runs().stream().mapToLong(PartitionPlan.Run::rows).min().orElse(0);
        long most =
                plan.runs().stream().mapToLong(PartitionPlan.Run::rows).max().orElse(0);
        return least == most ? "%,d rows each".formatted(most) : "%,d to %,d rows each".formatted(least, most);
    }
}
