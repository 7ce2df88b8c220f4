package io.nightshift.coordinator.registry;

import io.nightshift.api.AliasMove;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The aliases of a model with their history. They are stored together, so that no alias moves without its entry.
///
/// @param versions the version number of each alias
/// @param moves the oldest first; the last [#MOST] of all aliases
/// @param pending the moves that an MLflow server has yet to repeat, the oldest first
record ModelAliases(SortedMap<String, Integer> versions, List<AliasMove> moves, List<PendingMove> pending) {

    static final int MOST = 1_000;

    static final ModelAliases NONE = new ModelAliases(new TreeMap<>(), List.of(), List.of());

    ModelAliases {
        versions = Collections.unmodifiableSortedMap(new TreeMap<>(versions));
        moves = List.copyOf(moves);
        pending = List.copyOf(pending);
    }

    /// The aliases after a move. An MLflow server hears no more of earlier moves of the alias: somebody has decided
    /// otherwise since.
    ModelAliases with(AliasMove move) {
        return moved(
                move,
                pending.stream()
                        .filter(earlier -> !earlier.alias().equals(move.alias()))
                        .toList());
    }

    /// The aliases after a move that an MLflow server is to repeat, after those before it.
    ModelAliases with(AliasMove move, PendingMove repeated) {
        List<PendingMove> all = new ArrayList<>(pending);
        all.add(repeated);
        return moved(move, all);
    }

    /// The aliases with another state of a pending move; unchanged if it is no longer pending.
    ///
    /// @param now null if nothing is left to do
    ModelAliases with(PendingMove before, @Nullable PendingMove now) {
        return new ModelAliases(
                versions,
                moves,
                pending.stream()
                        .flatMap(move -> move.equals(before) ? Stream.ofNullable(now) : Stream.of(move))
                        .toList());
    }

    private ModelAliases moved(AliasMove move, List<PendingMove> repeated) {
        SortedMap<String, Integer> moved = new TreeMap<>(versions);
        moved.put(move.alias(), move.to());
        List<AliasMove> all = new ArrayList<>(moves);
        all.add(move);
        return new ModelAliases(moved, all.subList(Math.max(0, all.size() - MOST), all.size()), repeated);
    }

    @Nullable
    Integer version(String alias) {
        return versions.get(alias);
    }

    /// The last move of an alias; null if the history has none.
    @Nullable
    AliasMove last(String alias) {
        return last(alias, move -> true);
    }

    private @Nullable AliasMove last(String alias, Predicate<AliasMove> isWanted) {
        return moves.reversed().stream()
                .filter(move -> move.alias().equals(alias) && isWanted.test(move))
                .findFirst()
                .orElse(null);
    }

    /// The version that an alias pointed to before it was moved to the present one, other than by a rollback;
    /// null if the history has none. So one rollback after another goes further back, and never returns to a
    /// version that was withdrawn.
    @Nullable
    Integer before(String alias) {
        Integer present = version(alias);
        AliasMove promotion = present == null
                ? null
                : last(alias, move -> move.to() == present && !move.action().equals(AliasMove.ROLLBACK));
        return promotion == null ? null : promotion.from();
    }
}
