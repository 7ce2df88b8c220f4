package io.nightshift.node.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import io.nightshift.node.gateway.ProblemException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One connection, on which requests are answered one after another. Of the thread that answers.
///
/// It reads when it has a use for what comes: the next request once the one before is answered.
@SuppressWarnings("FutureReturnValueIgnored") // what fails of a connection closes it
final class Connection extends SimpleChannelInboundHandler<HttpObject> {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /// So much of a body that nobody wants is read, for the sake of who wouldn't listen to the answer before it is
    /// sent.
    private static final long MOST_UNWANTED = 16L << 20;

    private static final byte[] STILL_HERE = ": still here\n\n".getBytes(StandardCharsets.UTF_8);

    private final Router router;
    private final HttpDate date;
    private @Nullable Exchange exchange;
    private boolean isLeaving;
    private boolean isTaking;
    private String address = "unknown";

    /// A request and its answer.
    private static final class Exchange {
        private final HttpRequest head;
        private final Body body;
        private boolean isLast;
        private boolean isReceived;
        private boolean isAnswered;
        private boolean isAwaitingContinue;
        private long unwanted;
        private @Nullable EventStream events;

        private Exchange(HttpRequest head, ChannelHandlerContext context) {
            this.head = head;
            isLast = !HttpUtil.isKeepAlive(head);
            isAwaitingContinue = HttpUtil.is100ContinueExpected(head);
            body = new Body(head, context.executor(), () -> goOn(context));
        }

        private void goOn(ChannelHandlerContext context) {
            if (isAwaitingContinue) {
                isAwaitingContinue = false;
                context.writeAndFlush(new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
            }
        }
    }

    Connection(Router router, HttpDate date) {
        this.router = router;
        this.date = date;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (context.channel().remoteAddress() instanceof InetSocketAddress remote) {
            address = remote.getAddress().getHostAddress();
        }
        context.read();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
        isTaking = true;
        if (message instanceof HttpRequest head) {
            if (exchange != null) {
                // Somebody who listens to events without an end has nothing more to ask.
                context.close();
                return;
            }
            exchange = new Exchange(head, context);
            begin(context, exchange);
        }
        if (message instanceof HttpContent content && exchange != null) {
            take(context, exchange, content);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        isTaking = false;
        read(context);
    }

    /// Asks for what comes next, if there is a use for it: of an answer without an end it is that the other side has
    /// left.
    private void read(ChannelHandlerContext context) {
        Exchange asked = exchange;
        if (!isTaking && (asked == null || !asked.isReceived || asked.events != null)) {
            context.read();
        }
    }

    private void begin(ChannelHandlerContext context, Exchange asked) {
        if (asked.head.decoderResult().isFailure()) {
            asked.isLast = true;
            asked.isReceived = true;
            answer(
                    context,
                    asked,
                    Answer.of(illegible(asked.head.decoderResult().cause())));
            return;
        }
        try {
            router.answer(new Request(asked.head, address, asked.body)).thenAccept(answer -> {
                if (context.executor().inEventLoop()) {
                    answer(context, asked, answer);
                } else {
                    context.executor().execute(() -> answer(context, asked, answer));
                }
            });
        } catch (ProblemException e) {
            answer(context, asked, Answer.of(e));
        }
    }

    private static ProblemException illegible(Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException line -> ProblemException.tooLong(414, "The path and query are too long.");
            case TooLongHttpHeaderException header -> ProblemException.tooLong(431, "The headers are too long.");
            default -> ProblemException.badRequest("That is no request of HTTP/1.1.");
        };
    }

    private void take(ChannelHandlerContext context, Exchange asked, HttpContent content) {
        if (content.decoderResult().isFailure()) {
            asked.body.fail(ProblemException.badRequest("The body can't be read."));
            asked.isLast = true;
            asked.isReceived = true;
        } else if (!asked.body.add(content.content())) {
            asked.unwanted += content.content().readableBytes();
        }
        if (content instanceof LastHttpContent) {
            asked.isReceived = true;
            asked.body.end();
        }
        if (asked.unwanted > MOST_UNWANTED) {
            context.close();
        }
        proceed(context, asked);
    }

