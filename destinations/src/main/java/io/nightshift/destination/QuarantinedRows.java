package io.nightshift.destination;

import io.nightshift.api.QuarantinedRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;

/// The quarantined rows of a batch's committed partitions, wherever they are: published, staged, or kept from
/// a cancelled batch. Blocking; changes nothing.
public interface QuarantinedRows {

    /// Where the rows are, for people: the files, or the table. Empty if there are no rows.
    List<String> places();

    /// Passes the rows to a reader, in the order of the partitions, until it returns false.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException if rows are missing or can't be read
    void forEach(Predicate<QuarantinedRow> reader);

    /// The current row of a query whose columns are file, row, id, reason, value, message and values.
    static QuarantinedRow row(ResultSet row) throws SQLException {
        return new QuarantinedRow(
                row.getString(1),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7));
    }
}
