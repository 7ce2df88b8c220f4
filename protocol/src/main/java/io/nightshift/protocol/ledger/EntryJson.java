package io.nightshift.protocol.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.nightshift.protocol.batch.BatchEvent;
import java.io.IOException;
import java.io.UncheckedIOException;

/// The JSON form of a ledger entry, which programs outside the cluster read: an object with `number`, `hash`
/// and the fields of the event as they are stored, whichever version wrote them. Safe for use by several
/// threads.
public final class EntryJson {

    private static final ObjectMapper CBOR = new CBORMapper();

    private EntryJson() {}

    /// Writes an entry as JSON.
    ///
    /// @param number the entry's position in the batch's ledger, from 1
    /// @param entry the entry, of any version
    /// @throws UncheckedIOException if the entry's bytes are not CBOR
    public static ObjectNode of(long number, LedgerEntry entry) {
        try {
            ObjectNode json = CBOR.createObjectNode();
            json.put("number", number);
            json.put("hash", entry.hash());
            CBOR.readTree(entry.bytes()).properties().forEach(field -> json.set(field.getKey(), field.getValue()));
            return json;
        } catch (IOException e) {
            throw new UncheckedIOException("entry %d is damaged".formatted(number), e);
        }
    }

    /// Removes the values of the input's rows, which may be personal data, from an entry that
    /// [#of(long, LedgerEntry)] wrote.
    ///
    /// @return the same object
    public static ObjectNode withoutValues(ObjectNode entry) {
        for (JsonNode commit : entry.path("commits")) {
            for (JsonNode row : commit.at("/comparison/differences/largest")) {
                if (row instanceof ObjectNode difference) {
                    difference.putObject("features");
                }
            }
        }
        return entry;
    }

    /// Reads the event of an entry that [#of(long, LedgerEntry)] wrote.
    ///
    /// @param entry the JSON object
    /// @throws NewerEventException if only a later version knows the kind of event or one of its values
    /// @throws UncheckedIOException if the JSON is not an event
    public static BatchEvent event(JsonNode entry) {
        try {
            return EventCodec.decode(CBOR.writeValueAsBytes(entry));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e.getOriginalMessage(), e);
        }
    }
}
