package io.nightshift.client.messages;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.nightshift.client.NightshiftException;
import io.nightshift.client.NightshiftException.Kind;
import io.nightshift.tls.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// Configures a client that talks to nodes by messages. For use by one thread; see [MessageClient#builder].
public final class MessageClientBuilder {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final List<String> contactPoints;
    private @Nullable String hostname;
    private boolean isMember;
    private @Nullable String token;
    private Config transport = ConfigFactory.empty();
    private Config tuning = ConfigFactory.empty();
    private Duration timeout = Duration.ofSeconds(10);
    private int attempts = 4;

    MessageClientBuilder(List<String> contactPoints) {
        for (String each : contactPoints) {
            if (!each.matches("[A-Za-z0-9._-]+:[0-9]{1,5}")) {
                throw new IllegalArgumentException("a node is host:port, such as 10.0.0.1:7355, not " + each);
            }
        }
        this.contactPoints = List.copyOf(contactPoints);
    }

    /// Joins the cluster as a member with the role `client`, which runs no part of the cluster's work. The
    /// client then knows all nodes as they join and leave. It leaves the cluster when it is closed or the JVM
    /// ends.
    public MessageClientBuilder asMember() {
        this.isMember = true;
        return this;
    }

    /// Sets the name or address of this machine to which the nodes connect. By default it is the address from
    /// which this machine connects to them.
    ///
    /// @param own a name that the nodes can resolve, or an IP address
    public MessageClientBuilder hostname(String own) {
        this.hostname = own;
        return this;
    }

    /// Sets the token that the client sends with each request.
    ///
    /// @param secret the token; white space around it is removed; null for none, the default
    public MessageClientBuilder token(@Nullable String secret) {
        this.token = secret == null ? null : secret.strip();
        return this;
    }

    /// Encrypts the connections with TLS, as the cluster's nodes do.
    ///
    /// @param files this program's certificate and private key, and the authorities that it trusts
    /// @param peerName the name that every node's certificate holds; empty if each holds its own host
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if a file can't be used
    public MessageClientBuilder tls(TlsFiles files, String peerName) {
        this.transport = files.transport(peerName);
        return this;
    }

    /// Sets Pekko's settings that take precedence over the client's defaults.
    ///
    /// @param settings keys below `pekko`
    public MessageClientBuilder tuning(Config settings) {
        this.tuning = settings;
        return this;
    }

    /// Sets how long to wait for an answer; 10 s by default. A submission may take five times as long, since
    /// the node inspects the source before it answers.
    ///
    /// @param limit more than zero
    public MessageClientBuilder timeout(Duration limit) {
        this.timeout = limit;
        return this;
    }

    /// Sets the number of attempts for each request, the first included; 4 by default. The client retries
    /// only where that may help, another node each time, and waits for a growing time between attempts.
    ///
    /// @param most 1 or more
    /// @throws IllegalArgumentException if the number is less than 1
    public MessageClientBuilder attempts(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("at least one attempt, not " + most);
        }
        this.attempts = most;
        return this;
    }

    /// Starts the client's actor system. Blocks for up to 2 s for each contact point that doesn't answer.
    ///
    /// @throws NightshiftException of the kind `UNREACHABLE` if this machine can connect to none of the nodes
    /// @throws IllegalStateException if the token would be sent to another machine without TLS
    public MessageClient build() {
        // Logging is set up here, before the actor system's threads would each try to.
        LoggerFactory.getILoggerFactory();
        List<String> unreachable = new ArrayList<>();
        for (int i = 0; i < contactPoints.size(); i++) {
            try {
                String seen = ownAddress(contactPoints.get(i));
                Config config = config(hostname == null ? seen : hostname);
                protectToken(config);
                return new MessageClient(config, token, isMember, contactPoints, i, timeout, attempts);
            } catch (IOException e) {
                unreachable.add("%s (%s)".formatted(contactPoints.get(i), e.getMessage()));
            }
        }
        throw new NightshiftException(
                Kind.UNREACHABLE, "cannot reach any node of the cluster: " + String.join(", ", unreachable), null);
    }

    /// The address of this machine on the route to a node. The node connects to it to send its answers.
    private static String ownAddress(String node) throws IOException {
        try (Socket socket = new Socket()) {
            int colon = node.lastIndexOf(':');
            InetSocketAddress address =
                    new InetSocketAddress(node.substring(0, colon), Integer.parseInt(node.substring(colon + 1)));
            if (address.isUnresolved()) {
                throw new IOException("unknown host");
            }
            socket.connect(address, (int) CONNECT_TIMEOUT.toMillis());
            return socket.getLocalAddress().getHostAddress();
        }
    }

    private void protectToken(Config config) {
        if (token == null || config.getString("pekko.remote.artery.transport").equals("tls-tcp")) {
            return;
        }
        for (String node : contactPoints) {
            if (!isLoopback(node.substring(0, node.lastIndexOf(':')))) {
                throw new IllegalStateException("a token is sent to another machine with TLS only, not to " + node);
            }
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
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
