package io.nightshift.coordinator.incremental;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.coordinator.incremental.PlannedRows.Member;
import io.nightshift.coordinator.incremental.PlannedRows.Stored;
import io.nightshift.coordinator.ledger.RowSetsTable;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.source.changed.ChangedRowScan.EntryVisitor;
import io.nightshift.source.changed.RowSet;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The behaviour that the tables must have in both databases, H2 and PostgreSQL.
public final class PlannedRowsContract {

    private static final BatchId FIRST = new BatchId("a-1");
    private static final BatchId SECOND = new BatchId("a-2");

    private PlannedRowsContract() {}

    private static Consumer<EntryVisitor> entries(int number) {
        return visitor -> {
            for (int i = 0; i < number; i++) {
                visitor.entry(i, -i);
            }
        };
    }

    /// @param rows empty
    public static void hold(RowSetsTable rows) throws SQLException {
        assertThat(rows.find("s")).isEmpty();
        // More than one block.
        RowSet whole = rows.add("s", FIRST, List.of(), entries(40_000));
        assertThat(whole).isEqualTo(new RowSet(FIRST, whole.digest(), 40_000, true));
        assertThat(rows.add("s", FIRST, List.of(), entries(40_000)))
                .as("the same again")
                .isEqualTo(whole);
        RowSet second = rows.add("s", SECOND, List.of(whole), entries(3));
        RowSet empty = rows.add("s", SECOND, List.of(whole), entries(0));
        assertThat(second.whole()).isFalse();
        assertThat(rows.add("other", new BatchId("b-1"), List.of(), entries(1)).digest())
                .isEqualTo(RowSetsTable.digest(List.of(), entries(1)));

        rows.publish(second);
        assertThat(rows.find("s"))
                .containsExactlyInAnyOrder(
                        new Stored(whole, List.of(), false),
                        new Stored(second, List.of(Member.of(whole)), true),
                        new Stored(empty, List.of(Member.of(whole)), false))
                .allSatisfy(stored ->
                        assertThat(rows.digest(stored)).isEqualTo(stored.set().digest()));

        List<Long> read = new ArrayList<>();
        rows.read(whole, block -> {
            ByteBuffer found = ByteBuffer.wrap(block);
            while (found.hasRemaining()) {
                read.add(found.getLong());
                assertThat(found.getLong()).isEqualTo(-read.getLast());
            }
        });
        assertThat(read).hasSize(40_000).isSorted().endsWith(39_999L);

        RowSet merged = rows.merge("s", List.of(whole, second), entries(3));
        assertThat(rows.merge("s", List.of(whole, second), entries(3))).isEqualTo(merged);
        assertThat(rows.find("s"))
                .contains(new Stored(merged, List.of(Member.of(whole), Member.of(second)), true))
                .hasSize(4);
        assertThat(merged).isEqualTo(new RowSet(SECOND, merged.digest(), 3, true));
        rows.remove(merged);

        rows.remove(second);
        rows.remove(second);
        assertThat(rows.find("s")).extracting(Stored::set).containsExactlyInAnyOrder(whole, empty);
        assertThatThrownBy(() -> rows.read(second, block -> {}))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("the fingerprints of the rows of a-2 are not in this ledger's database");
        assertThatThrownBy(() -> rows.add("s", SECOND, List.of(), visitor -> {
                    visitor.entry(1, 1);
                    throw new IllegalStateException("the source can't be read");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(rows.find("s")).hasSize(2);
    }
}
