package io.nightshift.http;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.TimeoutHandler;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;

/// Vert.x with its router, on one event loop.
final class VertxServer implements Server {

    private final Set<HttpServerResponse> watches = new HashSet<>();

    @Override
    public int start(SSLContext tls, Deadlines deadlines) {
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1));
        HttpServerOptions options = new HttpServerOptions()
                .setAcceptBacklog(1_024)
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_HEADERS)
                .setIdleTimeout(IDLE_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                // Without this, a connection that has sent nothing is unknown to the connection handler.
                .setHttp2ClearTextEnabled(deadlines == null);
        if (tls != null) {
            options.setSsl(true)
                    .setUseAlpn(true)
                    .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
                    .setKeyCertOptions(KeyCertOptions.wrap(RenewableKey.CURRENT));
        }
        Router router = Router.router(vertx);
        router.get("/v1/batches/:batch").handler(VertxServer::describe);
        router.get("/v1/batches/:batch/watch").handler(this::watch);
        router.post("/v1/batches")
                .handler(TimeoutHandler.create(Deadlines.BODY_SECONDS * 1_000L, 408))
                .handler(BodyHandler.create(false).setBodyLimit(MAX_BODY))
                .handler(VertxServer::describe);
        router.errorHandler(408, late -> {
            late.response().setStatusCode(408).putHeader("Connection", "close").end();
            late.request().connection().close();
        });
        var server = vertx.createHttpServer(options).exceptionHandler(problem -> {});
        if (deadlines == null) {
            server.requestHandler(router);
        } else {
            vertx.setPeriodic(1_000, timer -> deadlines.sweep());
            server.connectionHandler(connection -> {
                        deadlines.opened(connection, connection.remoteAddress().hostAddress(), connection::close);
                        connection.closeHandler(closed -> deadlines.closed(connection));
                    })
                    .requestHandler(request -> {
                        HttpConnection connection = request.connection();
                        deadlines.head(connection, !request.isEnded());
                        request.endHandler(end -> deadlines.body(connection));
                        request.response().endHandler(end -> deadlines.answered(connection));
                        router.handle(request);
                    });
        }
        vertx.setPeriodic(1_000, timer -> tick());
        return server.listen(0, "0.0.0.0").await().actualPort();
    }

    private static void describe(RoutingContext context) {
        String batch = context.pathParam("batch");
        context.response()
                .putHeader("Content-Type", "application/json")
                .end(Buffer.buffer(BatchJson.describe(batch == null ? "" : batch)));
    }

    private void watch(RoutingContext context) {
        HttpServerResponse response = context.response();
        response.putHeader("Content-Type", "text/event-stream").setChunked(true);
        response.writeHead();
        watches.add(response);
        response.closeHandler(closed -> watches.remove(response));
    }

    private void tick() {
        byte[] event = BatchJson.event();
        watches.forEach(response -> response.write(Buffer.buffer(event)));
    }
}
