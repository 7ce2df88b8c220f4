package io.nightshift.node.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The open connections of the HTTP server. Limits how many there are and how long each may wait for its
/// client. Safe for several threads.
///
/// Slow clients take connections from themselves only. A connection *waits* while its client has yet to send
/// a head or a body. When an address, or the node, has as many connections as it may have, a new connection
/// replaces the one that has waited longest: of the same address, or of the address with most of them. So a
/// health probe is answered while another client keeps thousands of connections open. Not accepting would let
/// that client keep them all.
///
/// This is a handler of the listening channel, because Vert.x reports a connection only after its TLS
/// handshake.
@ChannelHandler.Sharable
final class HttpConnections extends ChannelInboundHandlerAdapter {

    private final HttpLimits limits;
    private final LongSupplier clock;
    private final Map<InetSocketAddress, Connection> open = new HashMap<>();
    private final Map<InetAddress, Client> clients = new HashMap<>();

    /// @param clock in nanoseconds
    HttpConnections(HttpLimits limits, LongSupplier clock) {
        this.limits = limits;
        this.clock = clock;
    }

    /// The connections of one address.
    private static final class Client {
        private int open;
        /// The one that has waited longest is the first.
        private final Set<Connection> waiting = new LinkedHashSet<>();

        private int waiting() {
            return waiting.size();
        }
    }

    private final class Connection {
        private final Channel channel;
        private final InetSocketAddress address;
        private final Client client;
        private final List<Exchange> exchanges = new ArrayList<>();
        private long deadline = in(limits.timeouts().head());

        private Connection(Channel channel, InetSocketAddress address, Client client) {
            this.channel = channel;
            this.address = address;
            this.client = client;
        }
    }

    /// A request and its answer: how long the client may still take, and what happens if it takes longer.
    final class Exchange {
        private final @Nullable Connection connection;
        private @Nullable Long deadline;
        private Runnable late = this::close;

        private Exchange(@Nullable Connection connection) {
            this.connection = connection;
        }

        /// The body of the request is being received.
        ///
        /// @param late runs on the event loop if it isn't complete in time
        void receive(Runnable late) {
            set(in(limits.timeouts().body()), late);
        }

        /// The request is complete.
        void received() {
            set(null, this::close);
            synchronized (HttpConnections.this) {
                if (connection != null) {
                    connection.client.waiting.remove(connection);
                }
            }
        }

        /// Something has been sent that the client has yet to take.
        void send() {
            set(in(limits.timeouts().read()), this::close);
        }

        /// The client has taken all that was sent.
        void sent() {
            set(null, this::close);
        }

        private void set(@Nullable Long deadline, Runnable late) {
            synchronized (HttpConnections.this) {
                this.deadline = deadline;
                this.late = late;
            }
        }

        /// The client has taken the answer.
        ///
        /// @param isReceived whether it has sent its whole request
        void end(boolean isReceived) {
            synchronized (HttpConnections.this) {
                if (connection != null && connection.exchanges.remove(this) && connection.exchanges.isEmpty()) {
                    HttpLimits.Timeouts timeouts = limits.timeouts();
                    connection.deadline = in(isReceived ? timeouts.idle() : timeouts.body());
                    if (open.get(connection.address) == connection) {
                        connection.client.waiting.add(connection);
                    }
                }
            }
        }

        private void close() {
            if (connection != null) {
                HttpConnections.this.close(connection);
            }
        }
    }

    private long in(int seconds) {
        return clock.getAsLong() + seconds * 1_000_000_000L;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        Channel channel = (Channel) accepted;
        if (channel.remoteAddress() instanceof InetSocketAddress address && admit(channel, address)) {
            context.fireChannelRead(channel);
        } else {
            channel.unsafe().closeForcibly();
        }
    }

    private synchronized boolean admit(Channel channel, InetSocketAddress address) {
        Client client = clients.computeIfAbsent(address.getAddress(), first -> new Client());
        boolean isAdmitted = (client.open < limits.connectionsPerAddress() || closeOldest(client))
                && (open.size() < limits.connections() || closeOldest(mostWaiting()));
        if (!isAdmitted) {
            forgetIfUnused(address, client);
            return false;
        }
        // Closing its only connection has removed it.
        clients.put(address.getAddress(), client);
        Connection connection = new Connection(channel, address, client);
        open.put(address, connection);
        client.open++;
        client.waiting.add(connection);
        channel.closeFuture().addListener(closed -> forget(connection));
        return true;
    }

    private Client mostWaiting() {
        return clients.values().stream()
                .max(Comparator.comparingInt(Client::waiting))
                .orElseGet(Client::new);
    }

    private boolean closeOldest(Client client) {
        if (client.waiting.isEmpty()) {
            return false;
        }
        close(client.waiting.iterator().next());
        return true;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nothing is left to do
    private void close(Connection connection) {
        forget(connection);
        // From the network's end of the pipeline: Vert.x would first wait for what the client has yet to
        // read.
        ChannelHandlerContext first = connection.channel.pipeline().firstContext();
        if (first == null) {
            connection.channel.close();
        } else {
            first.close();
        }
    }

    private synchronized void forget(Connection connection) {
        if (open.remove(connection.address, connection)) {
            connection.client.open--;
            connection.client.waiting.remove(connection);
            forgetIfUnused(connection.address, connection.client);
        }
    }

    private void forgetIfUnused(InetSocketAddress address, Client client) {
        if (client.open == 0) {
            clients.remove(address.getAddress(), client);
        }
    }

    /// The head of a request is complete.
    ///
    /// @param client the other end of its connection
    /// @param hasBody whether its body is still to come
    synchronized Exchange begin(SocketAddress client, boolean hasBody) {
        Connection connection = open.get(new InetSocketAddress(client.hostAddress(), client.port()));
        Exchange exchange = new Exchange(connection);
        if (connection != null) {
            connection.exchanges.add(exchange);
            if (!hasBody) {
                connection.client.waiting.remove(connection);
            }
        }
        return exchange;
    }

    /// Acts on the clients that have taken too long. Called on the event loop, once a second.
    void closeLate() {
        List<Runnable> late = new ArrayList<>();
        synchronized (this) {
            long now = clock.getAsLong();
            for (Connection connection : open.values()) {
                if (connection.exchanges.isEmpty() && connection.deadline - now < 0) {
                    late.add(() -> close(connection));
                }
                for (Exchange exchange : connection.exchanges) {
                    if (exchange.deadline != null && exchange.deadline - now < 0) {
                        exchange.deadline = null;
                        late.add(exchange.late);
                    }
                }
            }
        }
        late.forEach(Runnable::run);
    }

    /// The number of open connections.
    synchronized int size() {
        return open.size();
    }
}
