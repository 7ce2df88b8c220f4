package io.nightshift.node.configuration;

import io.nightshift.node.alert.AlertUrl;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Connections without TLS. Others on the network can read their passwords and rows. So such connections lead to
/// another machine only if the configuration permits it.
final class PlainConnections {

    /// The values of `sslmode` by which PostgreSQL's driver insists on TLS.
    private static final Set<String> POSTGRES_TLS = Set.of("require", "verify-ca", "verify-full");

    /// The values of `sslMode` and its other names by which MariaDB's driver insists on TLS.
    private static final Set<String> MARIADB_TLS = Set.of("trust", "verify-ca", "verify-full", "true");

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
        return !isEncrypted(url) && hosts(url).stream().anyMatch(host -> !AlertUrl.isLoopback(host));
    }

    private static boolean isEncrypted(String url) {
        if (url.startsWith("rediss://")) {
            return true;
        }
        boolean isMariadb = url.startsWith("jdbc:mariadb:");
        Map<String, String> parameters = new HashMap<>();
        for (String parameter : url.substring(url.indexOf('?') + 1).split("&")) {
            String[] parts = parameter.split("=", 2);
            // The names are case-sensitive in PostgreSQL's driver only.
            String name = isMariadb ? parts[0].toLowerCase(Locale.ROOT) : parts[0];
            String value = parts.length < 2 ? "" : parts[1].toLowerCase(Locale.ROOT);
            parameters.put(name, value.replace('_', '-'));
        }
        if (isMariadb) {
            parameters.keySet().retainAll(Set.of("sslmode", "usessl"));
            return !parameters.isEmpty() && MARIADB_TLS.containsAll(parameters.values());
        }
        String mode = parameters.get("sslmode");
        return mode == null ? "true".equals(parameters.get("ssl")) : POSTGRES_TLS.contains(mode);
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
