package io.nightshift.protocol.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.protocol.batch.BatchEvent;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.ModelDifferences;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class EntryJsonTest {

    @Test
    void anEntryWithoutValuesIsStillAnEventAndHasNoFeatureOfARow() {
        BatchEvent event = Objects.requireNonNull(GoldenEvents.batch().get("committed-differences"));
        ObjectNode json = EntryJson.of(1, LedgerEntry.after(LedgerEntry.origin(new BatchId("flights-1")), event));
        assertThat(json.toString()).contains("distance");
        assertThat(EntryJson.event(json)).isEqualTo(event);

        ObjectNode shown = EntryJson.withoutValues(json);

        assertThat(shown.toString()).doesNotContain("distance");
        BatchEvent.Committed committed = (BatchEvent.Committed) EntryJson.event(shown);
        ModelDifferences differences = Objects.requireNonNull(
                Objects.requireNonNull(committed.commits().getFirst().comparison())
                        .differences());
        assertThat(differences.largest()).singleElement().satisfies(row -> {
            assertThat(row.partition()).isEqualTo(3);
            assertThat(row.features()).isEmpty();
        });
    }
}
