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

/// Configures a client that connects over HTTP. For use by one thread; see [NightshiftClient#overHttp].
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

    /// Sets the bearer token that the client sends with each request.
    ///
    /// @param bearer the token; white space around it is removed; null for none, the default
    public HttpClientBuilder token(@Nullable String bearer) {
        this.token = bearer == null ? null : bearer.strip();
        return this;
    }

    /// Sets which authorities the client trusts, and the certificate that it presents. By default it trusts
    /// the platform's authorities and presents no certificate.
    ///
    /// @param context has the trust managers and key managers to use
    public HttpClientBuilder tls(SSLContext context) {
        http.sslContext(context);
        return this;
    }

    /// Sets how long to wait for an answer; 30 s by default. A submission may take five times as long, since
    /// the node inspects the source before it answers.
    ///
    /// @param limit more than zero
    public HttpClientBuilder timeout(Duration limit) {
        this.timeout = limit;
        return this;
    }

    /// Sets the number of attempts for each request, the first included; 4 by default. The client retries
    /// only where that may help, and waits between attempts as long as the server asks for, or for a time
    /// that grows.
    ///
    /// @param most 1 or more
    /// @throws IllegalArgumentException if the number is less than 1
    public HttpClientBuilder attempts(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("at least one attempt, not " + most);
        }
        this.attempts = most;
        return this;
    }

    /// Creates the client. Connects to no server yet.
    ///
    /// @throws IllegalArgumentException if the token would be sent to another machine without encryption
    public NightshiftClient build() {
        for (URI server : servers) {
            if (token != null && "http".equals(server.getScheme()) && !isLoopback(server.getHost())) {
                throw new IllegalArgumentException(
                        "a token is sent to another machine over https only, not to " + server);
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
