package io.nightshift.system.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.node.configuration.Configuration;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.system.tls.TestCertificates;
import io.nightshift.testing.Nightly;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// TLS between the members of a cluster. All nodes are at 127.0.0.1.
@Timeout(300)
final class ClusterTlsIT {

    private static final String HOST = "127.0.0.1";
    private static final String ELSEWHERE = "elsewhere.example.org";
    private static final String CLEAR = "pekko.remote.artery.transport = tcp";

    @TempDir
    static Path folder;

    private static TestCertificates certificates;
    private static TestCertificates strange;

    private final List<ActorSystem<Void>> systems = new ArrayList<>();

    @BeforeAll
    static void makeCertificates() throws Exception {
        certificates = TestCertificates.make(folder.resolve("ca"), HOST, ELSEWHERE);
        strange = TestCertificates.make(folder.resolve("strange-ca"), HOST);
    }

    @AfterEach
    void stop() {
        systems.forEach(ActorSystem::terminate);
        systems.forEach(
                system -> system.getWhenTerminated().toCompletableFuture().join());
    }

    @Test
    void onlyNodesWithACertificateForTheirHostFormACluster() throws IOException {
        ActorSystem<Void> first = start(tls(certificates.of(HOST)), List.of());
        Cluster cluster = Cluster.get(first);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        Address seed = cluster.selfMember().address();

        // These join in the same way at the same time; only the second node may.
        ActorSystem<Void> second = start(tls(certificates.of(HOST)), List.of(seed));
        List<ActorSystem<Void>> strangers = List.of(
                stranger(ConfigFactory.parseString(CLEAR), seed),
                stranger(tls(strange.of(HOST)), seed),
                stranger(tls(certificates.of(ELSEWHERE)), seed));

        Set<Address> members = Set.of(seed, Cluster.get(second).selfMember().address());
        await().atMost(Duration.ofMinutes(2))
                .until(() -> up(first).equals(members) && up(second).equals(members));
        strangers.forEach(ClusterTlsIT::awaitGivingUp);
        assertThat(up(first)).isEqualTo(members);
    }

    @Test
    @Nightly(shortForm = "ClusterTlsIT.onlyNodesWithACertificateForTheirHostFormACluster")
    void aCommonNameInAllCertificatesReplacesHosts() throws Exception {
        TestCertificates shared = TestCertificates.make(folder.resolve("shared-ca"), "nightshift-node", HOST);
        Config named = tls(shared.of("nightshift-node"), "peer-name = nightshift-node");
        ActorSystem<Void> first = start(named, List.of());
        Cluster cluster = Cluster.get(first);
        cluster.manager().tell(Join.create(cluster.selfMember().address()));
        Address seed = cluster.selfMember().address();

        ActorSystem<Void> second = start(named, List.of(seed));
        ActorSystem<Void> byHost = stranger(tls(shared.of(HOST), "peer-name = nightshift-node"), seed);

        Set<Address> members = Set.of(seed, Cluster.get(second).selfMember().address());
        await().atMost(Duration.ofMinutes(2))
                .until(() -> up(first).equals(members) && up(second).equals(members));
        awaitGivingUp(byHost);
        assertThat(up(first)).isEqualTo(members);
    }

    @Test
    void aConnectionWithoutACertificateIsRefused() throws Exception {
        ActorSystem<Void> node = start(tls(certificates.of(HOST)), List.of());

        // In TLS 1.3 a client sees the refusal at its first read, after its own handshake.
        try (SSLSocket socket = connect(node, trusting())) {
            assertThatThrownBy(() -> socket.getInputStream().read())
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("alert");
        }
    }

    @Test
    void aRenewedCertificateIsShownWithoutARestart() throws Exception {
        TlsFiles own = new TlsFiles(folder.resolve("own.pem"), folder.resolve("own.key"), folder.resolve("own-ca.pem"));
        replace(own, certificates.of(HOST));
        ActorSystem<Void> node = start(tls(own), List.of());
        BigInteger before = serial(node, certificates.of(HOST).context());

        replace(own, certificates.of(ELSEWHERE));
        BigInteger renewed = serial(node, certificates.of(HOST).context());
        assertThat(renewed).isNotEqualTo(before);

        // An invalid file leaves the previous certificate in use.
        Files.writeString(own.certificate(), "half a cert");
        assertThat(serial(node, certificates.of(HOST).context())).isEqualTo(renewed);
    }

    private static void replace(TlsFiles files, TlsFiles by) throws IOException {
        Files.write(files.privateKey(), Files.readAllBytes(by.privateKey()));
        Files.write(files.certificate(), Files.readAllBytes(by.certificate()));
        Files.write(files.ca(), Files.readAllBytes(by.ca()));
    }

    @Test
    void unusableFilesAreExplainedInOneSentence() throws IOException {
        TlsFiles good = certificates.of(HOST);
        Path nothing = folder.resolve("nothing.pem");
        Path text = Files.writeString(folder.resolve("text.pem"), "no PEM");
        Path encrypted = Files.writeString(folder.resolve("encrypted.key"), "-----BEGIN ENCRYPTED PRIVATE KEY-----");

        refused(new TlsFiles(nothing, good.privateKey(), good.ca()), nothing + " is missing or can't be read");
        refused(new TlsFiles(text, good.privateKey(), good.ca()), text + " holds no certificate");
        refused(new TlsFiles(good.certificate(), good.privateKey(), text), text + " holds no certificate");
        refused(
                new TlsFiles(good.certificate(), encrypted, good.ca()),
                encrypted + " holds no private key in PKCS#8 without a password (BEGIN PRIVATE KEY)");
        Path other = strange.of(HOST).privateKey();
        refused(
                new TlsFiles(good.certificate(), other, good.ca()),
                "the private key in %s isn't that of the certificate in %s".formatted(other, good.certificate()));
    }

