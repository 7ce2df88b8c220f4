package io.nightshift.coordinator.ledger;

/// A row of the journal's table, as it is stored.
///
/// @param id the persistence ID: `batch|ID` of a batch, or that of the batch register
/// @param number of the entry among those of its ID, from 1
/// @param serializer the number of the serializer that wrote the payload
/// @param manifest how the payload is encoded
/// @param written when, in milliseconds since 1970
/// @param payload must not be modified
@SuppressWarnings("ArrayRecordComponent") // never compared
record JournalRow(String id, long number, int serializer, String manifest, long written, byte[] payload) {

    /// The order in which rows are visited.
    enum Order {
        /// All entries of an ID, in order, then those of the next.
        BY_ID("\"persistence_id\", \"sequence_number\""),
        /// As they were written.
        BY_TIME("\"ordering\"");

        final String sql;

        Order(String sql) {
            this.sql = sql;
        }
    }
}
