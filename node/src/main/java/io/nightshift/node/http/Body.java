package io.nightshift.node.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.nightshift.node.gateway.ProblemException;
import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What is sent along with a request. Nothing of it is kept where nobody has asked for it. Of the thread that answers.
final class Body {

    /// In which it has to come.
    static final int SECONDS = 20;

    private final HttpRequest head;
    private final ScheduledExecutorService loop;
    private final Runnable begins;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private @Nullable CompletableFuture<byte[]> wanted;
    private @Nullable ScheduledFuture<?> late;
    private int limit;

    /// @param loop runs what is to be done later, on this thread
    /// @param begins is told when somebody asks for the body
    Body(HttpRequest head, ScheduledExecutorService loop, Runnable begins) {
        this.head = head;
        this.loop = loop;
        this.begins = begins;
    }

    boolean isEmpty() {
        return !HttpUtil.isTransferEncodingChunked(head) && length() == 0;
    }

    /// In bytes, or 0 where it isn't told.
    long length() {
        return HttpUtil.getContentLength(head, 0L);
    }

    /// Its media type without parameters, or empty.
    String type() {
        String type = head.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
        int semicolon = type.indexOf(';');
        return type.substring(0, semicolon < 0 ? type.length() : semicolon)
                .strip()
                .toLowerCase(Locale.ROOT);
    }

    /// The whole of it. To be asked for by the handler before it returns.
    ///
    /// @param most bytes
    /// @return fails with a [ProblemException] if it is too large, or too slow
    CompletionStage<byte[]> all(int most) {
        limit = most;
        CompletableFuture<byte[]> all = new CompletableFuture<>();
        wanted = all;
        if (length() > most) {
            fail(tooLarge());
            return all;
        }
        late = loop.schedule(
                () -> fail(ProblemException.tooSlow("Send the body within %d seconds.".formatted(SECONDS))),
                SECONDS,
                TimeUnit.SECONDS);
        begins.run();
        return all;
    }

    private ProblemException tooLarge() {
        return ProblemException.tooLarge("A body has at most %,d bytes.".formatted(limit));
    }

    /// @param piece what comes next of it
    /// @return whether somebody has a use for it
    boolean add(ByteBuf piece) {
        if (wanted == null) {
            return false;
        }
        if (bytes.size() + piece.readableBytes() > limit) {
            fail(tooLarge());
            return false;
        }
        byte[] copy = new byte[piece.readableBytes()];
        piece.getBytes(piece.readerIndex(), copy);
        bytes.writeBytes(copy);
        return true;
    }

    /// There is no more.
    void end() {
        CompletableFuture<byte[]> all = forgotten();
        if (all != null) {
            all.complete(bytes.toByteArray());
        }
    }

    void fail(ProblemException problem) {
        CompletableFuture<byte[]> all = forgotten();
        if (all != null) {
            all.completeExceptionally(problem);
        }
    }

    private @Nullable CompletableFuture<byte[]> forgotten() {
        CompletableFuture<byte[]> all = wanted;
        wanted = null;
        if (late != null) {
            late.cancel(false);
        }
        return all;
    }
}
