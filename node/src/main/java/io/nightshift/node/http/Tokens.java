package io.nightshift.node.http;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tokens that a node accepts.
public record Tokens(List<Token> all) {

    public Tokens {
        all = List.copyOf(all);
    }

    /// Whose token it is, or null. Looks at all of them, so that the time it takes tells nothing.
    @Nullable
    Token find(String presented) {
        byte[] digest = Token.sha256(presented);
        Token found = null;
        for (Token token : all) {
            if (token.hasDigest(digest)) {
                found = token;
            }
        }
        return found;
    }

    /// Names, and nothing that helps to get in.
    @Override
    public String toString() {
        return all.stream()
                .map(token -> token.name() + "=" + token.role())
                .toList()
                .toString();
    }
}
