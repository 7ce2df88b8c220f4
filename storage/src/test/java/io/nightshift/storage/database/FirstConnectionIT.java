package io.nightshift.storage.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.testing.database.DatabaseProxy;
import io.nightshift.testing.database.PostgresServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A pool whose first connection breaks while the pool prepares it gives later connections.
class FirstConnectionIT {

    private static EmbeddedPostgres server;

    @BeforeAll
    static void start() throws IOException {
        server = PostgresServer.startEmbedded();
    }

    @AfterAll
    static void stop() throws IOException {
        server.close();
    }

    @Test
    void ofThoseThatWrite() throws Exception {
        try (ConnectionPool pool = new ConnectionPool(1)) {
            assertRecovers(settings -> pool.take(settings, () -> false));
        }
    }

    @Test
    void ofThoseThatRead() throws Exception {
        try (ReadConnections pool = new ReadConnections(1)) {
            assertRecovers(settings -> pool.take(settings, () -> false));
        }
    }

    private static void assertRecovers(Function<DataSourceSettings, Connection> pool) throws Exception {
        try (DatabaseProxy proxy = new DatabaseProxy(server.getPort());
                ExecutorService worker = Executors.newSingleThreadExecutor()) {
            String url = "jdbc:postgresql://localhost:%d/postgres".formatted(proxy.port());
            DataSourceSettings settings = new DataSourceSettings("db", url, "postgres", null, 1);
            proxy.hold("ISOLATION LEVEL");
            Future<Connection> taken = worker.submit(() -> pool.apply(settings));
            proxy.awaitHolding();
            proxy.cut();
            proxy.release();
            try (Connection connection = taken.get()) {
                assertThat(connection.isValid(0)).isTrue();
            }
        }
    }
}
