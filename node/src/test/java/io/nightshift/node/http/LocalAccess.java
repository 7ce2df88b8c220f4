package io.nightshift.node.http;

import io.nightshift.node.gateway.GatewayAccess;
import io.nightshift.node.gateway.Role;
import io.nightshift.node.gateway.Token;
import io.nightshift.node.gateway.Tokens;
import java.util.List;

/// The access to a server of this machine.
final class LocalAccess {

    private static final String TOKEN = Token.random();
    private static final String OTHER_TOKEN = Token.random();

    /// The header with the token.
    static final String HEADER = "Authorization: Bearer " + TOKEN + "\r\n";

    /// The header with the token of another caller.
    static final String OTHER = "Authorization: Bearer " + OTHER_TOKEN + "\r\n";

    private LocalAccess() {}

    static Access access() {
        Tokens tokens = new Tokens(List.of(
                new Token("local", Role.ADMIN, Token.digest(TOKEN)),
                new Token("other", Role.READ, Token.digest(OTHER_TOKEN))));
        return new Access(new GatewayAccess(() -> tokens, 10_000), true);
    }
}
