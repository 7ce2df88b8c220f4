package io.nightshift.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.testing.TestAuthority;
import io.nightshift.testing.database.RedisServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Protocol.Command;

/// Connections over TLS, through a proxy that decrypts them: the server of the tests has no TLS.
class RedisTlsIT {

    private static SSLServerSocket listen(SSLContext context) throws IOException {
        SSLServerSocket listening = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (!listening.isClosed()) {
                try {
                    Socket client = listening.accept();
                    Socket server = new Socket(
                            InetAddress.getLoopbackAddress(),
                            RedisServer.shared().port());
                    Thread.ofVirtual().start(() -> copy(client, server));
                    Thread.ofVirtual().start(() -> copy(server, client));
                } catch (IOException _) {
                    // The test ends, or a client doesn't trust the certificate.
                }
            }
        });
        return listening;
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException _) {
            // The other side has ended.
        }
    }

    private static RedisConnection connect(String url) {
        return RedisConnection.open(
                new DataSourceSettings("cache", url, null, null), "a test", Duration.ZERO, () -> false);
    }

    @Test
    void aCertificateIsCheckedAgainstTheNamedAuthorities(@TempDir Path folder) throws Exception {
        TestAuthority authority = new TestAuthority();
        Path ca = authority.write(folder.resolve("ca.pem"));
        try (SSLServerSocket listening = listen(authority.server("127.0.0.1"))) {
            String url = "rediss://127.0.0.1:%d/0".formatted(listening.getLocalPort());

            try (RedisConnection connection = connect(url + "?ca=" + ca)) {
                assertThat(connection.text(Command.PING)).isEqualTo("PONG");
            }
            assertThatThrownBy(() -> connect(url))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue())
                    .hasMessageContaining("no TLS connection");
            assertThatThrownBy(() -> connect(url.replace("127.0.0.1", "localhost") + "?ca=" + ca))
                    .hasMessageContaining("no TLS connection");
            assertThatThrownBy(() -> connect(url + "?ca=/no/such/file.pem"))
                    .hasMessageContaining("the certificates in /no/such/file.pem can't be used");
        }
    }
}
