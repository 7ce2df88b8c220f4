package io.nightshift.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.testing.database.DatabaseProxy;
import io.nightshift.testing.database.PostgresServer;
import java.sql.Connection;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcBackend$;

/// The pool of the journal, as the nodes configure it.
class JournalPoolIT {

    @Test
    void aPoolWhoseFirstConnectionBreaksGivesLaterOnes() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                DatabaseProxy proxy = new DatabaseProxy(server.port());
                ExecutorService worker = Executors.newSingleThreadExecutor()) {
            Config config = ConfigFactory.parseMap(Map.of(
                            "db.url",
                            "jdbc:postgresql://localhost:%d/postgres".formatted(proxy.port()),
                            "db.user",
                            "postgres"))
                    .withFallback(ConfigFactory.parseResources("postgres-journal.conf")
                            .getConfig("pekko-persistence-jdbc.shared-databases.slick"));
            proxy.hold("ISOLATION LEVEL");
            Future<JdbcBackend.JdbcDatabaseDef> opened = worker.submit(() -> JdbcBackend$.MODULE$
                    .Database()
                    .forConfig("db", config, null, getClass().getClassLoader()));
            proxy.awaitHolding();
            proxy.cut();
            proxy.release();
            try (JdbcBackend.JdbcDatabaseDef database = opened.get();
                    Connection connection = firstThatWorks(database)) {
                assertThat(connection.isValid(0)).isTrue();
            }
        }
    }

    /// The connection that was cut counts as one that can't be had.
    private static Connection firstThatWorks(JdbcBackend.JdbcDatabaseDef database) throws Exception {
        Exception last = new IllegalStateException();
        for (int attempt = 0; attempt < 3; attempt++) {
            try {
                return database.source().createConnection();
            } catch (Exception e) {
                last = e;
            }
        }
        throw last;
    }
}
