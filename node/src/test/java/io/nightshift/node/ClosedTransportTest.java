package io.nightshift.node;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The port of a node that is a cluster of its own, such as `nightshift run`: other programs of the machine can
/// connect to it, but none gets beyond the handshake.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ClosedTransportTest {

    /// Fails the test. A port that is closed answers at once.
    private static final int PATIENCE_MILLIS = 30_000;

    private static final String HOST = "127.0.0.1";

    private ActorSystem<Void> node;
    private int port;

    @BeforeAll
    void start() {
        Config config = ConfigFactory.parseMap(Map.of("pekko.loglevel", "OFF", "pekko.stdout-loglevel", "OFF"))
                .withFallback(ConfigFactory.parseResources("embedded-cluster.conf"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
        node = ActorSystem.create(Behaviors.empty(), "nightshift", config);
        port = Cluster.get(node).selfMember().address().getPort().orElseThrow();
    }

    @AfterAll
    void stop() {
        node.terminate();
        node.getWhenTerminated().toCompletableFuture().join();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getByName(HOST), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    /// A node without TLS waits for frames after these bytes.
    @Test
    void aNodeWithoutTlsIsRefused() throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write("AKKA\u0001".getBytes(StandardCharsets.US_ASCII));

            socket.getInputStream().readAllBytes();
        }
    }

    @Test
    void noCertificateIsAccepted() throws Exception {
        TestAuthority authority = new TestAuthority();
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", authority.issue(HOST).getCertificate());
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        context.init(authority.issue(HOST).toKeyManagerFactory().getKeyManagers(), trust.getTrustManagers(), null);
        try (Socket socket = connect();
                SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(socket, HOST, port, true)) {
            assertThatThrownBy(tls::startHandshake)
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("handshake_failure");
        }
    }
}
