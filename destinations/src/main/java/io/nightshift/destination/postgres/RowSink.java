package io.nightshift.destination.postgres;

import java.sql.SQLException;

/// Takes encoded rows.
@FunctionalInterface
interface RowSink {

    /// @param bytes valid until the call returns
    void write(byte[] bytes, int length) throws SQLException;

    /// Takes rows and keeps none.
    RowSink NONE = (bytes, length) -> {};
}
