package io.nightshift.client;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// What a client that asks by HTTP is told before it begins.
public final class HttpClientBuilder {

    private final List<URI> servers = new ArrayList<>();
    private final HttpClient.Builder http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5));
    private @Nullable String token;
    private Duration timeout = Duration.ofSeconds(30);
    private int attempts = 4;

    HttpClientBuilder(URI server, List<URI> others) {
        servers.add(server);
        servers.addAll(others);
        for (URI each : servers) {
            boolean isHttp = "http".equals(each.getScheme()) || "https".equals(each.getScheme());
            if (!isHttp || each.getHost() == null) {
                throw new IllegalArgumentException(
                        "a server is a URL such as https://nightshift.example.org:7380, not " + each);
            }
        }
    }

    /// Shows a bearer token.
    ///
    /// @param bearer null: none
    public HttpClientBuilder token(@Nullable String bearer) {
        this.token = bearer == null ? null : bearer.strip();
        return this;
    }

    /// Whom to trust, and the certificate to show, where the platform's default isn't right.
    public HttpClientBuilder tls(SSLContext context) {
        http.sslContext(context);
        return this;
    }

    /// How long a server may take to answer; 30 s by default. A submission, for which it looks at the
    /// source, may take five times as long.
    public HttpClientBuilder timeout(Duration patience) {
        this.timeout = patience;
        return this;
    }

    /// How often to ask before giving up, the first time included; 4 by default.
    public HttpClientBuilder attempts(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("at least one attempt, not " + most);
        }
        this.attempts = most;
        return this;
    }

    /// @throws IllegalArgumentException if a token would go over the network in the clear
    public NightshiftClient build() {
        for (URI server : servers) {
            if (token != null && "http".equals(server.getScheme()) && !isLoopback(server.getHost())) {
                throw new IllegalArgumentException(
                        "a token is sent to another machine only by https, not to " + server);
            }
        }
        return new HttpNightshiftClient(http.build(), List.copyOf(servers), token, timeout, attempts);
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
