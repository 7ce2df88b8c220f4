package io.nightshift.http;

import javax.net.ssl.SSLContext;

/// One of the HTTP servers under comparison. Each serves the same three routes:
/// `GET /v1/batches/{batch}` (JSON), `GET /v1/batches/{batch}/watch` (server-sent events, one a second) and
/// `POST /v1/batches` (a body of at most [#MAX_BODY] bytes).
interface Server {

    int MAX_BODY = 256 * 1024;
    int MAX_LINE = 4_096;
    int MAX_HEADERS = 16_384;
    int MAX_CONNECTIONS = 1_024;

    /// Seconds a connection may be silent. Any byte starts them anew.
    int IDLE_SECONDS = 15;

    /// Starts to listen on a free port of all addresses.
    ///
    /// @param tls null for plain HTTP
    /// @param deadlines null if only the settings of the server itself are to bound slow clients
    /// @return the port
    int start(SSLContext tls, Deadlines deadlines) throws Exception;

    static Server named(String name) {
        return switch (name) {
            case "netty" -> new NettyServer();
            case "vertx" -> new VertxServer();
            case "helidon" -> new HelidonServer();
            case "jetty" -> new JettyServer();
            default -> throw new IllegalArgumentException(name);
        };
    }
}
