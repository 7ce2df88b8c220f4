package io.nightshift.node.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.transport.Transport;
import org.jspecify.annotations.Nullable;

/// Java's sockets, with a handler of ours that sees each connection as it is accepted. The handlers of
/// Vert.x see it only after the TLS handshake.
final class AcceptTransport implements Transport, io.vertx.core.spi.transport.Transport {

    private static final io.vertx.core.spi.transport.Transport SOCKETS = NIO.implementation();

    private final ChannelHandler handler;

    AcceptTransport(ChannelHandler handler) {
        this.handler = handler;
    }

    @Override
    public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
        SOCKETS.configure(config, domainSocket, bootstrap);
        bootstrap.handler(handler);
    }

    @Override
    public String name() {
        return NIO.name();
    }

    @Override
    public boolean available() {
        return true;
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
        return null;
    }

    @Override
    public io.vertx.core.spi.transport.Transport implementation() {
        return this;
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return SOCKETS.ioHandlerFactory();
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return SOCKETS.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return SOCKETS.serverChannelFactory(domainSocket);
    }

    @Override
    @SuppressWarnings("deprecation") // Vert.x declares it so
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        return SOCKETS.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
        return SOCKETS.datagramChannelFactory();
    }
}
