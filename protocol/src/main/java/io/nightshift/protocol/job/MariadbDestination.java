package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.TextLists;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A table of a MariaDB or MySQL database. Names are written as they are, and never folded by Nightshift.
///
/// @param dataSource the database's name in the configuration of the nodes
/// @param schema the schema (which these servers also call database) of the table, or null for that of the data
///     source's URL
/// @param table its name, without the schema
/// @param indexes the indexes of the table, in addition to the index of the record IDs
public record MariadbDestination(
        String dataSource, @Nullable String schema, String table, List<Index> indexes) implements Destination {

    static final Kind<MariadbDestination> KIND = new Kind<>(
            MariadbDestination.class,
            JobKey.optional(
                    "mariadb",
                    new Section(List.of(
                            JobKey.required(
                                    "data-source",
                                    new Text(Form.DATA_SOURCE),
                                    "The MariaDB or MySQL database, by its name in the configuration of the nodes.",
                                    "warehouse"),
                            JobKey.required(
                                    "table",
                                    new Text(Form.TABLE),
                                    "The view that readers query. Nightshift creates it; the schema must exist.",
                                    "scores.delays"),
                            JobKey.optional(
                                            "indexes",
                                            new TextLists(Form.COLUMN),
                                            "The columns of each index, in addition to the index of the record IDs. The indexes exist before a batch is written.",
                                            "[[carrier, prediction], [hour]]")
                                    .or(List.of()))),
                    "A table of a MariaDB or MySQL database, instead of a folder.",
                    ""),
            MariadbDestination::read,
            MariadbDestination::values);

    public MariadbDestination {
        indexes = List.copyOf(indexes);
    }

    /// An index of the table.
    ///
    /// @param columns the columns: at least one, each once
    public record Index(List<String> columns) {
        public Index {
            columns = List.copyOf(columns);
        }
    }

    private static MariadbDestination read(JobValues values) {
        String table = values.text("table");
        int dot = table.indexOf('.');
        return new MariadbDestination(
                values.text("data-source"),
                dot < 0 ? null : table.substring(0, dot),
                table.substring(dot + 1),
                values.lists("indexes").stream().map(Index::new).toList());
    }

    private Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("data-source", dataSource);
        values.put("table", qualified());
        values.put("indexes", indexes.stream().map(Index::columns).toList());
        return values;
    }

    /// `schema.table`, or `table`.
    public String qualified() {
        return schema == null ? table : schema + "." + table;
    }

    @Override
    public @Nullable String overlap(Destination other, UnaryOperator<String> addresses) {
        return other instanceof MariadbDestination that
                        && addresses.apply(dataSource).equals(addresses.apply(that.dataSource))
                        && SeveralDestinations.mayBeSameSchema(schema, that.schema)
                        && table.equalsIgnoreCase(that.table)
                ? "the same table"
                : null;
    }

    @Override
    public String toString() {
        return "table %s in data source %s".formatted(qualified(), dataSource);
    }
}
