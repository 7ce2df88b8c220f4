package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A table of an Iceberg catalog. A batch is a partition of the table.
///
/// @param catalog the catalog's name in the configuration of the nodes
/// @param table its name with the namespace, as `namespace.table`; a namespace may have several parts
public record IcebergDestination(String catalog, String table) implements Destination {

    static final Kind<IcebergDestination> KIND = new Kind<>(
            IcebergDestination.class,
            JobKey.optional(
                    "iceberg",
                    new Section(List.of(
                            JobKey.required(
                                            "catalog",
                                            new Text(Form.CATALOG),
                                            "The Iceberg catalog, by its name in the configuration of the nodes.",
                                            "lake")
                                    .from(IcebergDestination.class, IcebergDestination::catalog),
                            JobKey.required(
                                            "table",
                                            new Text(Form.ICEBERG_TABLE),
                                            "The table that readers query, with its namespace. Nightshift creates both.",
                                            "scores.delays")
                                    .from(IcebergDestination.class, IcebergDestination::table))),
                    "A table of an Iceberg catalog, instead of a folder.",
                    ""),
            IcebergDestination::read);

    private static IcebergDestination read(JobValues values) {
        return new IcebergDestination(values.text("catalog"), values.text("table"));
    }

    @Override
    public @Nullable String overlap(Destination other, UnaryOperator<String> addresses) {
        return equals(other) ? "the same table" : null;
    }

    @Override
    public String toString() {
        return "table %s in catalog %s".formatted(table, catalog);
    }
}
