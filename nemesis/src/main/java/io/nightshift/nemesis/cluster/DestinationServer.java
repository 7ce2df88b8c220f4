package io.nightshift.nemesis.cluster;

import io.nightshift.nemesis.network.HostNetwork;
import io.nightshift.nemesis.network.SimulatedHost;
import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.database.RedisServer;
import io.nightshift.testing.database.TcpProxy;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import redis.clients.jedis.Jedis;

/// A server of predictions that is not the journal's. The nodes reach it through a proxy, at the address of
/// [SimulatedHost#STORAGE]. The nemesis reads straight from it.
public abstract sealed class DestinationServer implements AutoCloseable {

    /// The data source of the jobs.
    public static final String DATA_SOURCE = "predictions";

    private final HostNetwork network;
    private final TcpProxy proxy;

    private DestinationServer(HostNetwork network, int port) throws IOException {
        this.network = network;
        this.proxy = new TcpProxy(port, network.address(SimulatedHost.STORAGE));
    }

    /// The proxy that all nodes use.
    public TcpProxy proxy() {
        return proxy;
    }

    /// The configuration of nodes and commands that use it.
    public final String configuration() {
        return "nightshift.data-sources.%s { %s, plain-tcp = true }%n"
                .formatted(
                        DATA_SOURCE,
                        dataSource("%s:%d".formatted(network.address(SimulatedHost.STORAGE), proxy.port())));
    }

    /// The settings of the data source.
    ///
    /// @param address `host:port`
    abstract String dataSource(String address);

    /// Removes everything.
    public abstract void clear() throws SQLException;

    @Override
    public void close() throws IOException {
        proxy.close();
    }

    /// MariaDB, with the database `predictions`.
    public static final class Mariadb extends DestinationServer {

        private static final String DATABASE = "predictions";

        private final MariadbServer server;

        private Mariadb(HostNetwork network, MariadbServer server) throws IOException {
            super(network, server.port());
            this.server = server;
        }

        /// Starts the server.
        public static Mariadb start(HostNetwork network) throws IOException {
            return new Mariadb(network, MariadbServer.shared());
        }

        @Override
        String dataSource(String address) {
            return "url = \"jdbc:mariadb://%s/%s?sslMode=disable\", user = %s, password = %3$s"
                    .formatted(address, DATABASE, MariadbServer.OWNER);
        }

        @Override
        public void clear() throws SQLException {
            server.execute("mysql", "CREATE OR REPLACE DATABASE %s CHARACTER SET utf8mb4".formatted(DATABASE));
        }

        /// Runs a query.
        ///
        /// @return the first column of the first row
        public String query(String sql) throws SQLException {
            try (Connection connection = server.connect(DATABASE);
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /// Redis, which keeps nothing on the disk.
    public static final class Redis extends DestinationServer {

        private final RedisServer server;

        private Redis(HostNetwork network, RedisServer server) throws IOException {
            super(network, server.port());
            this.server = server;
        }

        /// Starts the server.
        public static Redis start(HostNetwork network) throws IOException {
            return new Redis(network, RedisServer.start("--save", ""));
        }

        @Override
        String dataSource(String address) {
            return "url = \"redis://%s/0\"".formatted(address);
        }

        @Override
        public void clear() {
            try (Jedis client = connect()) {
                client.flushAll();
            }
        }

        /// A new connection.
        public Jedis connect() {
            return new Jedis("127.0.0.1", server.port());
        }

        @Override
        public void close() throws IOException {
            super.close();
            server.close();
        }
    }
}
