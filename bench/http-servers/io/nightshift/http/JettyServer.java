package io.nightshift.http;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.pathmap.UriTemplatePathSpec;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.MinimumDataRateHandler;
import org.eclipse.jetty.server.handler.PathMappingsHandler;
import org.eclipse.jetty.server.handler.SizeLimitHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/// Jetty's core with one selector and handlers that never block, so that the selector's thread answers.
final class JettyServer implements Server {

    /// Bytes a second that a body must have on average.
    private static final int MIN_BODY_RATE = 1_000;

    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    private record Watch(Response response, Callback callback) {}

    @Override
    public int start(SSLContext tls, Deadlines deadlines) throws Exception {
        QueuedThreadPool threads = new QueuedThreadPool(6, 2);
        threads.setReservedThreads(0);
        var server = new org.eclipse.jetty.server.Server(threads);
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setRequestHeaderSize(MAX_HEADERS);
        HttpConnectionFactory plain = new HttpConnectionFactory(configuration);
        ServerConnector connector;
        if (tls == null) {
            connector = connector(server, plain);
        } else {
            SslContextFactory.Server ssl = new SslContextFactory.Server();
            ssl.setSslContext(tls);
            ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
            alpn.setDefaultProtocol(plain.getProtocol());
            connector = connector(
                    server,
                    new SslConnectionFactory(ssl, alpn.getProtocol()),
                    alpn,
                    new HTTP2ServerConnectionFactory(configuration),
                    plain);
        }
        connector.setIdleTimeout(IDLE_SECONDS * 1_000);
        connector.setAcceptQueueSize(1_024);
        server.addConnector(connector);
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        timer.scheduleAtFixedRate(this::tick, 1, 1, TimeUnit.SECONDS);
        PathMappingsHandler routes = new PathMappingsHandler(false);
        routes.addMapping(new UriTemplatePathSpec("/v1/batches/{batch}"), new Describe());
        routes.addMapping(new UriTemplatePathSpec("/v1/batches/{batch}/watch"), new Watching());
        routes.addMapping(new UriTemplatePathSpec("/v1/batches"), new MinimumDataRateHandler(new Submit(), MIN_BODY_RATE, 0));
        Handler handler = new SizeLimitHandler(MAX_BODY, -1);
        ((SizeLimitHandler) handler).setHandler(routes);
        if (deadlines == null) {
            connector.addBean(new NetworkConnectionLimit(MAX_CONNECTIONS, connector));
        } else {
            timer.scheduleAtFixedRate(deadlines::sweep, 1, 1, TimeUnit.SECONDS);
            connector.addBean(new Connections(deadlines));
            handler = new Timed(deadlines, handler);
        }
        server.setHandler(handler);
        server.start();
        return connector.getLocalPort();
    }

    private static ServerConnector connector(org.eclipse.jetty.server.Server server, ConnectionFactory... factories) {
        return new ServerConnector(server, 0, 1, factories);
    }

    private record Connections(Deadlines deadlines) implements Connection.Listener {
        @Override
        public void onOpened(Connection connection) {
            EndPoint endPoint = connection.getEndPoint();
            if (endPoint.getRemoteSocketAddress() instanceof InetSocketAddress remote) {
                deadlines.opened(endPoint, remote.getAddress().getHostAddress(), endPoint::close);
            }
        }

        @Override
        public void onClosed(Connection connection) {
            deadlines.closed(connection.getEndPoint());
        }
    }

    private static final class Timed extends Handler.Wrapper {
        private final Deadlines deadlines;

        private Timed(Deadlines deadlines, Handler handler) {
            super(handler);
            this.deadlines = deadlines;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
            deadlines.head(endPoint, request.getLength() > 0);
            Request.addCompletionListener(request, failure -> deadlines.answered(endPoint));
            return super.handle(request, response, callback);
        }
    }

    private static void json(Request request, Response response, Callback callback) {
        String path = request.getHttpURI().getPath();
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        byte[] json = BatchJson.describe(path.substring(path.lastIndexOf('/') + 1));
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, json.length);
        response.write(true, ByteBuffer.wrap(json), callback);
    }

    private static final class Describe extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            json(request, response, callback);
            return true;
        }
    }

    private static final class Submit extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            Content.Source.consumeAll(
                    request, Callback.from(() -> json(request, response, callback), callback::failed));
            return true;
        }
    }

    private final class Watching extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
            Watch watch = new Watch(response, callback);
            response.write(false, ByteBuffer.allocate(0), Callback.from(() -> watches.add(watch), callback::failed));
            return true;
        }
    }

    private void tick() {
        byte[] event = BatchJson.event();
        watches.forEach(watch -> watch.response.write(
                false,
                ByteBuffer.wrap(event),
                Callback.from(
                        () -> {},
                        failure -> {
                            watches.remove(watch);
                            watch.callback.failed(failure);
                        })));
    }
}
