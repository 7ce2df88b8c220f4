package io.nightshift.node.http;

import io.nightshift.api.operation.Role;
import io.nightshift.node.gateway.BrowserSessions;
import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import java.util.List;
import java.util.function.Supplier;

/// The access to a server of this machine.
final class LocalAccess {

    private static final String TOKEN = Token.random();
    private static final String OTHER_TOKEN = Token.random();

    /// The header with the token.
    static final String HEADER = "Authorization: Bearer " + TOKEN + "\r\n";

    /// The header with the token of another caller.
    static final String OTHER = "Authorization: Bearer " + OTHER_TOKEN + "\r\n";

    static final Tokens TOKENS = new Tokens(List.of(
            new Token("local", Role.ADMIN, Token.digest(TOKEN)),
            new Token("other", Role.READ, Token.digest(OTHER_TOKEN))));

    private LocalAccess() {}

    static Access access() {
        return new Access(gateway(() -> TOKENS, BrowserSessions.ofThisProcess()), true);
    }

    /// @param tokens the valid tokens; asked for every request
    static GatewayAccess gateway(Supplier<Tokens> tokens, BrowserSessions sessions) {
        return new GatewayAccess(tokens, 10_000, sessions);
    }
}
