package io.nightshift.node.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.ChannelGroupFuture;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/// The connections that are open: no more than there may be, the others wait before the door.
@SuppressWarnings("FutureReturnValueIgnored") // that connections are closed is told by all of them together
final class Connections extends ChannelInitializer<SocketChannel> {

    private static final int KEEP_ALIVE_SECONDS = 15;
    private static final int IDLE_SECONDS = 180;
    private static final int LONGEST_LINE = 4_096;
    private static final int LONGEST_HEADERS = 16_384;

    private final Router router;
    private final @Nullable Supplier<SSLEngine> tls;
    private final int most;
    private final HttpDate date = new HttpDate();
    private final ChannelGroup open;

    /// @param tls a new engine for each connection, or null
    /// @param thread that answers
    Connections(Router router, @Nullable Supplier<SSLEngine> tls, int most, EventExecutor thread) {
        this.router = router;
        this.tls = tls;
        this.most = most;
        this.open = new DefaultChannelGroup(thread);
    }

    @Override
    protected void initChannel(SocketChannel channel) {
        open.add(channel);
        Channel door = channel.parent();
        door.config().setAutoRead(open.size() < most);
        channel.closeFuture().addListener(closed -> door.config().setAutoRead(open.size() < most));
        ChannelPipeline pipeline = channel.pipeline();
        if (tls != null) {
            pipeline.addLast(new SslHandler(tls.get()));
        }
        pipeline.addLast(
                idle(),
                new HttpServerCodec(new HttpDecoderConfig()
                        .setMaxInitialLineLength(LONGEST_LINE)
                        .setMaxHeaderSize(LONGEST_HEADERS)),
                new FlowControlHandler(),
                new Connection(router, date));
    }

    /// Notices that nothing happens.
    static IdleStateHandler idle() {
        return new IdleStateHandler(0, KEEP_ALIVE_SECONDS, IDLE_SECONDS, TimeUnit.SECONDS);
    }

    /// Ends them all, when what is being answered is answered.
    ///
    /// @return when the last is closed
    CompletionStage<?> leave() {
        CompletableFuture<Void> left = new CompletableFuture<>();
        ChannelGroupFuture closed = open.newCloseFuture();
        closed.addListener(all -> left.complete(null));
        for (Channel channel : open) {
            var context = channel.pipeline().context(Connection.class);
            if (context == null) {
                channel.close();
            } else {
                ((Connection) context.handler()).leave(context);
            }
        }
        return left;
    }
}
