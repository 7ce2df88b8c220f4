package io.nightshift.node.configuration;

import io.nightshift.node.alert.AlertUrl;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Connections without TLS. Others on the network can read their passwords and rows. So such connections lead to
/// another machine only if the configuration permits it.
final class PlainConnections {

    /// The parameters by which the drivers insist on TLS.
    private static final Pattern TLS = Pattern.compile(
            "[?&](sslmode=(require|verify-ca|verify-full)|ssl=true|sslMode=(trust|verify-ca|verify-full)|useSsl=true)(&|$)");

    /// A host of MariaDB's long form: `address=(host=db1)(port=3306)`.
    private static final Pattern ADDRESS = Pattern.compile("\\(host=([^)]*)\\)");

    private PlainConnections() {}

    static boolean allowsHttp(ConfigurationSection section) {
        return section.flag(
                "plain-http",
                KeyMeaning.of(
                        "Whether requests may be sent by `http` to another machine. They are not encrypted then."));
    }

    /// Reports a URL that leads to another machine by `http`.
    static void checkHttp(ConfigurationSection section, String key, @Nullable URI uri, boolean isAllowed) {
        if (uri != null
                && "http".equals(uri.getScheme())
                && !isAllowed
                && !AlertUrl.isLoopback(String.valueOf(uri.getHost()))) {
            section.mistake(key, "sends requests unencrypted to another machine; use https, or set plain-http = true");
        }
    }

    /// Reports the URL of a database to which connections may be made without TLS.
    static void checkDatabase(ConfigurationSection section, String url) {
        boolean isAllowed = section.flag(
                "plain-tcp",
                KeyMeaning.of("Whether connections to another machine may be made without TLS. Passwords and rows are"
                        + " not encrypted then."));
        // Other mistakes of the URL are reported elsewhere.
        boolean isUrl = url.matches("(jdbc:(postgresql|mariadb):|rediss?://)[^@]*");
        if (!isAllowed && isUrl && leavesMachine(url)) {
            section.mistake(
                    "url",
                    "leads to another machine without TLS; use %s, or set plain-tcp = true"
                            .formatted(
                                    url.startsWith("redis")
                                            ? "rediss://"
                                            : url.startsWith("jdbc:mariadb:")
                                                    ? "?sslMode=verify-full"
                                                    : "?sslmode=verify-full"));
        }
    }

    private static boolean leavesMachine(String url) {
        boolean isEncrypted = url.startsWith("rediss://") || TLS.matcher(url).find();
        return !isEncrypted && hosts(url).stream().anyMatch(host -> !AlertUrl.isLoopback(host));
    }

    /// The hosts in the URL of a database. A URL without one leads to this machine.
    private static List<String> hosts(String url) {
        int start = url.indexOf("//");
        if (start < 0) {
            return List.of();
        }
        String authority = url.substring(start + 2).split("[/?]", 2)[0];
        List<String> hosts = new ArrayList<>();
        Matcher address = ADDRESS.matcher(authority);
        while (address.find()) {
            hosts.add(address.group(1));
        }
        return hosts.isEmpty()
                ? Arrays.stream(authority.split(","))
                        .map(host -> host.replaceFirst(":[0-9]*$", ""))
                        .filter(host -> !host.isEmpty())
                        .toList()
                : hosts;
    }
}
