package io.nightshift.node.http;

import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Identifies the caller of a request and checks that it may call an endpoint.
///
/// Without tokens the server listens on loopback only, and every user of this machine is an administrator. A
/// page in a browser on this machine is not its user, so a request must name this machine as its host, and
/// must not come from a page of another site.
public final class Access {

    private static final String LOCAL = "local";
    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    private final @Nullable Supplier<Tokens> tokens;

    private Access(@Nullable Supplier<Tokens> tokens) {
        this.tokens = tokens;
    }

    /// For a server that listens on loopback only.
    public static Access ofThisMachine() {
        return new Access(null);
    }

    /// @param tokens the valid tokens; called for every request
    public static Access by(Supplier<Tokens> tokens) {
        return new Access(tokens);
    }

    /// @throws ProblemException if the caller is unknown, or may not call the endpoint
    Caller admit(HttpServerRequest request, Endpoint endpoint) {
        String address = request.remoteAddress().hostAddress();
        Role needed = endpoint.role();
        if (needed == null) {
            return new Caller("anyone", Role.READ, address);
        }
        if (tokens == null) {
            requireThisMachine(request);
            return new Caller(LOCAL, Role.ADMIN, address);
        }
        Token token = token(request, endpoint, tokens.get());
        if (!token.role().covers(needed)) {
            throw ProblemException.forbidden("The token %s has the role %s, but the request needs the role %s."
                    .formatted(token.name(), token.role(), needed));
        }
        return new Caller(token.name(), token.role(), address);
    }

    private static Token token(HttpServerRequest request, Endpoint endpoint, Tokens known) {
        String scheme = endpoint.forPeople() ? "Basic" : "Bearer";
        String presented = presented(request, endpoint)
                .orElseThrow(() -> ProblemException.unauthorized(
                        endpoint.forPeople()
                                ? "No token was sent. Send any user name, and the token as the password."
                                : "No token was sent. Send one in the header Authorization: Bearer nst_...",
                        scheme));
        Token token = known.find(presented);
        if (token == null) {
            throw ProblemException.unauthorized("The node does not know the token. It may have been revoked.", scheme);
        }
        return token;
    }

    private static Optional<String> presented(HttpServerRequest request, Endpoint endpoint) {
        String header = Objects.requireNonNullElse(request.getHeader(HttpHeaders.AUTHORIZATION), "");
        int space = header.indexOf(' ');
        String scheme = header.substring(0, Math.max(space, 0)).toLowerCase(Locale.ROOT);
        String rest = header.substring(space + 1).strip();
        if (scheme.equals("bearer")) {
            return Optional.of(rest);
        }
        // A browser adds the password to requests from any site, so only pages that change nothing accept it.
        return scheme.equals("basic") && endpoint.forPeople() ? password(rest) : Optional.empty();
    }

    private static Optional<String> password(String credentials) {
        try {
            String pair = new String(Base64.getDecoder().decode(credentials), StandardCharsets.UTF_8);
            return Optional.of(pair.substring(pair.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static void requireThisMachine(HttpServerRequest request) {
        String host = host(request);
        if (!THIS_MACHINE.contains(host)) {
            throw ProblemException.forbidden(
                    "The request is for the host %s. A node without tokens answers only requests for localhost or 127.0.0.1."
                            .formatted(host));
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        boolean isForeign = origin != null && !origin.matches("https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]+)?");
        if (isForeign || "cross-site".equals(request.getHeader("Sec-Fetch-Site"))) {
            throw ProblemException.forbidden(
                    "The request comes from a page of another site. A node without tokens does not answer such requests.");
        }
    }

    /// The requested host without its port, or empty. A target that names a host, as proxies send it,
    /// overrides the header.
    private static String host(HttpServerRequest request) {
        String target = request.uri();
        int scheme = target.startsWith("/") ? -1 : target.indexOf("://");
        HostAndPort authority = scheme < 0
                ? request.authority()
                : HostAndPort.parseAuthority(target.substring(scheme + 3).split("[/?]", 2)[0], -1);
        return authority == null ? "" : authority.host();
    }
}
