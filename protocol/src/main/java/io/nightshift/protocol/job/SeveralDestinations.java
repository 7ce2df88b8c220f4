package io.nightshift.protocol.job;

import java.util.List;
import java.util.Map;
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
            values -> new SeveralDestinations(values.destinations("")),
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
        return Map.of(written.name(), written.values().getOrDefault("", written.values()));
    }

    /// Why two destinations can't get the rows of one batch; null if they can.
    public static @Nullable String conflict(Destination one, Destination other) {
        String folder = folder(one);
        String otherFolder = folder(other);
        if (folder != null && otherFolder != null) {
            return folder.equals(otherFolder)
                    ? "the same folder"
                    : folder.startsWith(otherFolder) || otherFolder.startsWith(folder)
                            ? "a folder inside the other one"
                            : null;
        }
        if (one instanceof PostgresDestination a && other instanceof PostgresDestination b) {
            return a.dataSource().equals(b.dataSource()) && isSame(a.schema(), b.schema())
                    ? "a table in the same schema, which has one register of batches"
                    : null;
        }
        if (one instanceof MariadbDestination a && other instanceof MariadbDestination b) {
            return a.dataSource().equals(b.dataSource())
                            && isSame(a.schema(), b.schema())
                            && a.table().equalsIgnoreCase(b.table())
                    ? "the same table"
                    : null;
        }
        if (one instanceof IcebergDestination && one.equals(other)) {
            return "the same table";
        }
        if (one instanceof RedisDestination a && other instanceof RedisDestination b) {
            return a.dataSource().equals(b.dataSource()) && a.name().equals(b.name()) ? "the same keys" : null;
        }
        return null;
    }

    /// With a slash at its end; null if it is no folder.
    private static @Nullable String folder(Destination destination) {
        String folder = switch (destination) {
            case ParquetDestination parquet -> parquet.folder();
            case CsvDestination csv -> csv.folder();
            case PostgresDestination postgres -> null;
            case MariadbDestination mariadb -> null;
            case RedisDestination redis -> null;
            case IcebergDestination iceberg -> null;
            case DeltaDestination delta -> delta.table();
            case SeveralDestinations several -> null;
        };
        return folder == null || folder.endsWith("/") ? folder : folder + "/";
    }

    /// Without a name, it is one that is not known here.
    private static boolean isSame(@Nullable String schema, @Nullable String other) {
        return schema == null || other == null || schema.equals(other);
    }

    @Override
    public String toString() {
        return members.stream().map(Destination::toString).collect(Collectors.joining(", "));
    }
}
