package io.nightshift.node.dashboard;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.EventText;
import io.nightshift.protocol.failure.Failure;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// An event of a batch in one line. Unlike the event, it is short however many partitions were committed with it.
///
/// @param number of the ledger's entry, from 1
/// @param event its name, such as `took over`
/// @param text what it says; may be empty
/// @param by the name of the caller's token, if a caller asked for the event; otherwise null
@JsonInclude(Include.NON_NULL)
record EventLine(
        long number,
        Instant at,
        String event,
        String text,
        @Nullable String by) {

    private static final int LONGEST = 600;

    static EventLine of(long number, BatchEvent event) {
        return new EventLine(
                number, event.at(), EventText.name(event), Failure.shortened(EventText.of(event), LONGEST), event.by());
    }
}
