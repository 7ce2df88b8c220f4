package io.nightshift.node.gateway;

import io.nightshift.api.operation.Role;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Identifies callers by their tokens, and checks what their roles allow, for HTTP and for messages alike. It
/// limits the rate of each token's requests, and of each address's requests without a valid token. It logs
/// denied changes in the audit log.
///
/// Safe for several threads, none of which waits.
public final class GatewayAccess {

    private final Supplier<Tokens> tokens;
    private final int requestsPerSecond;
    private final RateLimit rate;
    private final BrowserSessions sessions;

    /// @param tokens the valid tokens; called for every request
    /// @param requestsPerSecond the most requests per second of one token, or of one address
    public GatewayAccess(Supplier<Tokens> tokens, int requestsPerSecond) {
        this(tokens, requestsPerSecond, BrowserSessions.ofThisProcess());
    }

    /// @param sessions of browsers, which end when a token is no longer valid
    public GatewayAccess(Supplier<Tokens> tokens, int requestsPerSecond, BrowserSessions sessions) {
        this(tokens, requestsPerSecond, sessions, System::nanoTime);
    }

    /// @param clock in nanoseconds
    GatewayAccess(Supplier<Tokens> tokens, int requestsPerSecond, BrowserSessions sessions, LongSupplier clock) {
        this.tokens = tokens;
        this.sessions = sessions;
        this.requestsPerSecond = requestsPerSecond;
        this.rate = new RateLimit(requestsPerSecond, clock);
    }

    /// A request to be admitted.
    ///
    /// @param role the role that it needs
    /// @param address the address that it comes from
    /// @param change what it would change, for the audit log, or null if nothing
    /// @param challenge the sentence for a caller without a valid token
    public record Request(
            Role role, String address, @Nullable String change, Challenge challenge) {}

    /// The answer to a caller without a valid token.
    ///
    /// @param scheme how HTTP sends the token: `Bearer`
    /// @param detail how to send a token, in a sentence
    public record Challenge(String scheme, String detail) {}

    /// Identifies a caller in a request.
    public sealed interface Credential {}

    /// @param token of a program
    public record BearerToken(String token) implements Credential {}

    /// @param cookie of a browser that has signed in, as [#openSession] returned it
    public record Session(String cookie) implements Credential {}

    /// @param code from [#signInCode]; valid once
    public record SignInCode(String code) implements Credential {}

    /// Admits a request with a token.
    ///
    /// @param token the token that was sent, or null
    /// @throws ProblemException as [#admit(Credential, Request)]
    public Caller admit(@Nullable String token, Request request) {
        return admit(token == null ? null : new BearerToken(token), request);
    }

    /// Admits a request.
    ///
    /// @param credential what was sent, or null
    /// @throws ProblemException if the credential is missing or unknown, its role does not allow the request, or it
    ///     makes too many requests
    public Caller admit(@Nullable Credential credential, Request request) {
        Caller identified;
        try {
            identified = identify(credential, request);
        } catch (ProblemException e) {
            throw denied(e, request.address(), request.change());
        }
        Caller caller = limited(identified, "");
        if (!caller.role().covers(request.role())) {
            ProblemException refusal =
                    ProblemException.forbidden("The token %s has the role %s, but the request needs the role %s."
                            .formatted(caller.name(), caller.role(), request.role()));
            if (request.change() != null) {
                AuditLog.log(
                        caller,
                        request.change(),
                        null,
                        "denied",
                        refusal.problem().detail());
            }
            throw refusal;
        }
        return caller;
    }

    /// Whether a credential still allows what it was admitted for. Counts no request.
    ///
    /// @param credential that was admitted
    /// @param role that is needed
    public boolean isValid(Credential credential, Role role) {
        Tokens valid = tokens.get();
        Token token = switch (credential) {
            case BearerToken(String text) -> valid.find(text);
            case Session(String cookie) -> withDigest(valid, sessions.tokenOf(cookie));
            case SignInCode code -> null;
        };
        return token != null && token.role().covers(role);
    }

    /// Admits a request that needs no token.
    ///
    /// @throws ProblemException if the address makes too many requests
    public Caller admitAnyone(String address) {
        return limited(new Caller("anyone", Role.READ, address), address);
    }

    private Caller limited(Caller caller, String address) {
        if (!rate.allows(caller.name() + " " + address)) {
            throw tooManyRequests();
        }
        return caller;
    }

    private Caller identify(@Nullable Credential sent, Request request) {
        Challenge challenge = request.challenge();
        if (sent == null) {
            throw ProblemException.unauthorized("No token was sent. " + challenge.detail(), challenge.scheme());
        }
        Tokens valid = tokens.get();
        Token token = switch (sent) {
            case BearerToken(String text) -> valid.find(text);
            case Session(String cookie) -> withDigest(valid, sessions.tokenOf(cookie));
            case SignInCode(String code) -> withDigest(valid, sessions.redeem(code));
        };
        if (token == null) {
            throw ProblemException.unauthorized(unknown(sent), challenge.scheme());
        }
        return new Caller(token.name(), token.role(), request.address());
    }

    private static @Nullable Token withDigest(Tokens valid, @Nullable String sha256) {
        return sha256 == null ? null : valid.withDigest(sha256);
    }

    private static String unknown(Credential sent) {
        return switch (sent) {
            case BearerToken token -> "The node does not know the token. It may have been revoked.";
            case Session session -> "The session has ended. Sign in again.";
            case SignInCode code ->
                "The sign-in code was used before, or is older than a minute. Run nightshift ui again.";
        };
    }

    /// Begins a session of a browser. It ends after some hours, or when the caller's token is no longer valid.
    ///
    /// @return the value of its cookie
    public String openSession(Caller caller) {
        return sessions.open(digest(caller));
    }

    /// The name of the cookie that holds a session.
    public String sessionCookie() {
        return sessions.cookieName();
    }

    /// A code by which a browser signs in with the caller's token, once and within a minute.
    public String signInCode(Caller caller) {
        return sessions.code(digest(caller));
    }

    private String digest(Caller caller) {
        Token token = tokens.get().named(caller.name());
        if (token == null) {
            throw ProblemException.forbidden("The token %s was revoked.".formatted(caller.name()));
        }
        return token.sha256();
    }

    /// Counts and logs a request that is not admitted.
    ///
    /// @param change as in a [Request]
    /// @return the refusal to answer: the given one, unless the address makes too many such requests
    public ProblemException denied(ProblemException refusal, String address, @Nullable String change) {
        if (!rate.allows(" " + address)) {
            return tooManyRequests();
        }
        if (change != null) {
            AuditLog.log(
                    new Caller("unknown", Role.READ, address),
                    change,
                    null,
                    "denied",
                    refusal.problem().detail());
        }
        return refusal;
    }

    private ProblemException tooManyRequests() {
        return ProblemException.tooMany(
                "The caller sends more than %,d requests per second. Send fewer, or send them later."
                        .formatted(requestsPerSecond),
                1);
    }
}
