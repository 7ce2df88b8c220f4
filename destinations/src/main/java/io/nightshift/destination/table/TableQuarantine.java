package io.nightshift.destination.table;

import io.nightshift.api.QuarantinedRow;
import io.nightshift.destination.CommittedBatch;
import io.nightshift.destination.QuarantinedRows;
import io.nightshift.storage.database.Database;
import java.util.List;
import java.util.function.Predicate;

/// The quarantined rows of a batch in a database, wherever they are.
public abstract class TableQuarantine implements QuarantinedRows {

    /// Ends a query whose reader has what it wants.
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;

        Stopped() {
            super(null, null, false, false);
        }
    }

    protected final CommittedBatch batch;
    private final String dataSource;

    /// @param dataSource its name
    protected TableQuarantine(CommittedBatch batch, String dataSource) {
        this.batch = batch;
        this.dataSource = dataSource;
    }

    protected abstract Database open();

    /// The table with the rows, as SQL takes it.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if they are gone
    protected abstract String table(Database database);

    /// The rows of the committed partitions, in their order, with the columns of [QuarantinedRows#row].
    protected abstract String query(Database database);

    /// Whether the rows have an id.
    protected final boolean isNamed() {
        return batch.job().source().id() != null;
    }

    @Override
    public final List<String> places() {
        if (batch.quarantined() == 0) {
            return List.of();
        }
        try (Database database = open()) {
            return List.of("the table %s of the data source %s".formatted(table(database), dataSource));
        }
    }

    @Override
    public final void forEach(Predicate<QuarantinedRow> reader) {
        if (batch.quarantined() == 0) {
            return;
        }
        try (Database database = open()) {
            database.each(
                    row -> {
                        if (!reader.test(QuarantinedRows.row(row))) {
                            throw new Stopped();
                        }
                    },
                    query(database));
        } catch (Stopped e) {
            // No row is missing.
        }
    }
}
