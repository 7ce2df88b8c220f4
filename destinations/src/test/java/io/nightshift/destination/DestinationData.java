package io.nightshift.destination;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.source.TestData;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/// Data in a DuckDB that also has the functions of the destinations.
public final class DestinationData {

    private static boolean isRegistered;

    private DestinationData() {}

    /// Data in the DuckDB that the tests of a process share. A test must not leave tables or settings in it.
    public static synchronized TestData shared(Path folder) {
        TestData data = TestData.shared(folder);
        if (!isRegistered) {
            register(data);
            isRegistered = true;
        }
        return data;
    }

    /// Data in a DuckDB of its own.
    public static TestData open(Path folder) {
        TestData data = new TestData(folder);
        register(data);
        return data;
    }

    private static void register(TestData data) {
        try (Connection connection = data.duckDb.connect()) {
            Destinations.register(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
