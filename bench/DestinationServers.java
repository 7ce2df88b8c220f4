import io.nightshift.testing.database.MariadbServer;
import io.nightshift.testing.objectstore.FaultProxy;
import io.nightshift.testing.objectstore.S3Server;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;

/// Starts a server for destinations.sh, prints how to reach it as lines for a shell, and stops it when its own input
/// ends.
///
/// ```
/// DestinationServers mariadb     a MariaDB server with one database, scores
/// DestinationServers objects     an S3 server with one bucket, bench, behind a proxy with 20 ms latency and 200 MB/s
/// ```
public final class DestinationServers {

    private static final Duration LATENCY = Duration.ofMillis(20);
    private static final long BYTES_PER_SECOND = 200_000_000;

    private DestinationServers() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("mariadb")) {
            mariadb();
        } else {
            objects();
        }
        System.exit(0); // also stops the server
    }

    /// The server of the tests does not wait for the disk at each commit, and has a small buffer pool. This one waits,
    /// as servers do by default, and the rows fit into its memory.
    private static void mariadb() throws Exception {
        MariadbServer server = MariadbServer.shared();
        server.execute("mysql", """
                SET GLOBAL innodb_flush_log_at_trx_commit = 1;
                SET GLOBAL innodb_buffer_pool_size = 2147483648;
                SET GLOBAL innodb_log_file_size = 4294967296;
                CREATE DATABASE scores CHARACTER SET utf8mb4;
                """);
        try (Connection connection = server.connect("mysql");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT @@basedir, @@datadir, @@pid_file, @@socket")) {
            row.next();
            Path process = Path.of(row.getString(2)).resolve(row.getString(3));
            System.out.printf(
                    "URL='%s' CLIENT='%s' SOCKET='%s' SERVER=%s%n",
                    server.url("scores"),
                    Path.of(row.getString(1), "bin/mariadb"),
                    row.getString(4),
                    Files.readString(process).strip());
        }
        untilInputEnds();
    }

    private static void objects() throws Exception {
        try (S3Server server = S3Server.start();
                FaultProxy proxy = FaultProxy.start(server.endpoint())) {
            server.createBucket("bench");
            proxy.latency(LATENCY).throughput(BYTES_PER_SECOND);
            System.out.printf("URL='%s'%n", proxy.endpoint());
            untilInputEnds();
        }
    }

    private static void untilInputEnds() throws Exception {
        System.out.flush();
        System.in.readAllBytes();
    }
}
