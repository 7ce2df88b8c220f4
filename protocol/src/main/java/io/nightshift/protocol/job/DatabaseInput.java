package io.nightshift.protocol.job;

import io.nightshift.protocol.job.ValueType.Section;
import io.nightshift.protocol.job.ValueType.Text;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A table or a query of a database. Names are case-sensitive and are never folded.
///
/// @param engine the kind of database
/// @param dataSource the database's name in the configuration of the nodes
/// @param table `table` or `schema.table`, as the job file has it; null if there is a query
/// @param query one SELECT statement in the database's SQL; null if there is a table
/// @param key the column by whose ranges the rows are divided; null: the reader chooses
/// @param where a condition in the database's SQL, or null
public record DatabaseInput(
        Engine engine,
        String dataSource,
        @Nullable String table,
        @Nullable String query,
        @Nullable String key,
        @Nullable String where)
        implements Input {

    /// A kind of database.
    public enum Engine {
        /// PostgreSQL, by its own driver.
        POSTGRESQL("PostgreSQL", "public.customers"),
        /// MariaDB and MySQL, by MariaDB's driver.
        MARIADB("MariaDB or MySQL", "crm.customers");

        private final String text;
        private final String example;

        Engine(String text, String example) {
            this.text = text;
            this.example = example;
        }

        /// The engine's name for people.
        public String text() {
            return text;
        }
    }

    /// The key of a table.
    public static final String TABLE = "table";

    /// The key of a query.
    public static final String QUERY = "query";

    static final Kind<DatabaseInput> POSTGRES_KIND = kind("postgres", Engine.POSTGRESQL);
    static final Kind<DatabaseInput> MARIADB_KIND = kind("mariadb", Engine.MARIADB);

    public DatabaseInput {
        if ((table == null) == (query == null)) {
            throw new IllegalArgumentException("either a table or a query");
        }
    }

    private static Kind<DatabaseInput> kind(String name, Engine engine) {
        JobKey key = JobKey.optional(
                name,
                new Section(
                        List.of(
                                JobKey.required(
                                                "data-source",
                                                new Text(Form.DATA_SOURCE),
                                                "The database, by its name in the configuration of the nodes.",
                                                "warehouse")
                                        .from(DatabaseInput.class, DatabaseInput::dataSource),
                                JobKey.optional(
                                                TABLE,
                                                new Text(Form.SOURCE_TABLE),
                                                "The table or view to read. Either this key or `query` is given.",
                                                engine.example)
                                        .from(DatabaseInput.class, DatabaseInput::table),
                                JobKey.optional(
                                                QUERY,
                                                new Text(Form.EXPRESSION),
                                                "A SELECT statement in the database's own SQL, instead of `table`.",
                                                "SELECT * FROM customers JOIN plans USING (plan)")
                                        .from(DatabaseInput.class, DatabaseInput::query),
                                JobKey.optional(
                                                "key",
                                                new Text(Form.COLUMN),
                                                engine == Engine.POSTGRESQL
                                                        ? "The column by whose ranges the rows are divided among partitions: any type that has an order. An index should begin with it. Without this key, a table is divided by the position of its rows."
                                                        : "The column by whose ranges the rows are divided among partitions: any type that has an order. An index should begin with it. Without this key, it is the first column of the primary key.",
                                                "id")
                                        .from(DatabaseInput.class, DatabaseInput::key),
                                JobKey.optional(
                                                "where",
                                                new Text(Form.EXPRESSION),
                                                "A condition in the database's own SQL, which the database applies. `source.where` is DuckDB SQL, and is applied to the rows that the database sends.",
                                                "updated_at >= DATE '2026-01-01'")
                                        .from(DatabaseInput.class, DatabaseInput::where)),
                        List.of(TABLE, QUERY)),
                "A table or a query of a %s database.".formatted(engine.text),
                "");
        return new Kind<>(
                DatabaseInput.class,
                "database",
                key,
                values -> read(engine, values),
                database -> Kind.values(key, database));
    }

    private static DatabaseInput read(Engine engine, JobValues values) {
        return new DatabaseInput(
                engine,
                values.text("data-source"),
                values.textOrNull(TABLE),
                values.textOrNull(QUERY),
                values.textOrNull("key"),
                values.textOrNull("where"));
    }

    @Override
    public String toString() {
        return (table == null ? "a query" : "table " + table) + " in data source " + dataSource;
    }
}
