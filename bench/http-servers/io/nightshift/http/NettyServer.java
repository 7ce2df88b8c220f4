package io.nightshift.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/// Netty without a framework, with the pipeline, the one thread and the limits of the product's first HTTP
/// server.
final class NettyServer implements Server {

    private ChannelGroup watches;
    private ChannelGroup open;
    private String date;

    @Override
    public int start(SSLContext tls, Deadlines deadlines) {
        MultiThreadIoEventLoopGroup threads = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        watches = new DefaultChannelGroup(threads.next());
        open = new DefaultChannelGroup(threads.next());
        tick();
        threads.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
        return ((InetSocketAddress) new ServerBootstrap()
                        .group(threads)
                        .channel(NioServerSocketChannel.class)
                        .option(ChannelOption.SO_BACKLOG, 1_024)
                        .option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new ServerChannelRecvByteBufAllocator().maxMessagesPerRead(1))
                        .childOption(ChannelOption.AUTO_READ, false)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childHandler(new ChannelInitializer<SocketChannel>() {
                            @Override
                            protected void initChannel(SocketChannel channel) {
                                opened(channel, tls);
                            }
                        })
                        .bind(0)
                        .syncUninterruptibly()
                        .channel()
                        .localAddress())
                .getPort();
    }

    private void tick() {
        date = DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
        watches.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(BatchJson.event())));
    }

    private void opened(SocketChannel channel, SSLContext tls) {
        open.add(channel);
        Channel listener = channel.parent();
        listener.config().setAutoRead(open.size() < MAX_CONNECTIONS);
        channel.closeFuture().addListener(closed -> listener.config().setAutoRead(open.size() < MAX_CONNECTIONS));
        if (tls != null) {
            SSLEngine engine = tls.createSSLEngine();
            engine.setUseClientMode(false);
            channel.pipeline().addLast(new SslHandler(engine));
        }
        channel.pipeline()
                .addLast(
                        new IdleStateHandler(0, 0, IDLE_SECONDS, TimeUnit.SECONDS),
                        new HttpServerCodec(new HttpDecoderConfig()
                                .setMaxInitialLineLength(MAX_LINE)
                                .setMaxHeaderSize(MAX_HEADERS)),
                        new FlowControlHandler(),
                        new Requests());
    }

    private final class Requests extends SimpleChannelInboundHandler<HttpObject> {
        private HttpRequest request;
        private int body;
        private boolean isWatch;
        private ScheduledFuture<?> late;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.read();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (message instanceof HttpRequest head) {
                request = head;
                body = 0;
                if (HttpUtil.getContentLength(head, 0L) > 0) {
                    late = context.executor().schedule(() -> context.close(), 20, TimeUnit.SECONDS);
                }
            }
            if (message instanceof HttpContent content) {
                body += content.content().readableBytes();
                if (body > MAX_BODY) {
                    context.close();
                } else if (message instanceof LastHttpContent) {
                    if (late != null) {
                        late.cancel(false);
                    }
                    answer(context);
                }
            }
        }

        private void answer(ChannelHandlerContext context) {
            String[] path = request.uri().split("/", -1);
            isWatch = path.length == 5;
            if (isWatch) {
                HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
                head.headers().set(HttpHeaderNames.CONTENT_TYPE, "text/event-stream");
                head.headers().set(HttpHeaderNames.DATE, date);
                HttpUtil.setTransferEncodingChunked(head, true);
                context.writeAndFlush(head);
                watches.add(context.channel());
                return;
            }
            byte[] json = BatchJson.describe(path.length == 4 ? path[3] : "");
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(json));
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
            response.headers().set(HttpHeaderNames.DATE, date);
            HttpUtil.setContentLength(response, json.length);
            context.writeAndFlush(response);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.read();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof IdleStateEvent) {
                context.close();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable problem) {
            context.close();
        }
    }
}
