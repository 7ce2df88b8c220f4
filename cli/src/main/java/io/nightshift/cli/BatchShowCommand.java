package io.nightshift.cli;

import io.nightshift.cli.output.Json;
import io.nightshift.cli.output.Table;
import io.nightshift.coordinator.jobs.BatchNames;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `batch show`: one batch as its ledger tells it.
@Command(name = "show", description = "Shows a batch.", mixinStandardHelpOptions = true)
final class BatchShowCommand extends LedgerCommand {

    @Parameters(paramLabel = "BATCH", description = "A batch's id, the beginning of it, or latest.")
    private @Nullable String name;

    @Override
    int run(Ledger ledger) {
        JobsState register = register(ledger);
        BatchId batch = BatchNames.resolve(register, Objects.requireNonNull(name));
        BatchSummary summary = BatchSummary.of(
                ledger, Objects.requireNonNull(register.batches().get(batch)));
        if (asJson()) {
            Json.print(out(), summary.json());
        } else {
            table(summary).print(out());
        }
        return ExitStatus.DONE;
    }

    private static Table table(BatchSummary batch) {
        Table table = new Table().left("").left("");
        table.row("batch", batch.opened().batch().value());
        table.row("job", batch.opened().submission().job().name());
        table.row("model", batch.opened().submission().model().toString());
        table.row("state", batch.phase());
        String reason = batch.reason();
        if (reason != null) {
            table.row("reason", reason);
        }
        table.row("submitted", Words.time(batch.opened().at()));
        table.row(
                "partitions",
                "%d of %d committed".formatted(batch.state().winners().count(), batch.partitions()));
        table.row("input rows", Words.number(batch.rows()));
        table.row("read", Words.number(batch.state().totals().read()));
        table.row("predictions", Words.number(batch.state().totals().predictions()));
        table.row("quarantined", Words.number(batch.state().totals().quarantined()));
        table.row("bytes", Words.number(batch.state().totals().bytes()));
        String destination = batch.destination();
        if (destination != null) {
            table.row("destination", destination);
        }
        table.row(
                "ledger",
                "%s entries, %s"
                        .formatted(
                                Words.number(batch.state().entries()),
                                batch.state().head()));
        return table;
    }
}