    @Test
    void theConfigurationNamesWhatIsMissing() throws IOException {
        Path file = Files.writeString(folder.resolve("missing.conf"), """
                nightshift.tls {
                  enabled = true
                  certificat = a.pem
                  ca = ca.pem
                }
                """);
        assertThatThrownBy(() -> Configuration.load(file, folder))
                .isInstanceOf(FailureException.class)
                .hasMessageContaining("nightshift.tls.certificate: missing")
                .hasMessageContaining("missing.conf:3: nightshift.tls.certificat: unknown key; did you mean")
                .hasMessageContaining("nightshift.tls.private-key: missing");
        Files.writeString(file, "nightshift.tls.enabled = yes");
        assertThatThrownBy(() -> Configuration.load(file, folder))
                .hasMessageContaining("nightshift.tls.enabled: expected true or false");
        Files.writeString(file, "nightshift.tls.peer-name = \"no name\"");
        assertThatThrownBy(() -> Configuration.load(file, folder))
                .hasMessageContaining("nightshift.tls.peer-name: expected a DNS name");
        Files.writeString(file, "nightshift.tls { enabled = false, certificate = a.pem }");
        assertThat(Configuration.load(file, folder).tls()).isNull();
    }

    private static void refused(TlsFiles files, String sentence) {
        assertThatThrownBy(files::context).isInstanceOf(FailureException.class).hasMessageStartingWith(sentence);
    }

    /// The transport configuration as a node reads it, with paths relative to its configuration file.
    private static Config tls(TlsFiles files) throws IOException {
        return tls(files, "");
    }

    private static Config tls(TlsFiles files, String more) throws IOException {
        Path file = files.certificate().resolveSibling(files.certificate().getFileName() + ".conf");
        Files.writeString(file, """
                nightshift.tls {
                  enabled = true
                  certificate = "%s"
                  private-key = "%s"
                  ca = "%s"
                  %s
                }
                """.formatted(
                        files.certificate().getFileName(),
                        files.privateKey().getFileName(),
                        Objects.requireNonNull(files.ca()).getFileName(),
                        more));
        return Objects.requireNonNull(Configuration.load(file, file).tls()).transport();
    }

    /// Waits until a node gives up joining. Then its process ends, though its actor system may not while
    /// other nodes hold a connection that it closed early (apache/pekko#3247); `ClusterNodeTest` tests that.
    private static void awaitGivingUp(ActorSystem<Void> stranger) {
        await().alias("the giving up of " + stranger.address())
                .atMost(Duration.ofMinutes(2))
                .until(
                        () -> CoordinatedShutdown.get(stranger).getShutdownReason(),
                        Optional.of(CoordinatedShutdown.clusterJoinUnsuccessfulReason())::equals);
    }

    /// Starts a node that gives up after a while. A node that may join takes the time that it needs.
    private ActorSystem<Void> stranger(Config transport, Address seed) {
        return start(
                ConfigFactory.parseString("pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes = 12s")
                        .withFallback(transport),
                List.of(seed));
    }

    private ActorSystem<Void> start(Config transport, List<Address> seeds) {
        Config node = ConfigFactory.parseString(
                """
                pekko {
                  loglevel = OFF
                  stdout-loglevel = OFF
                  extensions = []
                  actor.provider = cluster
                  remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                  cluster {
                    jmx.enabled = off
                    seed-nodes = [%s]
                    seed-node-timeout = 1s
                    retry-unsuccessful-join-after = 1s
                  }
                  coordinated-shutdown.exit-jvm = off
                  coordinated-shutdown.terminate-actor-system = on
                }
                """.formatted(seeds.stream().map(seed -> "\"" + seed + "\"").collect(Collectors.joining(","))));
        Config dispatchers = ConfigFactory.parseResources("dispatchers.conf");
        ActorSystem<Void> system = ActorSystem.create(
                Behaviors.empty(),
                "nightshift",
                transport
                        .withFallback(node)
                        .withFallback(dispatchers)
                        .withFallback(ConfigFactory.defaultReference())
                        .resolve());
        systems.add(system);
        return system;
    }

    private static Set<Address> up(ActorSystem<Void> system) {
        return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                .filter(member -> member.status().equals(MemberStatus.up()))
                .map(Member::address)
                .collect(Collectors.toSet());
    }

    /// The serial number of a node's certificate.
    private static BigInteger serial(ActorSystem<Void> node, SSLContext client) throws IOException {
        try (SSLSocket socket = connect(node, client)) {
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        }
    }

    private static SSLSocket connect(ActorSystem<Void> node, SSLContext client) throws IOException {
        int port = Cluster.get(node).selfMember().address().getPort().get();
        SSLSocket socket = (SSLSocket) client.getSocketFactory().createSocket(HOST, port);
        socket.setSoTimeout(20_000);
        socket.startHandshake();
        return socket;
    }

    /// A client's TLS that trusts the authority and has no certificate.
    private static SSLContext trusting() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var ca = Files.newInputStream(certificates.of(HOST).ca())) {
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(ca));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
