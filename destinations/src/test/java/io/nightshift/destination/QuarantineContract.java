package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.batch.Phase;
import io.nightshift.protocol.failure.FailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The contract about the quarantined rows of a batch: where they are readable, and how long.
abstract class QuarantineContract extends AttemptContract {

    @Nested
    @OfTheFiles
    class QuarantinedRowsOfABatch {

        private List<QuarantinedRow> read(CommittedBatch committed) {
            List<QuarantinedRow> rows = new ArrayList<>();
            store().quarantined(committed).forEach(rows::add);
            return rows;
        }

        private void assertReadable(CommittedBatch committed) {
            List<QuarantinedRow> rows = read(committed);
            assertThat(rows)
                    .extracting(QuarantinedRow::row, QuarantinedRow::id, QuarantinedRow::value)
                    .containsExactlyInAnyOrder(tuple(13L, "r13", "19.5"), tuple(17L, "r17", "25.5"));
            assertThat(rows).allSatisfy(row -> {
                assertThat(row.file()).endsWith("in.parquet");
                assertThat(row.reason()).isEqualTo("it is bad");
                assertThat(row.message()).isEqualTo("no such number");
                assertThat(row.values()).isEqualTo("{\"f0\": 1}");
            });
            assertThat(store().quarantined(committed).places()).hasSize(1);
        }

        @Test
        void areReadableWhileTheBatchIsStagedAndWhenItIsPublished() throws Exception {
            CommittedBatch committed = committed();
            assertReadable(committed);

            store().publish(committed);

            assertReadable(committed);
        }

        @Test
        void stayReadableWhenTheBatchIsCancelled() throws Exception {
            CommittedBatch committed = committed();
            // An attempt that was kept but never committed leaves nothing that is shown.
            CommittedBatch first = batch.committed(1, committed.commits().subList(0, 2), Set.of());
            batch.write(store(), 1, new Epoch(1, 9));

            for (int repeated = 0; repeated < 2; repeated++) {
                store().keepQuarantine(first);
                store().discard(ContractBatch.ID);

                assertReadable(first);
                assertNothingIsStaged(first, Phase.CANCELLED);
            }
            assertThat(seen()).isEqualTo(NOTHING);
        }

        @Test
        void areReadOnlyAsFarAsTheReaderWants() throws Exception {
            CommittedBatch committed = committed();
            List<QuarantinedRow> rows = new ArrayList<>();

            store().quarantined(committed).forEach(row -> !rows.add(row));

            assertThat(rows).hasSize(1);
        }

        @Test
        void thatAreGoneAreMissed() throws Exception {
            CommittedBatch committed = committed();
            store().discard(ContractBatch.ID);

            assertThatThrownBy(() -> read(committed))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("gone");
        }

        @Test
        void ofABatchWithoutThemAreNone() throws Exception {
            CommittedBatch committed = committed();
            CommittedBatch without = batch.committed(1, committed.commits().subList(0, 1), Set.of());

            assertThat(read(without)).isEmpty();
            assertThat(store().quarantined(without).places()).isEmpty();
            store().keepQuarantine(without);
        }
    }
}
