package io.nightshift.node.http;

import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.Role;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import java.util.List;

/// The access to a server whose only token is a local one.
final class LocalAccess {

    private static final String TOKEN = Token.random();

    /// The header with the token.
    static final String HEADER = "Authorization: Bearer " + TOKEN + "\r\n";

    private LocalAccess() {}

    static Access access() {
        Tokens tokens = new Tokens(List.of(new Token("local", Role.ADMIN, Token.digest(TOKEN))));
        return new Access(new GatewayAccess(() -> tokens, 10_000), true);
    }
}
