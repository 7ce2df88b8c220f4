package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.storage.duckdb.SqlStatement.Value;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptConnectionTest {

    @TempDir
    private Path folder;

    private DuckDb duckDb;
    private KeptConnection connection;
    private final List<Statement> begun = new ArrayList<>();

    @BeforeEach
    void open() throws SQLException {
        duckDb = DuckDb.open(256L << 20, folder.resolve("spill"));
        connection = duckDb.take();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        duckDb.close();
    }

    /// Writes the numbers from one on to another below it.
    private long write(String name, long first, long end, String more) throws SQLException {
        Value from = new Value("first", first);
        Value to = new Value("end", end);
        Value file = new Value("file", folder.resolve(name).toString());
        String sql = "COPY (SELECT n%s FROM range(0, 100) t(n) WHERE n >= %s AND n < %s) TO %s (FORMAT parquet)"
                .formatted(more, from.literal(), to.literal(), file.literal());
        return connection.update(new SqlStatement(sql, List.of(from, to, file)), begun::add);
    }

    private String written(String name) throws SQLException {
        try (Statement statement = connection.connection().createStatement();
                ResultSet row = statement.executeQuery("SELECT min(n) || '-' || max(n) FROM "
                        + Sql.text(folder.resolve(name).toString()))) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void eachStatementOfAFormWritesItsOwnRowsToItsOwnFile() throws SQLException {
        assertThat(write("a.parquet", 0, 10, "")).isEqualTo(10);
        assertThat(write("b.parquet", 10, 15, "")).isEqualTo(5);
        assertThat(write("c.parquet", 15, 18, "")).isEqualTo(3);

        assertThat(List.of(written("a.parquet"), written("b.parquet"), written("c.parquet")))
                .containsExactly("0-9", "10-14", "15-17");
    }

    @Test
    void aFormIsPreparedWhenItComesAgain() throws SQLException {
        write("a.parquet", 0, 10, "");
        write("b.parquet", 10, 15, "");
        write("c.parquet", 15, 18, "");

        assertThat(begun.get(1)).isNotSameAs(begun.get(0)).isSameAs(begun.get(2));
    }

    @Test
    void formsThatDoNotComeAgainAreForgotten() throws SQLException {
        write("a.parquet", 0, 10, "");
        write("b.parquet", 0, 10, "");
        for (int i = 0; i < 20; i++) {
            write("other.parquet", 0, 10, " + " + i);
        }

        assertThat(begun.get(1).isClosed()).isTrue();
    }

    @Test
    void whoTakesAConnectionGetsTheOneThatWasGivenBackLast() throws SQLException {
        duckDb.giveBack(connection);

        assertThat(duckDb.take()).isSameAs(connection);
        assertThat(duckDb.take()).isNotSameAs(connection);
    }

    @Test
    void aConnectionThatIsKeptIsClosedWithItsInstance() throws SQLException {
        duckDb.giveBack(connection);
        duckDb.close();

        assertThat(connection.connection().isClosed()).isTrue();
    }
}
