package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.api.ApiJson;
import io.nightshift.api.BatchDescription;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.CheckText;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.cli.output.TimingText;
import io.nightshift.cli.output.UnseenCategoryText;
import io.nightshift.cli.output.UseText;
import io.nightshift.client.BatchReader;
import io.nightshift.client.NightshiftException;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `batch show`: the state of one batch, from its ledger.
@Command(name = "show", description = "Shows the state of a batch.", mixinStandardHelpOptions = true)
final class BatchShowCommand extends QueryCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = "Shows the state that the batch had at this time, such as 2026-11-25T03:12Z.")
    private @Nullable String time;

    @Override
    int run(BatchReader reader) {
        Instant at = at();
        return show(
                ClusterAccess.answer(at == null ? reader.describe(wanted.name()) : reader.describe(wanted.name(), at)));
    }

    private @Nullable Instant at() {
        if (time == null) {
            return null;
        }
        try {
            return OffsetDateTime.parse(time).toInstant();
        } catch (DateTimeParseException e) {
            throw FailureException.permanent(
                    "--at must be a time with its offset, such as 2026-11-25T03:12Z or 2026-11-25T04:12+01:00, not "
                            + time);
        }
    }

    private int show(BatchDescription batch) {
        if (asJson()) {
            JsonOutput.print(out(), ApiJson.tree(batch.recorded()));
            return ExitStatus.DONE;
        }
        TextTable table = table(batch);
        outage(table, batch);
        if (batch.waitsFor() != null) {
            table.row("waits for", batch.waitsFor());
        }
        worker(table, batch);
        table.print(out());
        if (batch.shadow() != null) {
            ShadowText.print(batch.shadow(), out());
        }
        return ExitStatus.DONE;
    }

    /// Asks a node for the batch's state when the journal's database cannot be reached.
    @Override
    int run(Configuration cluster, Ledger ledger) {
        try {
            return run(ledger);
        } catch (FailureException away) {
            if (time != null || ledger.problem() == null) {
                throw away;
            }
            try (ClusterAccess nodes = ClusterAccess.connect(cluster, token())) {
                return show(nodes, wanted.name());
            }
        }
    }

    private int show(ClusterAccess nodes, String wanted) {
        try {
            BatchDescription batch = nodes.describe(wanted);
            TextTable table = new TextTable().left("").left("");
            table.row("batch", batch.batch());
            table.row("state", batch.state());
            if (batch.pause() != null) {
                table.row("paused", DisplayFormat.of(batch.pause()));
            }
            table.row("partitions", "%d of %d committed".formatted(batch.committed(), batch.partitions()));
            outage(table, batch);
            worker(table, batch);
            waits(table, batch.batch(), batch.waitsFor());
        } catch (NightshiftException e) {
            if (e.kind() != NightshiftException.Kind.UNAVAILABLE) {
                throw ClusterAccess.told(e);
            }
            TextTable table = new TextTable().left("").left("");
            table.row("batch", wanted);
            waits(table, wanted, e.getMessage());
        }
        return ExitStatus.DONE;
    }

    private void waits(TextTable table, String batch, @Nullable String reason) {
        String waitsFor = Objects.requireNonNullElse(reason, "the journal's database, which this command can't reach");
        if (asJson()) {
            ObjectNode json = JsonOutput.object();
            json.put("batch", batch);
            json.put("waits_for", waitsFor);
            JsonOutput.print(out(), json);
        } else {
            table.row("waits for", waitsFor);
            table.print(out());
        }
    }

    private static void outage(TextTable table, BatchDescription batch) {
        if (batch.outage() != null) {
            table.row("waits for", DisplayFormat.of(batch.outage()));
        }
    }

    private static void worker(TextTable table, BatchDescription batch) {
        BatchDescription.Timing timing = batch.timing();
        if (batch.progress() != null && batch.progress().waitsForWorker() && timing != null) {
            table.row(
                    "waits for",
                    "a free worker%s. The jobs that have work share the workers by priority, and this one has priority %d"
                            .formatted(timing.threads() == null ? "" : " within its job's limit", timing.priority()));
        }
    }

    private static void timing(TextTable table, BatchDescription.@Nullable Timing timing) {
        if (timing != null && timing.priority() != Job.DEFAULT_PRIORITY) {
            table.row("priority", String.valueOf(timing.priority()));
        }
        if (timing != null && timing.threads() != null) {
            table.row("threads", TimingText.threads(timing.threads()));
        }
        String deadline = TimingText.deadline(timing);
        if (deadline != null) {
            table.row("deadline", deadline);
        }
        String forecast = TimingText.forecast(timing);
        if (forecast != null) {
            table.row("ends about", forecast);
        }
    }

    private static TextTable table(BatchDescription batch) {
        TextTable table = new TextTable().left("").left("");
        table.row("batch", batch.batch());
        table.row("job", batch.job());
        if (!batch.parameters().isEmpty()) {
            table.row("run", DisplayFormat.run(batch));
        }
        table.row("model", batch.model());
        if (batch.modelOrigin() != null) {
            table.row("model from", batch.modelOrigin().text());
        }
        table.row("state", batch.state());
        if (batch.reason() != null) {
            table.row("reason", batch.reason());
        }
        if (batch.pause() != null) {
            table.row("paused", DisplayFormat.of(batch.pause()));
        }
        if (batch.removal() != null) {
            table.row("removal", batch.removal().text());
        }
        if (batch.rollout() != null) {
            table.row("rollout", batch.rollout().text());
        }
        if (batch.shadow() != null) {
            table.row("shadow", batch.shadow().text());
        }
        if (batch.reuse() != null) {
            table.row("reused", batch.reuse().text());
        }
        if (batch.redrive() != null) {
            table.row("redrive", batch.redrive().text());
        }
        if (batch.approval() != null) {
            table.row("approved", DisplayFormat.of(batch.approval()));
        }
        table.row("submitted", DisplayFormat.time(batch.submittedAt()));
        timing(table, batch.timing());
        table.row("partitions", "%d of %d committed".formatted(batch.committed(), batch.partitions()));
        table.row("input rows", DisplayFormat.number(batch.rows()));
        table.row("read", DisplayFormat.number(batch.read()));
        table.row("predictions", DisplayFormat.number(batch.predictions()));
        table.row("quarantined", DisplayFormat.number(batch.quarantined()));
        if (!batch.unseenCategories().isEmpty()) {
            table.row("unseen categories", UnseenCategoryText.text(batch.unseenCategories()));
        }
        for (BatchDescription.Check check : batch.checks()) {
            table.row(check.passed() ? "check passed" : "check failed", CheckText.of(check));
        }
        table.row("bytes", DisplayFormat.number(batch.bytes()));
        UseText.lines(batch.use()).forEach(table::row);
        if (batch.destination() != null) {
            table.row("destination", batch.destination());
            batch.otherDestinations().forEach(other -> table.row("", other));
        }
        table.row(
                "ledger",
                "%s entries, %s"
                        .formatted(
                                DisplayFormat.number(batch.ledger().entries()),
                                batch.ledger().head()));
        return table;
    }
}
