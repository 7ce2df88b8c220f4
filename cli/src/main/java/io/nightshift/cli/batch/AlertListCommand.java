package io.nightshift.cli.batch;

import io.nightshift.api.AlertDescription;
import io.nightshift.api.AlertPage;
import io.nightshift.api.ApiJson;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.cli.output.TextTable;
import io.nightshift.client.AlertFilter;
import io.nightshift.client.BatchReader;
import io.nightshift.protocol.failure.FailureException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `alert list`: the alerts, newest first.
@Command(
        name = "list",
        description = "Lists alerts, newest first: what happened, and whether it was delivered.",
        mixinStandardHelpOptions = true)
final class AlertListCommand extends QueryCommand {

    /// The most that a server gives at a time.
    private static final int PAGE = 100;

    @Option(names = "--open", description = "Only alerts whose cause has not ended.")
    private boolean onlyOpen;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "20",
            description = "The largest number of alerts to list (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    int withoutLedger() {
        return show(List.of());
    }

    @Override
    int run(BatchReader reader) {
        int most = checkedLimit();
        List<AlertDescription> alerts = new ArrayList<>();
        String cursor = null;
        do {
            AlertFilter filter = new AlertFilter(onlyOpen, Math.min(PAGE, most - alerts.size()), cursor);
            AlertPage page = ClusterAccess.answer(reader.alerts(filter));
            alerts.addAll(page.alerts());
            cursor = page.next();
        } while (cursor != null && alerts.size() < most);
        return show(alerts);
    }

    private int checkedLimit() {
        if (limit < 1) {
            throw FailureException.permanent("--limit must be 1 or more, not %d".formatted(limit));
        }
        return limit;
    }

    private int show(List<AlertDescription> alerts) {
        if (asJson()) {
            JsonOutput.print(out(), alerts.stream().map(ApiJson::tree).toList());
            return ExitStatus.DONE;
        }
        if (alerts.isEmpty()) {
            out().println(onlyOpen ? "There is no open alert." : "There is no alert.");
            return ExitStatus.DONE;
        }
        TextTable table = new TextTable()
                .right("ALERT")
                .left("STATE")
                .left("RAISED")
                .left("CAUSE")
                .left("ABOUT")
                .left("DELIVERY");
        for (AlertDescription alert : alerts) {
            table.row(
                    String.valueOf(alert.number()),
                    alert.state(),
                    DisplayFormat.time(alert.raisedAt()),
                    alert.cause(),
                    alert.type() + " " + alert.subject(),
                    alert.deliveries().stream()
                            .map(delivery -> delivery.channel() + ": " + delivery.state())
                            .collect(Collectors.joining(", ")));
        }
        table.print(out());
        alerts.stream().filter(AlertDescription::isOpen).forEach(this::printOpen);
        return ExitStatus.DONE;
    }

    private void printOpen(AlertDescription alert) {
        out().println("%d: %s".formatted(alert.number(), alert.summary()));
        for (AlertDescription.Delivery delivery : alert.deliveries()) {
            if (delivery.failure() != null) {
                out().println("   %s, attempt %d: %s%s"
                        .formatted(
                                delivery.channel(),
                                delivery.attempts(),
                                delivery.failure(),
                                delivery.nextTry() == null
                                        ? ""
                                        : ". Next attempt: "
                                                + delivery.nextTry().truncatedTo(ChronoUnit.SECONDS)));
            }
        }
    }
}
