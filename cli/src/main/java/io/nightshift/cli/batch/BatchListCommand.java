package io.nightshift.cli.batch;

import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.api.BatchPage;
import io.nightshift.api.JobList;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.BatchFilter;
import io.nightshift.client.BatchReader;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NameSuggestion;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch list`: the batches of all jobs, newest first.
@Command(name = "list", description = "Lists batches, newest first.", mixinStandardHelpOptions = true)
final class BatchListCommand extends QueryCommand {

    /// The most that a server gives at a time.
    private static final int PAGE = 100;

    @Option(names = "--job", paramLabel = "NAME", description = "Only batches of this job.")
    private @Nullable String job;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "The largest number of batches to list (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    int withoutLedger() {
        if (asJson()) {
            JsonOutput.print(out(), List.of());
        } else {
            out().println("Nothing here: %s.".formatted(nothingRan()));
        }
        return ExitStatus.DONE;
    }

    @Override
    int run(BatchReader reader) {
        int most = checkedLimit();
        List<BatchDescription> batches = new ArrayList<>();
        String cursor = null;
        do {
            int rest = Math.min(PAGE, most - batches.size());
            BatchPage page = ClusterAccess.answer(reader.list(new BatchFilter(job, null, rest, cursor)));
            page.batches().stream().map(BatchDescription::recorded).forEach(batches::add);
            cursor = page.next();
        } while (cursor != null && batches.size() < most);
        return show(
                batches,
                () -> ClusterAccess.answer(reader.jobs()).jobs().stream()
                        .map(JobList.JobDescription::job)
                        .collect(Collectors.toSet()));
    }

    private int checkedLimit() {
        if (limit < 1) {
            throw FailureException.permanent("--limit must be 1 or more, not %d".formatted(limit));
        }
        return limit;
    }

    private int show(List<BatchDescription> batches, Supplier<Set<String>> jobs) {
        if (asJson()) {
            JsonOutput.print(out(), batches.stream().map(ApiJson::tree).toList());
        } else if (batches.isEmpty()) {
            out().println(nothing(jobs.get()));
        } else {
            table(batches).print(out());
        }
        return ExitStatus.DONE;
    }

    private String nothing(Set<String> jobs) {
        if (job == null || jobs.isEmpty()) {
            return "Nothing here: %s.".formatted(nothingRan());
        }
        String near = NameSuggestion.closest(job, jobs);
        return "There is no batch of a job %s; %s"
                .formatted(
                        job,
                        near == null
                                ? "there are batches of " + String.join(", ", new TreeSet<>(jobs)) + "."
                                : "did you mean " + near + "?");
    }

    private static TextTable table(List<BatchDescription> batches) {
        boolean hasRuns = batches.stream().anyMatch(batch -> !batch.parameters().isEmpty());
        TextTable table = new TextTable().left("BATCH");
        if (hasRuns) {
            table.left("RUN");
        }
        table.left("STATE")
                .left("SUBMITTED")
                .left("MODEL")
                .right("PARTITIONS")
                .right("ROWS")
                .right("PREDICTIONS")
                .right("QUARANTINED");
        for (BatchDescription batch : batches) {
            List<String> cells = new ArrayList<>(List.of(
                    batch.batch(),
                    batch.state(),
                    DisplayFormat.time(batch.submittedAt()),
                    DisplayFormat.model(batch),
                    batch.committed() + "/" + batch.partitions(),
                    DisplayFormat.number(batch.rows()),
                    DisplayFormat.number(batch.predictions()),
                    DisplayFormat.number(batch.quarantined())));
            if (hasRuns) {
                cells.add(1, DisplayFormat.run(batch));
            }
            table.row(cells.toArray(String[]::new));
        }
        return table;
    }
}
