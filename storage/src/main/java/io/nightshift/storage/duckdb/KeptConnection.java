package io.nightshift.storage.duckdb;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A connection that one user after the other takes, see [DuckDb#take]. It keeps the statements that it was
/// asked for twice, so that DuckDB does not parse them again; it plans them each time. Such a statement holds
/// no file open. For one thread at a time.
public final class KeptConnection implements AutoCloseable {

    private static final int MOST = 8;

    private final Connection connection;

    /// Statements by the texts of their forms; null for a form that was asked for once. Preparing a statement
    /// plans it, so it pays from the second time on.
    private final LinkedHashMap<String, @Nullable PreparedStatement> prepared = new LinkedHashMap<>(16, 0.75f, true);

    KeptConnection(Connection connection) {
        this.connection = connection;
    }

    public Connection connection() {
        return connection;
    }

    /// Executes a statement that writes rows.
    ///
    /// @param begins called just before, with what can be cancelled
    /// @return the number of rows
    public long update(SqlStatement statement, Consumer<Statement> begins) throws SQLException {
        SqlStatement.Form form = statement.form();
        PreparedStatement known = form == null ? null : prepared(form.sql());
        if (form == null || known == null) {
            try (Statement once = connection.createStatement()) {
                begins.accept(once);
                return once.executeLargeUpdate(statement.sql());
            }
        }
        for (int i = 0; i < form.values().size(); i++) {
            known.setObject(i + 1, form.values().get(i));
        }
        begins.accept(known);
        return known.executeLargeUpdate();
    }

    private @Nullable PreparedStatement prepared(String form) throws SQLException {
        if (!prepared.containsKey(form)) {
            prepared.put(form, null);
            if (prepared.size() > MOST) {
                PreparedStatement eldest = prepared.pollFirstEntry().getValue();
                if (eldest != null) {
                    eldest.close();
                }
            }
            return null;
        }
        PreparedStatement known = prepared.get(form);
        if (known == null) {
            known = connection.prepareStatement(form);
            prepared.put(form, known);
        }
        return known;
    }

    /// Closes its statements, too.
    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
