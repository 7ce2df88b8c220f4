package io.nightshift.http;

import io.helidon.common.tls.Tls;
import io.helidon.http.HeaderNames;
import io.helidon.http.sse.SseEvent;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.sse.SseSink;
import java.io.UncheckedIOException;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/// Helidon, which has a virtual thread for each connection. It has no place for [Deadlines].
final class HelidonServer implements Server {

    @Override
    public int start(SSLContext tls, Deadlines deadlines) {
        WebServerConfig.Builder server = WebServer.builder()
                .host("0.0.0.0")
                .port(0)
                .backlog(1_024)
                .maxTcpConnections(MAX_CONNECTIONS)
                .maxConcurrentRequests(MAX_CONNECTIONS)
                .maxPayloadSize(MAX_BODY)
                .idleConnectionTimeout(Duration.ofSeconds(IDLE_SECONDS))
                .idleConnectionPeriod(Duration.ofSeconds(5))
                .connectionOptions(socket -> socket.readTimeout(Duration.ofSeconds(IDLE_SECONDS)))
                .addProtocol(Http1Config.builder()
                        .maxPrologueLength(MAX_LINE)
                        .maxHeadersSize(MAX_HEADERS)
                        .build())
                .routing(HttpRouting.builder()
                        .get("/v1/batches/{batch}", HelidonServer::describe)
                        .get("/v1/batches/{batch}/watch", HelidonServer::watch)
                        .post("/v1/batches", HelidonServer::submit));
        if (tls != null) {
            server.tls(Tls.builder()
                    .sslContext(tls)
                    .addApplicationProtocol("h2")
                    .addApplicationProtocol("http/1.1")
                    .build());
        }
        return server.build().start().port();
    }

    private static void describe(ServerRequest request, ServerResponse response) {
        response.header(HeaderNames.CONTENT_TYPE, "application/json");
        response.send(BatchJson.describe(request.path().pathParameters().get("batch")));
    }

    private static void submit(ServerRequest request, ServerResponse response) {
        request.content().as(byte[].class);
        response.send(BatchJson.describe(""));
    }

    private static void watch(ServerRequest request, ServerResponse response) {
        try (SseSink sink = response.sink(SseSink.TYPE)) {
            while (true) {
                Thread.sleep(1_000);
                sink.emit(SseEvent.builder().name("progress").data("{\"rows\":1}").build());
            }
        } catch (InterruptedException | UncheckedIOException e) {
            // The client has left.
        }
    }
}
