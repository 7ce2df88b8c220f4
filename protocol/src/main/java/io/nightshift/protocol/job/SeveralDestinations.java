package io.nightshift.protocol.job;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Several destinations that get the same rows: at the first one, readers see a batch first.
///
/// @param members at least two, each of another kind than this one
public record SeveralDestinations(List<Destination> members) implements Destination {

    static final Kind<SeveralDestinations> KIND = new Kind<>(
            SeveralDestinations.class,
            JobKey.optional(
                    "several",
                    new ValueType.Members(),
                    "[Several destinations](../how-to/several-destinations.md) that get the same rows. A batch is published at them in this order.",
                    "[{parquet: predictions}, {csv: partners}]"),
            values -> new SeveralDestinations(values.list("", Destination.class)),
            SeveralDestinations::values);

    public SeveralDestinations {
        members = List.copyOf(members);
        if (members.size() < 2 || members.stream().anyMatch(SeveralDestinations.class::isInstance)) {
            throw new IllegalArgumentException("several destinations: " + members);
        }
    }

    @Override
    public Destination undivided() {
        return new SeveralDestinations(
                members.stream().map(Destination::undivided).toList());
    }

    private Map<String, Object> values() {
        return Map.of("", members.stream().map(SeveralDestinations::written).toList());
    }

    private static Map<String, Object> written(Destination member) {
        Kind.Written written = Kinds.write(member);
        return Map.of(written.name(), written.value());
    }

    /// Why two destinations can't get the rows of one batch; null if they can.
    ///
    /// @param addresses the address of a data source by its name: two names may have one address
    public static @Nullable String conflict(Destination one, Destination other, UnaryOperator<String> addresses) {
        if (one.folder() == null || other.folder() == null) {
            return one.overlap(other, addresses);
        }
        String folder = withSlash(one.folder());
        String otherFolder = withSlash(other.folder());
        if (folder.equals(otherFolder)) {
            return "the same folder";
        }
        return folder.startsWith(otherFolder) || otherFolder.startsWith(folder)
                ? "a folder inside the other one"
                : null;
    }

    private static String withSlash(String folder) {
        return folder.endsWith("/") ? folder : folder + "/";
    }

    /// Whether two tables may be in one schema.
    ///
    /// @param schema null for one that is not known here
    static boolean mayBeSameSchema(@Nullable String schema, @Nullable String other) {
        return schema == null || other == null || schema.equals(other);
    }

    @Override
    public String toString() {
        return members.stream().map(Destination::toString).collect(Collectors.joining(", "));
    }
}
