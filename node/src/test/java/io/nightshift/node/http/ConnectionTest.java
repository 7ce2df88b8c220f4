package io.nightshift.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.nightshift.node.gateway.Role;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a connection does as time passes.
final class ConnectionTest {

    private final AtomicInteger ended = new AtomicInteger();
    private CompletableFuture<Optional<byte[]>> next = new CompletableFuture<>();
    private EmbeddedChannel channel;

    /// Tells what the test completes.
    private final class Told implements EventStream {
        @Override
        public CompletionStage<Optional<byte[]>> next() {
            return next;
        }

        @Override
        public void ended() {
            ended.incrementAndGet();
        }
    }

    @BeforeEach
    void open() {
        Router router = new Router(
                List.of(
                        Endpoint.post(
                                "/body",
                                Role.READ,
                                Set.of(),
                                call -> call.body(List.of("application/json"))
                                        .thenApply(body -> Answer.json(200, body.length))),
                        Endpoint.get(
                                "/events",
                                Role.READ,
                                Set.of(),
                                call -> CompletableFuture.completedFuture(Answer.of(new Told())))),
                Access.ofThisMachine(),
                HttpLimits.DEFAULT);
        channel = new EmbeddedChannel(Connections.idle(), new Connection(router, new HttpDate()));
        channel.freezeTime();
    }

    private static HttpRequest request(HttpMethod method, String path) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, path);
        request.headers().set("Host", "localhost");
        return request;
    }

    private void pass(int seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        channel.runPendingTasks();
    }

    private static String text(Object content) {
        return ((HttpContent) content).content().toString(StandardCharsets.UTF_8);
    }

    @Test
    void aBodyThatDoesNotComeIsNotWaitedForLong() {
        HttpRequest request = request(HttpMethod.POST, "/body");
        request.headers().set("Content-Type", "application/json");
        request.headers().set("Content-Length", "100");
        channel.writeInbound(request);
        pass(19);
        assertThat(channel.<Object>readOutbound()).isNull();
        pass(2);
        assertThat(channel.<FullHttpResponse>readOutbound().status().code()).isEqualTo(408);
        for (int i = 0; i < 19; i++) {
            channel.writeInbound(new DefaultHttpContent(Unpooled.copiedBuffer(new byte[] {' '})));
            pass(1);
        }
        assertThat(channel.isOpen()).isTrue();
        pass(2);
        assertThat(channel.isOpen()).as("whoever sends a byte a second").isFalse();
    }

    @Test
    void whoListensIsToldThatSomebodyIsStillHereAndWhenItIsOver() {
        channel.writeInbound(request(HttpMethod.GET, "/events"), LastHttpContent.EMPTY_LAST_CONTENT);
        assertThat(channel.<HttpResponse>readOutbound().status().code()).isEqualTo(200);
        for (int i = 0; i < 20; i++) {
            pass(16);
            assertThat(text(channel.readOutbound())).isEqualTo(": still here\n\n");
        }
        CompletableFuture<Optional<byte[]>> last = next;
        next = CompletableFuture.completedFuture(Optional.empty());
        last.complete(Optional.of("data: x\n\n".getBytes(StandardCharsets.UTF_8)));
        pass(0);
        assertThat(text(channel.readOutbound())).isEqualTo("data: x\n\n");
        assertThat(channel.<Object>readOutbound()).isInstanceOf(LastHttpContent.class);
        assertThat(ended).hasValue(1);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void aConnectionOnWhichNothingHappensIsClosed() {
        pass(179);
        assertThat(channel.isOpen()).isTrue();
        pass(2);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void whoLeavesIsNotToldAnyMore() {
        channel.writeInbound(request(HttpMethod.GET, "/events"), LastHttpContent.EMPTY_LAST_CONTENT);
        assertThat(channel.close().isSuccess()).isTrue();
        assertThat(ended).hasValue(1);
        next.complete(Optional.empty());
        pass(0);
        assertThat(ended).hasValue(1);
    }
}
