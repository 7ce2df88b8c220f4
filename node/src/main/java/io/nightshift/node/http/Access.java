package io.nightshift.node.http;

import io.nightshift.api.operation.Credentials;
import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.Caller;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.ProblemException;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Admits requests: finds the token in a request, and checks what only HTTP needs.
///
/// A node without configured tokens listens on loopback only, and has a local token. A page in a browser on
/// this machine must not reach such a node. So a request must name this machine as its host, and must not
/// come from a page of another site.
public final class Access {

    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final String LOCAL_TOKEN = " It is in the file token in the node's home folder.";

    private final GatewayAccess gateway;
    private final boolean isLocal;

    /// @param isLocal whether the only token is the local one, and the server listens on loopback only
    public Access(GatewayAccess gateway, boolean isLocal) {
        this.gateway = gateway;
        this.isLocal = isLocal;
    }

    /// @throws ProblemException if the caller is unknown, may not call the endpoint, or sends too many requests
    Caller admit(HttpServerRequest request, Endpoint endpoint) {
        String address = request.remoteAddress().hostAddress();
        Role needed = endpoint.operation().role();
        if (needed == null) {
            return gateway.admitAnyone(address);
        }
        // A denied read of values is logged like a denied change.
        boolean isAudited = endpoint.operation().changes() || needed != Role.READ;
        String change = isAudited ? endpoint.operation().method() + " " + request.path() : null;
        if (isLocal) {
            ProblemException foreign = foreign(request);
            if (foreign != null) {
                throw gateway.denied(foreign, address, change);
            }
            if (endpoint.isOpenOnLoopback()) {
                return gateway.admitAnyone(address);
            }
        }
        GatewayAccess.Credential credential = presented(request, endpoint);
        if (credential instanceof GatewayAccess.Session && !isOwnPage(request, endpoint)) {
            throw gateway.denied(
                    ProblemException.forbidden(
                            "The request comes from a page of another site. A session of the dashboard does not allow such requests."),
                    address,
                    change);
        }
        return gateway.admit(credential, new GatewayAccess.Request(needed, address, change, challenge()));
    }

    /// Whether the caller of a request that was admitted may still read its answer: its token was not revoked, and
    /// its session has not ended. Called on the event loop only.
    BooleanSupplier validity(HttpServerRequest request, Endpoint endpoint) {
        Role needed = endpoint.operation().role();
        GatewayAccess.Credential credential =
                needed == null || (isLocal && endpoint.isOpenOnLoopback()) ? null : presented(request, endpoint);
        return needed == null || credential == null ? () -> true : () -> gateway.isValid(credential, needed);
    }

    private GatewayAccess.Challenge challenge() {
        String detail = "Send one in the header Authorization: Bearer nst_...";
        return new GatewayAccess.Challenge("Bearer", isLocal ? detail + LOCAL_TOKEN : detail);
    }

    private GatewayAccess.@Nullable Credential presented(HttpServerRequest request, Endpoint endpoint) {
        String header = Objects.requireNonNullElse(request.getHeader(HttpHeaders.AUTHORIZATION), "");
        int space = header.indexOf(' ');
        String scheme = header.substring(0, Math.max(space, 0)).toLowerCase(Locale.ROOT);
        String rest = header.substring(space + 1).strip();
        if (scheme.equals("bearer")) {
            return new GatewayAccess.BearerToken(rest);
        }
        if (scheme.equals("code") && endpoint.operation().credentials() == Credentials.TOKEN_OR_CODE) {
            return new GatewayAccess.SignInCode(rest);
        }
        Cookie cookie = endpoint.operation().credentials() == Credentials.TOKEN_OR_SESSION
                ? request.getCookie(gateway.sessionCookie())
                : null;
        return cookie == null ? null : new GatewayAccess.Session(cookie.getValue());
    }

    /// Whether a request with a cookie comes from a page of this server. The cookie itself is SameSite=Strict, but
    /// other ports of the host are the same site.
    private static boolean isOwnPage(HttpServerRequest request, Endpoint endpoint) {
        String site = request.getHeader("Sec-Fetch-Site");
        if (site != null) {
            return site.equals("same-origin")
                    || (site.equals("none") && !endpoint.operation().changes());
        }
        // Browsers send no Sec-Fetch-Site to a server without TLS, unless it is on this machine.
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null) {
            return !endpoint.operation().changes();
        }
        HostAndPort authority = request.authority();
        return authority != null && origin.replaceFirst("^https?://", "").equals(authority.toString());
    }

    /// Why the request is not of a program on this machine, or null.
    private static @Nullable ProblemException foreign(HttpServerRequest request) {
        String host = host(request);
        if (!THIS_MACHINE.contains(host)) {
            return ProblemException.forbidden(
                    "The request is for the host %s. A node without configured tokens answers only requests for localhost or 127.0.0.1."
                            .formatted(host));
        }
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        boolean isForeign = origin != null && !origin.matches("https?://(localhost|127\\.0\\.0\\.1|\\[::1])(:[0-9]+)?");
        return isForeign || "cross-site".equals(request.getHeader("Sec-Fetch-Site"))
                ? ProblemException.forbidden(
                        "The request comes from a page of another site. A node without configured tokens does not answer such requests.")
                : null;
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
