package io.nightshift.cli;

import io.nightshift.cli.configuration.Configuration;
import io.nightshift.coordinator.plan.Planner;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.PartitionPlan;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.source.SourceInspector.InspectedFile;
import io.nightshift.worker.model.Model;
import io.nightshift.worker.partition.MemoryEstimate;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Says what a run would do, and changes nothing: no ledger, no registry, no destination.
@Command(
        name = "plan",
        description = "Says what a run of the job would do; touches nothing.",
        mixinStandardHelpOptions = true)
final class PlanCommand implements Callable<Integer> {

    @Mixin
    private JobOptions options = new JobOptions();

    @Mixin
    private Home home = new Home();

    @Mixin
    private ConfigurationOption configuration = new ConfigurationOption();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        Job job = options.read();
        int threads = options.threads();
        Configuration given = configuration.read(home);
        try (DuckDb duckDb = DuckDb.open(Memory.duckDb(threads), home.spill())) {
            Destinations destinations = new Destinations(() -> duckDb, given.dataSources());
            DestinationStore destination = destinations.of(job);
            Destinations.refuse(destination.checkPlace());
            Model model = JobModel.look(job.model(), home.registry());
            MemoryEstimate memory =
                    MemoryEstimate.of(job, model.description(), model.heapBytes(), threads, Memory.budget());
            List<InspectedFile> files = destinations.sources().inspect(job, model.description());
            Destinations.refuse(destination.check(job, model.description()));
            PartitionPlan plan = Planner.cut(files, job.partitions().rows());
            print(job, files, plan, memory, Forecast.of(job, plan.rows(), given, home));
        }
        return ExitStatus.DONE;
    }

    private void print(Job job, List<InspectedFile> files, PartitionPlan plan, MemoryEstimate memory, String duration) {
        PrintWriter out = spec.commandLine().getOut();
        String source = files.size() == 1
                ? files.getFirst().file().path()
                : "%,d files (%s)".formatted(files.size(), job.source().input());
        String filter =
                job.source().where() == null ? "" : " where " + job.source().where();
        out.println("Run once, by hand, processing %,d rows from %s%s writing to %s"
                .formatted(plan.rows(), source, filter, job.destination()));
        out.println();
        out.println("  partitions  %,d (%s)".formatted(plan.partitions(), sizes(plan)));
        out.println("  model       " + job.model().text());
        out.println("  memory      " + memory);
        out.println("  duration    " + duration);
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
