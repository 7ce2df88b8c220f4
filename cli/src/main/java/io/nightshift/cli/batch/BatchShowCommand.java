package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterClient;
import io.nightshift.cli.configuration.Configuration;
import io.nightshift.cli.output.Json;
import io.nightshift.cli.output.Table;
import io.nightshift.coordinator.jobs.BatchNames;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.BatchStatus;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.gateway.GatewayCommand;
import io.nightshift.protocol.gateway.GatewayCommand.DescribeReply;
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

    /// Where the journal's database is away, a node may still know how the batch is.
    @Override
    int run(Configuration cluster, Ledger ledger) {
        try {
            return run(ledger);
        } catch (FailureException away) {
            if (ledger.trouble() == null) {
                throw away;
            }
            try (ClusterClient client = ClusterClient.connect(cluster)) {
                show(client, Objects.requireNonNull(name));
                return ExitStatus.DONE;
            }
        }
    }

    private void show(ClusterClient client, String wanted) {
        DescribeReply reply =
                client.ask(replyTo -> new GatewayCommand.Describe(wanted, replyTo), ClusterCommand.PATIENCE);
        switch (reply) {
            case GatewayCommand.Described(BatchStatus status, String waitsFor) -> {
                Table table = new Table().left("").left("");
                table.row("batch", status.batch().value());
                table.row("state", String.valueOf(status.phase()));
                table.row("partitions", "%d of %d committed".formatted(status.committed(), status.partitions()));
                waits(table, status.batch().value(), waitsFor);
            }
            case GatewayCommand.Unavailable(String reason) -> {
                Table table = new Table().left("").left("");
                table.row("batch", wanted);
                waits(table, wanted, reason);
            }
            case GatewayCommand.NotFound(String reason) -> throw FailureException.permanent(reason);
        }
    }

    private void waits(Table table, String batch, @Nullable String reason) {
        String waitsFor = Objects.requireNonNullElse(reason, "the journal's database, which this command can't reach");
        if (asJson()) {
            ObjectNode json = Json.object();
            json.put("batch", batch);
            json.put("waits_for", waitsFor);
            Json.print(out(), json);
        } else {
            table.row("waits for", waitsFor);
            table.print(out());
        }
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
