package io.nightshift.source.parquet;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The keys of delete files, as tables in the memory of DuckDB, which may spill them. The same delete files
/// apply to many data files: a table has the keys of all of them, so that they are read once, and a data file
/// is compared with all of them in one query. The newest tables are kept. Safe for several threads.
public final class KeyTables {

    private static final int MOST = 8;

    private final SequencedMap<String, Table> tables = new LinkedHashMap<>(16, 0.75f, true);
    private long made;

    /// Fills a table.
    @FunctionalInterface
    interface Filling {

        /// @param table the name of the table, which does not exist
        void fill(Connection connection, String table) throws SQLException;
    }

    /// A table that exists until this is closed.
    final class Table implements AutoCloseable {
        private final String name;
        private int users;
        private boolean isFilled;

        private Table(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        /// Waits for another thread that fills the table.
        private synchronized void fill(Connection connection, Filling filling) throws SQLException {
            if (!isFilled) {
                drop(connection, name);
                filling.fill(connection, name);
                isFilled = true;
            }
        }

        @Override
        public void close() {
            leave(this);
        }
    }

    /// The table of a key.
    ///
    /// @param filling makes it, if there is none
    Table use(Connection connection, String key, Filling filling) throws SQLException {
        Table table = enter(key);
        try {
            table.fill(connection, filling);
            for (String unused : unused()) {
                drop(connection, unused);
            }
            return table;
        } catch (SQLException | RuntimeException e) {
            table.close();
            throw e;
        }
    }

    private synchronized Table enter(String key) {
        Table known = tables.get(key);
        Table table = known == null ? new Table("nightshift_keys_" + ++made) : known;
        table.users++;
        tables.put(key, table);
        return table;
    }

    private synchronized void leave(Table table) {
        table.users--;
    }

    /// The names of tables that are not kept any longer, and that nobody can get any more.
    private synchronized List<String> unused() {
        List<String> names = new ArrayList<>();
        Iterator<Table> oldest = tables.values().iterator();
        while (tables.size() > MOST && oldest.hasNext()) {
            Table table = oldest.next();
            if (table.users == 0) {
                oldest.remove();
                names.add(table.name());
            }
        }
        return names;
    }

    private static void drop(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS " + table);
        }
    }
}
