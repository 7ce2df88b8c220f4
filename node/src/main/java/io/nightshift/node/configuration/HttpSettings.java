package io.nightshift.node.configuration;

import io.nightshift.node.http.HttpLimits;
import io.nightshift.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The section `nightshift.http`: how a node answers HTTP, and the tokens of its callers.
///
/// @param isEnabled whether the node answers HTTP at all
/// @param hostname the address to listen on
/// @param port the port to listen on; 0 for any free port, which the log names
/// @param tls the server's certificate, with an authority if clients need a certificate; null for no TLS
/// @param tokens valid by HTTP and by messages
public record HttpSettings(
        boolean isEnabled,
        String hostname,
        int port,
        @Nullable TlsFiles tls,
        TokenSettings tokens,
        HttpLimits limits) {

    /// The default port.
    public static final int PORT = 7380;

    /// The largest limit of connections and watches.
    private static final int MOST = 100_000;

    /// The default limits, on loopback without TLS and configured tokens.
    public static HttpSettings onLoopback(int port) {
        return new HttpSettings(true, "127.0.0.1", port, null, TokenSettings.NONE, HttpLimits.DEFAULT);
    }

    static HttpSettings read(ConfigurationSection http) {
        HttpSettings settings = new HttpSettings(
                http.flag(
                        "enabled", KeyMeaning.of("Whether the node has an HTTP server. `--http-port` enables it too.")),
                http.text(
                        "hostname",
                        "127.0.0.1",
                        KeyMeaning.of(
                                "host",
                                "The address to listen on. Other addresses than loopback need TLS and tokens.")),
                http.number(
                        "port",
                        PORT,
                        0,
                        65_535,
                        KeyMeaning.of("The port to listen on; 0 for any free port, which the log names.")),
                http.has("tls") ? tls(http.section("tls")) : null,
                tokens(http),
                limits(http.section("limits")));
        http.end();
        return settings;
    }

    private static TokenSettings tokens(ConfigurationSection http) {
        TokenSettings tokens = new TokenSettings(
                http.has("tokens") ? TokensFile.tokens(http) : null,
                path(
                        http,
                        "tokens-file",
                        "A file with `tokens = [ ... ]`, read again when it changes: [tokens](../how-to/tokens.md). The"
                                + " tokens are also valid for messages, even if HTTP is not enabled."));
        if (tokens.list() != null && tokens.file() != null) {
            http.mistake("tokens-file", "is given together with tokens; remove one of them");
        }
        return tokens;
    }

    private static TlsFiles tls(ConfigurationSection tls) {
        TlsFiles files = new TlsFiles(
                tls.resolve(tls.text(
                        "certificate",
                        KeyMeaning.of(
                                "path",
                                "The server's certificate in PEM, followed by those of intermediate authorities. With"
                                        + " the section `tls`, the server accepts TLS 1.3 only. The files are read again"
                                        + " when they change."))),
                tls.resolve(tls.text(
                        "private-key", KeyMeaning.of("path", "Its private key, in PKCS#8 without a password."))),
                path(
                        tls,
                        "client-ca",
                        "The authorities that issue clients' certificates. If it is set, clients need a certificate."));
        tls.end();
        return files;
    }

    private static @Nullable Path path(ConfigurationSection section, String key, String meaning) {
        String path = section.optionalText(key, KeyMeaning.of("path", meaning));
        return path == null ? null : section.resolve(path);
    }

    private static HttpLimits limits(ConfigurationSection limits) {
        HttpLimits standard = HttpLimits.DEFAULT;
        HttpLimits.Timeouts timeouts = standard.timeouts();
        HttpLimits read = new HttpLimits(
                limits.number(
                        "body",
                        standard.body(),
                        1_024,
                        16 * 1024 * 1024,
                        KeyMeaning.of("bytes", "The largest body of a request.")),
                limits.number(
                        "requests-per-second",
                        standard.requestsPerSecond(),
                        1,
                        1_000_000,
                        KeyMeaning.of(
                                "The requests per second of one token, or of one address for routes that need no token."
                                        + " This is also the largest burst.")),
                limits.number(
                        "watches",
                        standard.watches(),
                        1,
                        MOST,
                        KeyMeaning.of("The watches that may be open at the same time.")),
                limits.number(
                        "watches-per-token",
                        standard.watchesPerCaller(),
                        1,
                        MOST,
                        KeyMeaning.of(
                                "The watches of one token that may be open at the same time. Keep this value below"
                                        + " `watches`, so that no program can keep the others from watching.")),
                limits.number(
                        "connections",
                        standard.connections(),
                        1,
                        MOST,
                        KeyMeaning.of("The connections that may be open at the same time. One more replaces a"
                                + " [slow](http.md#slow-clients) or idle one.")),
                limits.number(
                        "connections-per-address",
                        standard.connectionsPerAddress(),
                        1,
                        MOST,
                        KeyMeaning.of(
                                "The connections of one address that may be open at the same time. Keep this value"
                                        + " above `watches`.")),
                new HttpLimits.Timeouts(
                        seconds(
                                limits,
                                "head-seconds",
                                timeouts.head(),
                                "The time from connecting until the first request's headers are complete, including"
                                        + " the TLS handshake."),
                        seconds(
                                limits,
                                "body-seconds",
                                timeouts.body(),
                                "The time from a request's headers until its body is complete."),
                        seconds(
                                limits,
                                "read-seconds",
                                timeouts.read(),
                                "The time in which a client must read what the node has sent."),
                        seconds(
                                limits,
                                "idle-seconds",
                                timeouts.idle(),
                                "The time from an answer until the next request's headers are complete."),
                        timeouts.keepAlive()));
        limits.end();
        return read;
    }

    private static int seconds(ConfigurationSection limits, String key, int standard, String meaning) {
        return limits.number(key, standard, 1, 3_600, KeyMeaning.of("s", meaning));
    }

    /// The same settings with HTTP enabled at another port.
    public HttpSettings at(int otherPort) {
        return new HttpSettings(true, hostname, otherPort, tls, tokens, limits);
    }
}
