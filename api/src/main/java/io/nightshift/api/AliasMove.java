package io.nightshift.api;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A move of a model's alias from one version to another.
///
/// @param alias the alias, such as `champion`
/// @param from the version that it pointed to before; null if there was no such alias
/// @param to the version that it has pointed to since
/// @param action `set`, `promote` or `rollback`
/// @param at when it was moved, to the millisecond
/// @param by the name of the caller's token, or of the user of the operating system who ran the command
/// @param reason that the caller gave; may be empty
public record AliasMove(
        String alias, @Nullable Integer from, int to, String action, Instant at, String by, String reason) {

    /// The [#action()] of a move that names a version.
    public static final String SET = "set";

    /// The [#action()] of a promotion.
    public static final String PROMOTE = "promote";

    /// The [#action()] of a rollback.
    public static final String ROLLBACK = "rollback";
}
