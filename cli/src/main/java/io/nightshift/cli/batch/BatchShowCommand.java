package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.configuration.Configuration;
import io.nightshift.cli.output.Json;
import io.nightshift.cli.output.Table;
import io.nightshift.client.NightshiftClient;
import io.nightshift.client.NightshiftException;
import io.nightshift.coordinator.jobs.BatchNames;
import io.nightshift.coordinator.jobs.JobsState;
import io.nightshift.coordinator.ledger.Descriptions;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `batch show`: one batch as its ledger tells it.
@Command(name = "show", description = "Shows a batch.", mixinStandardHelpOptions = true)
final class BatchShowCommand extends QueryCommand {

    @Parameters(paramLabel = "BATCH", description = "A batch's id, the beginning of it, or latest.")
    private @Nullable String name;

    @Override
    int run(Ledger ledger) {
        JobsState register = register(ledger);
        BatchId batch = BatchNames.resolve(register, Objects.requireNonNull(name));
        return show(Descriptions.of(
                ledger, Objects.requireNonNull(register.batches().get(batch))));
    }

    @Override
    int run(NightshiftClient client) {
        return show(ClusterAccess.answer(client.describe(Objects.requireNonNull(name))));
    }

    private int show(BatchDescription batch) {
        if (asJson()) {
            Json.print(out(), ApiJson.tree(batch.recorded()));
            return ExitStatus.DONE;
        }
        Table table = table(batch);
        if (batch.waitsFor() != null) {
            table.row("waits for", batch.waitsFor());
        }
        table.print(out());
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
            try (ClusterAccess nodes = ClusterAccess.connect(cluster)) {
                return show(nodes, Objects.requireNonNull(name));
            }
        }
    }

    private int show(ClusterAccess nodes, String wanted) {
        try {
            BatchDescription batch = nodes.describe(wanted);
            Table table = new Table().left("").left("");
            table.row("batch", batch.batch());
            table.row("state", batch.state());
            table.row("partitions", "%d of %d committed".formatted(batch.committed(), batch.partitions()));
            waits(table, batch.batch(), batch.waitsFor());
        } catch (NightshiftException e) {
            if (e.kind() != NightshiftException.Kind.UNAVAILABLE) {
                throw ClusterAccess.told(e);
            }
            Table table = new Table().left("").left("");
            table.row("batch", wanted);
            waits(table, wanted, e.getMessage());
        }
        return ExitStatus.DONE;
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

    private static Table table(BatchDescription batch) {
        Table table = new Table().left("").left("");
        table.row("batch", batch.batch());
        table.row("job", batch.job());
        table.row("model", batch.model());
        table.row("state", batch.state());
        if (batch.reason() != null) {
            table.row("reason", batch.reason());
        }
        table.row("submitted", Words.time(batch.submittedAt()));
        table.row("partitions", "%d of %d committed".formatted(batch.committed(), batch.partitions()));
        table.row("input rows", Words.number(batch.rows()));
        table.row("read", Words.number(batch.read()));
        table.row("predictions", Words.number(batch.predictions()));
        table.row("quarantined", Words.number(batch.quarantined()));
        table.row("bytes", Words.number(batch.bytes()));
        if (batch.destination() != null) {
            table.row("destination", batch.destination());
        }
        table.row(
                "ledger",
                "%s entries, %s"
                        .formatted(
                                Words.number(batch.ledger().entries()),
                                batch.ledger().head()));
        return table;
    }
}
