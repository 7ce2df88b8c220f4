package io.nightshift.node.http;

import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.ProblemException;
import io.nightshift.node.gateway.Role;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Tells who makes a request, and whether they may.
///
/// Without tokens everybody on this machine is an administrator, and nobody else is heard, since the server
/// then listens on loopback only. A page in a browser on this machine is not its user: so a request has to
/// name this machine as its host, and must not come from a page of another site.
public final class Access {

    private static final String LOCAL = "local";

    private final @Nullable Supplier<Tokens> tokens;

    private Access(@Nullable Supplier<Tokens> tokens) {
        this.tokens = tokens;
    }

    /// For a server that listens on loopback only.
    public static Access ofThisMachine() {
        return new Access(null);
    }

    /// @param tokens that count now; asked for with every request
    public static Access by(Supplier<Tokens> tokens) {
        return new Access(tokens);
    }

    /// @param endpoint that is asked for
    /// @throws ProblemException where nobody knows who it is, or where they may not
    Caller admit(Request request, Endpoint endpoint) {
        String address = request.address();
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
            throw ProblemException.forbidden(
                    "The token %s has the role %s, and this needs %s.".formatted(token.name(), token.role(), needed));
        }
        return new Caller(token.name(), token.role(), address);
    }

    private static Token token(Request request, Endpoint endpoint, Tokens known) {
        String scheme = endpoint.forPeople() ? "Basic" : "Bearer";
        String presented = presented(request, endpoint)
                .orElseThrow(() -> ProblemException.unauthorized(
                        endpoint.forPeople()
                                ? "Any user name, and a token as the password."
                                : "Send a token: Authorization: Bearer nst_...",
                        scheme));
        Token token = known.find(presented);
        if (token == null) {
            throw ProblemException.unauthorized("This node knows no such token.", scheme);
        }
        return token;
    }

    private static Optional<String> presented(Request request, Endpoint endpoint) {
        String header = request.header("authorization").orElse("");
        int space = header.indexOf(' ');
        String scheme = header.substring(0, Math.max(space, 0)).toLowerCase(Locale.ROOT);
        String rest = header.substring(space + 1).strip();
        if (scheme.equals("bearer")) {
            return Optional.of(rest);
        }
        // A browser sends it by itself, from wherever the page came: so only for pages that change nothing.
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

    private static void requireThisMachine(Request request) {
        String host = request.host();
        if (!isThisMachine(host)) {
            throw ProblemException.forbidden(
                    "Without tokens only this machine is heard, as localhost or 127.0.0.1, and the request is for %s."
                            .formatted(host));
        }
        Optional<String> origin = request.header("origin");
        boolean isForeign =
                origin.isPresent() && !origin.get().matches("https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]+)?");
        if (isForeign
                || request.header("sec-fetch-site").filter("cross-site"::equals).isPresent()) {
            throw ProblemException.forbidden("Without tokens a page of another site is not heard.");
        }
    }

    private static boolean isThisMachine(String host) {
        return host.equals("localhost") || host.equals("127.0.0.1") || host.equals("[::1]");
    }
}
