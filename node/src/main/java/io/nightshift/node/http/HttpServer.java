package io.nightshift.node.http;

import io.nightshift.protocol.failure.FailureException;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.CompressionConfig;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers HTTP requests with [Endpoint]s.
///
/// One event loop reads requests and writes answers, so that requests, however many, take no more than one
/// thread from the node's other work. It must never block or compute.
public final class HttpServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    /// The time that the server waits for answers in progress when the node leaves.
    private static final Duration LEAVING = Duration.ofSeconds(3);

    private static final int ACCEPT_BACKLOG = 1_024;

    /// Left alone, the kernel would buffer megabytes for each client that doesn't read.
    private static final int SEND_BUFFER_BYTES = 128 * 1_024;

    private static final int LONGEST_LINE = 4_096;
    private static final int LONGEST_HEADERS = 16_384;

    /// Smaller answers are not worth the time that compressing them takes.
    private static final int COMPRESS_FROM_BYTES = 4_096;

    private static final int FASTEST_COMPRESSION = 1;

    private final Vertx vertx;
    private final io.vertx.core.http.HttpServer server;
    private final EndpointRouter router;
    private final HttpConnections connections;
    private final int port;

    private HttpServer(
            String hostname,
            int port,
            @Nullable ServerCertificates tls,
            Access access,
            HttpLimits limits,
            List<Endpoint> endpoints,
            LongSupplier clock) {
        this.connections = new HttpConnections(limits, clock);
        this.vertx = Vertx.builder()
                .with(new VertxOptions()
                        .setEventLoopPoolSize(1)
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1)
                        .setUseDaemonThread(true)
                        .setFileSystemOptions(new FileSystemOptions()
                                .setFileCachingEnabled(false)
                                .setClassPathResolvingEnabled(false)))
                .withTransport(new AcceptTransport(connections))
                .build();
        this.router = new EndpointRouter(vertx, endpoints, access, limits, connections);
        this.server = (tls == null
                        ? vertx.createHttpServer(config(HttpVersion.HTTP_1_0, HttpVersion.HTTP_1_1))
                        : vertx.createHttpServer(
                                config(HttpVersion.HTTP_1_0, HttpVersion.HTTP_1_1, HttpVersion.HTTP_2), tls.options()))
                .requestHandler(router.handler())
                .invalidRequestHandler(router::answerUnreadable)
                .exceptionHandler(problem -> LOG.debug("a connection failed", problem));
        vertx.setPeriodic(1_000, time -> connections.closeLate());
        if (tls != null) {
            vertx.setPeriodic(1_000, time -> tls.renew(server, vertx));
        }
        this.port = listen(hostname, port);
    }

    private static HttpServerConfig config(HttpVersion... versions) {
        HttpServerConfig config = new HttpServerConfig()
                .setVersions(versions)
                .setHttp1Config(new Http1ServerConfig()
                        .setMaxInitialLineLength(LONGEST_LINE)
                        .setMaxHeaderSize(LONGEST_HEADERS))
                .setCompressionConfig(new CompressionConfig()
                        .setCompressionEnabled(true)
                        .setContentSizeThreshold(COMPRESS_FROM_BYTES)
                        .addGzip(FASTEST_COMPRESSION));
        config.getTcpConfig().setAcceptBacklog(ACCEPT_BACKLOG);
        config.getTcpConfig().getTransportConfig().setSendBufferSize(SEND_BUFFER_BYTES);
        return config;
    }

    /// Starts to listen.
    ///
    /// @param port 0 for any free port
    /// @param tls null for no TLS
    /// @throws FailureException permanent, if it can't listen there
    public static HttpServer start(
            String hostname,
            int port,
            @Nullable ServerCertificates tls,
            Access access,
            HttpLimits limits,
            List<Endpoint> endpoints) {
        return start(hostname, port, tls, access, limits, endpoints, System::nanoTime);
    }

    /// @param clock for the time limits of connections, in nanoseconds
    static HttpServer start(
            String hostname,
            int port,
            @Nullable ServerCertificates tls,
            Access access,
            HttpLimits limits,
            List<Endpoint> endpoints,
            LongSupplier clock) {
        HttpServer server = new HttpServer(hostname, port, tls, access, limits, endpoints, clock);
        LOG.info("listening for HTTP at {}://{}:{}", tls == null ? "http" : "https", hostname, server.port);
        return server;
    }

    private int listen(String hostname, int wantedPort) {
        try {
            return server.listen(SocketAddress.inetSocketAddress(new InetSocketAddress(hostname, wantedPort)))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join()
                    .actualPort();
        } catch (CompletionException e) {
            close();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw FailureException.permanent(
                    "the node can't listen for HTTP at %s:%d: %s".formatted(hostname, wantedPort, cause.getMessage()));
        }
    }

    /// The port on which it listens.
    public int port() {
        return port;
    }

    /// The number of open connections.
    int connections() {
        return connections.size();
    }

    /// Stops accepting, ends event streams, and finishes the answers in progress for a few seconds.
    ///
    /// @return completed when all connections are closed
    public CompletionStage<?> leave() {
        CompletableFuture<Void> left = new CompletableFuture<>();
        vertx.runOnContext(start -> {
            router.leave();
            server.shutdown(LEAVING).onComplete(closed -> left.complete(null));
        });
        return left;
    }

    /// Closes all connections at once.
    @Override
    public void close() {
        vertx.close();
    }
}
