package io.nightshift.cli.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.nightshift.cli.ExitStatus;
import io.nightshift.cli.output.Json;
import io.nightshift.coordinator.jobs.BatchNames;
import io.nightshift.coordinator.ledger.Ledger;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.ledger.LedgerEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `batch events`: a batch's history as it is in the ledger, believed as it stands; `verify` proves
/// it.
@Command(name = "events", description = "Shows a batch's history, a line an event.", mixinStandardHelpOptions = true)
final class BatchEventsCommand extends LedgerCommand {

    private static final ObjectMapper CBOR = new CBORMapper();

    @Parameters(paramLabel = "BATCH", description = "A batch's id, the beginning of it, or latest.")
    private @Nullable String name;

    @Override
    int run(Ledger ledger) {
        BatchId batch = BatchNames.resolve(register(ledger), Objects.requireNonNull(name));
        ledger.forEach(batch, (number, entry) -> {
            try {
                if (asJson()) {
                    Json.print(out(), json(number, entry));
                } else {
                    BatchEvent event = entry.event();
                    out().println("%s  %-14s  %s"
                            .formatted(Words.time(event.at()), Words.name(event), Words.of(event)));
                }
            } catch (UncheckedIOException | IOException e) {
                throw FailureException.permanent(
                        "entry %d of the ledger of %s is damaged; `batch verify` says more".formatted(number, batch));
            }
        });
        return ExitStatus.DONE;
    }

    /// The stored event, whatever it holds, after number and hash.
    private static ObjectNode json(long number, LedgerEntry entry) throws IOException {
        ObjectNode json = Json.object();
        json.put("number", number);
        json.put("hash", entry.hash());
        JsonNode event = CBOR.readTree(entry.bytes());
        event.properties().forEach(field -> json.set(field.getKey(), field.getValue()));
        return json;
    }
}
