package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.JsonNode;
import io.nightshift.api.EventPage;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.client.ClusterAccess;
import io.nightshift.cli.output.JsonOutput;
import io.nightshift.client.BatchReader;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.EventText;
import io.nightshift.protocol.ledger.EntryJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `batch events`: prints a batch's history from the ledger. It checks nothing; `batch verify` does.
@Command(
        name = "events",
        description = "Shows a batch's history, one line for each event.",
        mixinStandardHelpOptions = true)
final class BatchEventsCommand extends QueryCommand {

    @Mixin
    private final BatchParameter wanted = new BatchParameter();

    @Override
    int run(BatchReader reader) {
        String batch = wanted.name();
        Long after = 0L;
        while (after != null) {
            EventPage page = ClusterAccess.answer(reader.events(batch, after));
            // `latest` is another one when a batch is submitted meanwhile.
            batch = page.batch();
            page.events().forEach(this::show);
            after = page.next();
        }
        return ExitStatus.DONE;
    }

    private void show(JsonNode entry) {
        if (asJson()) {
            JsonOutput.print(out(), entry);
            return;
        }
        BatchEvent event = EntryJson.event(entry);
        out().println("%s  %-14s  %s"
                .formatted(DisplayFormat.time(event.at()), EventText.name(event), EventText.withCaller(event)));
    }
}
