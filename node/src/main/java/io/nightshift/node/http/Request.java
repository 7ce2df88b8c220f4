package io.nightshift.node.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.nightshift.node.gateway.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What somebody asks for, understood as far as HTTP goes.
final class Request {

    private final HttpRequest head;
    private final String address;
    private final Body body;
    private final String host;
    private final String path;
    private final List<String> segments;
    private final Map<String, List<String>> query;

    /// @param address it comes from
    /// @throws ProblemException if it can't be understood
    Request(HttpRequest head, String address, Body body) {
        this.head = head;
        this.address = address;
        this.body = body;
        String target = head.uri();
        @Nullable String authority = null;
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        if (scheme >= 0) {
            // As a proxy is asked, which any server has to understand.
            int slash = target.indexOf('/', scheme + 3);
            authority = target.substring(scheme + 3, slash < 0 ? target.length() : slash);
            target = slash < 0 ? "/" : target.substring(slash);
        }
        if (!target.startsWith("/")) {
            throw ProblemException.badRequest("What is asked for is no path.");
        }
        this.host = withoutPort(authority == null ? host(head) : authority);
        QueryStringDecoder decoder = new QueryStringDecoder(target);
        try {
            this.path = decoder.rawPath();
            this.segments = path.indexOf('%') < 0
                    ? List.of(path.substring(1).split("/", -1))
                    : Stream.of(path.substring(1).split("/", -1))
                            .map(Request::decoded)
                            .toList();
            this.query = decoder.parameters();
        } catch (IllegalArgumentException e) {
            throw ProblemException.badRequest("The path or query can't be decoded: %s".formatted(e.getMessage()));
        }
    }

    /// A plus is a space in queries only.
    private static String decoded(String segment) {
        return QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"));
    }

    private static String host(HttpRequest head) {
        List<String> hosts = head.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.size() == 1) {
            return hosts.getFirst();
        }
        if (hosts.isEmpty() && head.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            return "";
        }
        throw ProblemException.badRequest("A request names one host.");
    }

    private static String withoutPort(String authority) {
        int end = authority.length();
        while (end > 0 && authority.charAt(end - 1) >= '0' && authority.charAt(end - 1) <= '9') {
            end--;
        }
        return end > 0 && authority.charAt(end - 1) == ':' ? authority.substring(0, end - 1) : authority;
    }

    /// As it was sent: `HEAD`, too.
    String method() {
        return head.method().name();
    }

    /// As it was sent.
    String path() {
        return path;
    }

    /// At least one, which may be empty.
    List<String> segments() {
        return segments;
    }

    Map<String, List<String>> query() {
        return query;
    }

    /// The host that is asked, as it was sent but without a port, or empty.
    String host() {
        return host;
    }

    /// Of who asks.
    String address() {
        return address;
    }

    /// @param name in any case
    Optional<String> header(String name) {
        return Optional.ofNullable(head.headers().get(name));
    }

    /// What is sent along.
    Body body() {
        return body;
    }
}
