package io.nightshift.cli.batch;

import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.Json;
import io.nightshift.cli.output.Table;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.failure.NearMiss;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `batch list`: the batches of all jobs, newest first.
@Command(name = "list", description = "Lists batches, newest first.", mixinStandardHelpOptions = true)
final class BatchListCommand extends LedgerCommand {

    @Option(names = "--job", paramLabel = "NAME", description = "Only batches of this job.")
    private @Nullable String job;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "At most so many (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    int withoutLedger() {
        if (asJson()) {
            Json.print(out(), List.of());
        } else {
            out().println("Nothing here: %s.".formatted(nothingRan()));
        }
        return ExitStatus.DONE;
    }

    @Override
    int run(Ledger ledger) {
        if (limit < 1) {
            throw FailureException.permanent("--limit: the number %d; expected 1 or more".formatted(limit));
        }
        List<JobsState.Entry> entries = new ArrayList<>(register(ledger).all());
        List<BatchSummary> batches = entries.reversed().stream()
                .filter(entry -> job == null || job.equals(name(entry)))
                .limit(limit)
                .map(entry -> BatchSummary.of(ledger, entry))
                .toList();
        if (asJson()) {
            Json.print(out(), batches.stream().map(BatchSummary::json).toList());
        } else if (batches.isEmpty()) {
            out().println(nothing(entries));
        } else {
            table(batches).print(out());
        }
        return ExitStatus.DONE;
    }

    private String nothing(List<JobsState.Entry> entries) {
        if (job == null || entries.isEmpty()) {
            return "Nothing here: %s.".formatted(nothingRan());
        }
        Set<String> jobs = new TreeSet<>();
        entries.forEach(entry -> jobs.add(name(entry)));
        String near = NearMiss.of(job, jobs);
        return "There is no batch of a job %s; %s"
                .formatted(
                        job,
                        near == null
                                ? "there are batches of " + String.join(", ", jobs) + "."
                                : "did you mean " + near + "?");
    }

    private static String name(JobsState.Entry entry) {
        return entry.opened().submission().job().name();
    }

    private static Table table(List<BatchSummary> batches) {
        Table table = new Table()
                .left("BATCH")
                .left("STATE")
                .left("SUBMITTED")
                .left("MODEL")
                .right("PARTITIONS")
                .right("ROWS")
                .right("PREDICTIONS")
                .right("QUARANTINED");
        for (BatchSummary batch : batches) {
            table.row(
                    batch.opened().batch().value(),
                    batch.phase(),
                    Words.time(batch.opened().at()),
                    batch.opened().submission().model().toString(),
                    batch.state().winners().count() + "/" + batch.partitions(),
                    Words.number(batch.rows()),
                    Words.number(batch.state().totals().predictions()),
                    Words.number(batch.state().totals().quarantined()));
        }
        return table;
    }
}
