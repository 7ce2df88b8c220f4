package io.nightshift.storage.destination;

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
}
