package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import io.nightshift.protocol.job.ValueType.TextLists;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A table of a PostgreSQL database. Names are case-sensitive and are never folded.
///
/// @param dataSource the database's name in the configuration of the nodes
/// @param schema the schema of the table, or null for the first schema of the user's search path
/// @param table its name, without the schema
/// @param indexes the indexes of every batch, in addition to the index of the record IDs
public record PostgresDestination(
        String dataSource, @Nullable String schema, String table, List<Index> indexes) implements Destination {

    /// The longest name of a table, in bytes. Names derived from it must fit PostgreSQL's 63 bytes.
    public static final int MAX_TABLE = 40;

    static final Kind<PostgresDestination> KIND = new Kind<>(
            PostgresDestination.class,
            JobKey.optional(
                    "postgres",
                    new Section(List.of(
                            JobKey.required(
                                    "data-source",
                                    new Text(Form.DATA_SOURCE),
                                    "The PostgreSQL database, by its name in the configuration of the nodes.",
                                    "warehouse"),
                            JobKey.required(
                                    "table",
                                    new Text(Form.TABLE),
                                    "The view that readers query. Nightshift creates it; the schema must exist.",
                                    "scores.delays"),
                            JobKey.optional(
                                            "indexes",
                                            new TextLists(Form.COLUMN),
                                            "The columns of each index, in addition to the index of the record IDs. The indexes exist before a batch is published.",
                                            "[[carrier, prediction], [hour]]")
                                    .or(List.of()))),
                    "A table of a PostgreSQL database, instead of a folder.",
                    ""),
            PostgresDestination::read,
            PostgresDestination::values);

    public PostgresDestination {
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

    private static PostgresDestination read(JobValues values) {
        String table = values.text("table");
        int dot = table.indexOf('.');
        return new PostgresDestination(
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
        return other instanceof PostgresDestination that
                        && addresses.apply(dataSource).equals(addresses.apply(that.dataSource))
                        && SeveralDestinations.mayBeSameSchema(schema, that.schema)
                ? "a table in the same schema, which has one register of batches"
                : null;
    }

    @Override
    public String toString() {
        return "table %s in data source %s".formatted(qualified(), dataSource);
    }
}
