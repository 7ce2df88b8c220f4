package io.nightshift.coordinator.registry;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// A move of an alias that is still to be repeated on the MLflow server from which the version comes. It is stored
/// with the move itself, so that no crash comes in between.
///
/// @param batch whose rollout has moved the alias
/// @param alias of the model
/// @param from the version of this registry to which the alias pointed before
/// @param to the version of this registry to which it points now
/// @param address of the latter on the server, such as `mlflow:/churn/8`
/// @param tags the proof for the version there, by name
/// @param attemptedAt when a request to move the alias was begun whose answer is not known, in milliseconds since
///     1970; 0 if there is none
public record PendingMove(
        String batch,
        String alias,
        int from,
        int to,
        String address,
        SortedMap<String, String> tags,
        long attemptedAt) {

    public PendingMove {
        tags = Collections.unmodifiableSortedMap(new TreeMap<>(tags));
    }

    /// A move of which the server has not heard.
    public PendingMove(String batch, String alias, int from, int to, String address, SortedMap<String, String> tags) {
        this(batch, alias, from, to, address, tags, 0);
    }

    /// The same move.
    ///
    /// @param at as [#attemptedAt()]
    public PendingMove attemptedAt(long at) {
        return new PendingMove(batch, alias, from, to, address, tags, at);
    }
}
