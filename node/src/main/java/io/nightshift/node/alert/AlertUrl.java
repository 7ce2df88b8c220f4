package io.nightshift.node.alert;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Where messages may be sent: by HTTPS anywhere, unencrypted to this machine only, unless the configuration
/// permits more.
public final class AlertUrl {

    private AlertUrl() {}

    /// The problem with a URL; null if there is none. The text does not contain the URL, which may be a secret.
    public static @Nullable String problem(String url, boolean allowsPlainHttp) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            return "expected a URL such as https://alerts.example.org/nightshift";
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (uri.getHost() == null || (!scheme.equals("https") && !scheme.equals("http"))) {
            return "expected a URL such as https://alerts.example.org/nightshift";
        }
        if (uri.getRawUserInfo() != null) {
            return "contains credentials before the host; HTTP does not send them. Use a secret instead";
        }
        if (scheme.equals("http") && !allowsPlainHttp && !isLoopback(uri.getHost())) {
            return "sends messages unencrypted to another machine; use https, or set plain-http = true";
        }
        return null;
    }

    /// Whether a host of a URL is this machine. Names other than `localhost` are not resolved.
    public static boolean isLoopback(String host) {
        return host.matches("localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1]");
    }
}
