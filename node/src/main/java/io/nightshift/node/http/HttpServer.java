package io.nightshift.node.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.nightshift.protocol.failure.FailureException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens, and answers with [Endpoint]s. More of them are only more elements of the list.
///
/// One thread reads, asks and writes: a request wakes no other, and however many come, they don't get in the way of
/// what
/// the node's actors have to tell the cluster.
@SuppressWarnings("FutureReturnValueIgnored") // nothing is to be done when it has closed
public final class HttpServer {

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    /// For requests that are being answered when the node leaves.
    private static final Duration LEAVING = Duration.ofSeconds(3);

    /// How many may wait to be let in.
    private static final int BACKLOG = 1_024;

    private HttpServer() {}

    /// Starts to listen, and stops before the node leaves its cluster.
    ///
    /// @param node whose it is
    /// @param hostname where to listen
    /// @param port where to listen; 0: any that is free
    /// @param tls a new engine for each connection, or null: no TLS
    /// @return the port
    /// @throws FailureException permanent, if it can't listen there
    public static int start(
            ActorSystem<?> node,
            String hostname,
            int port,
            @Nullable Supplier<SSLEngine> tls,
            Access access,
            HttpLimits limits,
            List<Endpoint> endpoints) {
        EventLoopGroup threads =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http", true), NioIoHandler.newFactory());
        EventLoop thread = threads.next();
        Connections connections =
                new Connections(new Router(endpoints, access, limits), tls, limits.connections(), thread);
        ChannelFuture bound = new ServerBootstrap()
                .group(threads)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                // So that no more are let in than there may be.
                .option(ChannelOption.RECVBUF_ALLOCATOR, new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(1))
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(connections)
                .bind(new InetSocketAddress(hostname, port))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            end(threads);
            throw FailureException.permanent("the node can't listen for HTTP at %s:%d: %s"
                    .formatted(hostname, port, bound.cause().getMessage()));
        }
        Channel door = bound.channel();
        // Not sooner: a node that leaves says so, and answers while its workers finish.
        CoordinatedShutdown.get(node)
                .addTask(
                        CoordinatedShutdown.PhaseBeforeClusterShutdown(),
                        "http-ends",
                        () -> leave(thread, door, connections));
        node.getWhenTerminated().whenComplete((ended, problem) -> end(threads));
        int listening = ((InetSocketAddress) door.localAddress()).getPort();
        LOG.info("HTTP is answered at {}://{}:{}", tls == null ? "http" : "https", hostname, listening);
        return listening;
    }

    private static CompletionStage<Done> leave(EventLoop thread, Channel door, Connections connections) {
        door.close();
        return CompletableFuture.supplyAsync(connections::leave, thread)
                .thenCompose(left -> left)
                .thenApply(left -> Done.getInstance())
                .completeOnTimeout(Done.getInstance(), LEAVING.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void end(EventLoopGroup threads) {
        threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
