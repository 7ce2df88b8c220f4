package io.nightshift.node.gateway;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tokens that a node accepts.
public record Tokens(List<Token> all) {

    public Tokens {
        all = List.copyOf(all);
    }

    /// The token that was presented, or null. Compares with all of them, so the duration tells an attacker
    /// nothing.
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

    /// The token with a digest, or null.
    @Nullable
    Token withDigest(String sha256) {
        return all.stream()
                .filter(token -> token.sha256().equalsIgnoreCase(sha256))
                .findFirst()
                .orElse(null);
    }

    /// The token of a name, or null.
    @Nullable
    Token named(String name) {
        return all.stream()
                .filter(token -> token.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /// Names only, because this may be logged.
    @Override
    public String toString() {
        return all.stream()
                .map(token -> token.name() + "=" + token.role())
                .toList()
                .toString();
    }
}
