package io.nightshift.client;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.client.NightshiftException.Kind;
import io.nightshift.client.tls.TlsFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// What a client that asks by messages is told before it begins.
public final class MessageClientBuilder {

    private static final Duration CONNECTING = Duration.ofSeconds(2);

    private final List<String> contactPoints;
    private @Nullable String hostname;
    private boolean isMember;
    private Config transport = ConfigFactory.empty();
    private Config tuning = ConfigFactory.empty();
    private Duration timeout = Duration.ofSeconds(10);
    private int attempts = 4;

    MessageClientBuilder(List<String> contactPoints) {
        if (contactPoints.isEmpty()) {
            throw new IllegalArgumentException("at least one node to ask");
        }
        for (String each : contactPoints) {
            if (!each.matches("[A-Za-z0-9._-]+:[0-9]{1,5}")) {
                throw new IllegalArgumentException("a node is host:port, such as 10.0.0.1:7355, not " + each);
            }
        }
        this.contactPoints = List.copyOf(contactPoints);
    }

    /// Joins the cluster, as a node that has no part in its work: the client then knows all nodes, as they come and
    /// go. It leaves when it is closed, or the program ends.
    public MessageClientBuilder asMember() {
        this.isMember = true;
        return this;
    }

    /// The name or address of this machine by which nodes reach it; by default the address from which it reaches them.
    public MessageClientBuilder hostname(String own) {
        this.hostname = own;
        return this;
    }

    /// Talks TLS, as the cluster's nodes do.
    ///
    /// @param files of this program, with an authority of the nodes' certificates
    /// @param peerName that every node's certificate holds; empty: each holds its own host
    /// @throws io.nightshift.protocol.failure.FailureException if a file can't be used
    public MessageClientBuilder tls(TlsFiles files, String peerName) {
        this.transport = files.transport(peerName);
        return this;
    }

    /// Settings of Pekko that go before the defaults.
    public MessageClientBuilder tuning(Config settings) {
        this.tuning = settings;
        return this;
    }

    /// How long a node may take to answer; 10 s by default. A submission, for which it looks at the source, may take
    /// five times as long.
    public MessageClientBuilder timeout(Duration patience) {
        this.timeout = patience;
        return this;
    }

    /// How often to ask before giving up, the first time included; 4 by default.
    public MessageClientBuilder attempts(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("at least one attempt, not " + most);
        }
        this.attempts = most;
        return this;
    }

    /// @throws NightshiftException if no node listens
    public NightshiftClient build() {
        // Before the system's threads, which would each log while logging is being set up.
        LoggerFactory.getILoggerFactory();
        List<String> silent = new ArrayList<>();
        for (int i = 0; i < contactPoints.size(); i++) {
            try {
                String seen = ownAddress(contactPoints.get(i));
                Config config = config(hostname == null ? seen : hostname);
                return new MessageNightshiftClient(config, isMember, contactPoints, i, timeout, attempts);
            } catch (IOException e) {
                silent.add("%s (%s)".formatted(contactPoints.get(i), e.getMessage()));
            }
        }
        throw new NightshiftException(
                Kind.UNREACHABLE, "no node of the cluster can be reached: " + String.join(", ", silent), null, null);
    }

    /// The address of this machine that a node sees; the node connects to it to answer.
    private static String ownAddress(String node) throws IOException {
        try (Socket socket = new Socket()) {
            int colon = node.lastIndexOf(':');
            InetSocketAddress address =
                    new InetSocketAddress(node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)));
            if (address.isUnresolved()) {
                throw new IOException("unknown host");
            }
            socket.connect(address, (int) CONNECTING.toMillis());
            return socket.getLocalAddress().getHostAddress();
        }
    }

    private Config config(String own) {
        Config member = isMember ? ConfigFactory.parseResources("nightshift-member.conf") : ConfigFactory.empty();
        return ConfigFactory.defaultOverrides()
                .withFallback(ConfigFactory.parseMap(
                        Map.of("pekko.remote.artery.canonical.hostname", own, "pekko.remote.artery.canonical.port", 0)))
                .withFallback(transport)
                .withFallback(tuning)
                .withFallback(member)
                .withFallback(ConfigFactory.parseResources("nightshift-client.conf"))
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve();
    }
}
