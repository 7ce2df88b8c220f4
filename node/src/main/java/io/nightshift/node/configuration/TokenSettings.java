package io.nightshift.node.configuration;

import io.nightshift.node.gateway.Tokens;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The configured tokens of the programs that call a node, by HTTP or by messages. With neither list, the node
/// accepts its [LocalToken] only.
///
/// @param list the tokens in the configuration itself, or null
/// @param file a file of tokens that is read again when it changes, or null
public record TokenSettings(@Nullable Tokens list, @Nullable Path file) {

    /// No configured tokens.
    public static final TokenSettings NONE = new TokenSettings(null, null);

    public boolean areGiven() {
        return list != null || file != null;
    }
}