    private void answer(ChannelHandlerContext context, Exchange asked, Answer answer) {
        switch (answer.content()) {
            case Answer.Whole(byte[] bytes) -> {
                ByteBuf buffer = bytes.length == 0 ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(bytes);
                FullHttpResponse response = new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), buffer);
                if (answer.status() != HttpResponseStatus.NO_CONTENT.code()) {
                    HttpUtil.setContentLength(response, bytes.length);
                }
                finish(context, asked, context.writeAndFlush(completed(asked, answer, response)));
            }
            case Answer.Pieces(EventStream events) -> {
                HttpResponse response =
                        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()));
                boolean hasChunks = asked.head.protocolVersion().equals(HttpVersion.HTTP_1_1);
                HttpUtil.setTransferEncodingChunked(response, hasChunks);
                asked.isLast |= !hasChunks;
                if (!context.channel().isActive()) {
                    events.ended();
                    return;
                }
                asked.events = events;
                context.writeAndFlush(completed(asked, answer, response));
                if (asked.head.method().equals(HttpMethod.HEAD)) {
                    end(context, asked, events);
                } else {
                    pull(context, asked, events);
                }
                read(context);
            }
        }
    }

    private HttpResponse completed(Exchange asked, Answer answer, HttpResponse response) {
        answer.headers().forEach((name, value) -> response.headers().set(name, value));
        response.headers().set(HttpHeaderNames.DATE, date.now());
        // Whoever hasn't been told to send the body may send it or not: what comes next can't be told.
        asked.isLast |= isLeaving || asked.isAwaitingContinue;
        HttpUtil.setKeepAlive(response.headers(), asked.head.protocolVersion(), !asked.isLast);
        return response;
    }

    private void pull(ChannelHandlerContext context, Exchange asked, EventStream events) {
        events.next().whenComplete((piece, problem) -> {
            if (problem == null) {
                context.executor().execute(() -> send(context, asked, events, piece));
            } else {
                LOG.debug("events ended", problem);
                context.close();
            }
        });
    }

    private void send(ChannelHandlerContext context, Exchange asked, EventStream events, Optional<byte[]> piece) {
        if (asked.events == null) {
            // The other side has left.
            return;
        }
        if (piece.isEmpty()) {
            end(context, asked, events);
        } else if (piece.get().length == 0) {
            pull(context, asked, events);
        } else {
            write(context, piece.get()).addListener(written -> {
                if (written.isSuccess()) {
                    pull(context, asked, events);
                } else {
                    context.close();
                }
            });
        }
    }

    private static ChannelFuture write(ChannelHandlerContext context, byte[] piece) {
        return context.writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(piece)));
    }

    private void end(ChannelHandlerContext context, Exchange asked, EventStream events) {
        asked.events = null;
        events.ended();
        finish(context, asked, context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT));
    }

    private void finish(ChannelHandlerContext context, Exchange asked, ChannelFuture written) {
        written.addListener(end -> {
            asked.isAnswered = true;
            if (!end.isSuccess() || asked.isAwaitingContinue) {
                context.close();
                return;
            }
            proceed(context, asked);
            if (exchange == asked) {
                context.executor().schedule(() -> leftOver(context, asked), Body.SECONDS, TimeUnit.SECONDS);
            }
        });
    }

    /// A body that still hasn't come to its end, though the answer is long gone.
    private void leftOver(ChannelHandlerContext context, Exchange asked) {
        if (exchange == asked) {
            context.close();
        }
    }

    /// To the next request, once this one has come as a whole, and its answer has gone.
    private void proceed(ChannelHandlerContext context, Exchange asked) {
        if (!asked.isAnswered || !asked.isReceived || exchange != asked) {
            return;
        }
        exchange = null;
        if (asked.isLast) {
            context.close();
        } else {
            read(context);
        }
    }

    /// No more requests: what is being answered still is, and events end.
    void leave(ChannelHandlerContext context) {
        isLeaving = true;
        Exchange asked = exchange;
        if (asked == null) {
            context.close();
            return;
        }
        asked.isLast = true;
        EventStream events = asked.events;
        if (events != null) {
            end(context, asked, events);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (!(event instanceof IdleStateEvent idle)) {
            return;
        }
        if (idle.state() == IdleState.ALL_IDLE) {
            context.close();
        } else if (exchange != null && exchange.events != null) {
            write(context, STILL_HERE);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        Exchange asked = exchange;
        exchange = null;
        if (asked == null) {
            return;
        }
        asked.body.fail(ProblemException.badRequest("The connection was closed."));
        EventStream events = asked.events;
        asked.events = null;
        if (events != null) {
            events.ended();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable problem) {
        LOG.debug("a connection from {} failed", address, problem);
        context.close();
    }
}
