package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.Failure;
import io.nightshift.storage.filesystem.FileRoots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The accesses that DuckDB itself refuses, whatever SQL reaches it.
final class DuckDbTest {

    @TempDir
    private Path folder = Path.of("");

    private Path inputs = Path.of("");
    private Path outside = Path.of("");
    private DuckDb duckDb = DuckDb.open(64L << 20, Path.of("spill"));

    @BeforeEach
    void open() throws IOException {
        inputs = Files.createDirectories(folder.resolve("inputs"));
        outside = Files.createDirectories(folder.resolve("outside"));
        Files.writeString(inputs.resolve("in.csv"), "a\n1\n");
        Files.writeString(outside.resolve("secret.csv"), "a\n2\n");
        Files.createSymbolicLink(folder.resolve("linked"), inputs);
        duckDb.close();
        FileRoots roots = FileRoots.only(List.of(folder.resolve("linked")), List.of(folder.resolve("outputs")));
        duckDb = DuckDb.open(64L << 20, folder.resolve("spill"), roots);
    }

    @AfterEach
    void close() {
        duckDb.close();
    }

    private String one(String sql) throws SQLException {
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Test
    void theFoldersThatJobsMayUseAreOpen() throws Exception {
        Files.createDirectories(folder.resolve("outputs"));

        assertThat(one("SELECT a FROM '%s'".formatted(folder.resolve("linked/in.csv"))))
                .isEqualTo("1");
        assertThat(one("SELECT a FROM '%s'".formatted(inputs.resolve("in.csv"))))
                .isEqualTo("1");
        Path output = folder.resolve("outputs/out.parquet");
        try (Connection connection = duckDb.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (SELECT 1) TO '%s'".formatted(output));
        }
        assertThat(output).isNotEmptyFile();
    }

    @Test
    void aFileThatJobsMayUseIsOpenAndNoOtherOneInItsFolder() throws Exception {
        Path file = inputs.resolve("in.csv");
        Path sibling = Files.writeString(inputs.resolve("in.csv2"), "a\n3\n");
        duckDb.close();
        duckDb = DuckDb.open(64L << 20, folder.resolve("spill"), FileRoots.only(List.of(file), List.of()));

        assertThat(one("SELECT a FROM read_csv('%s')".formatted(file))).isEqualTo("1");
        assertThatThrownBy(() -> one("SELECT a FROM read_csv('%s')".formatted(sibling)))
                .isInstanceOfSatisfying(
                        SQLException.class,
                        e -> assertThat(DuckDbError.failure("reading", e))
                                .isEqualTo(Failure.permanent(
                                        "reading: %s is outside the folders that jobs may use on this node (nightshift.files.read and nightshift.files.write)"
                                                .formatted(sibling))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FROM read_csv('/OUTSIDE/secret.csv')",
                "SELECT content FROM read_text('/OUTSIDE/secret.csv')",
                "SELECT * FROM glob('/OUTSIDE/*')",
                "COPY (SELECT 1) TO '/OUTSIDE/new.csv'",
                "ATTACH '/OUTSIDE/new.duckdb'",
                "EXPORT DATABASE '/OUTSIDE/dump'",
                "LOAD '/OUTSIDE/evil.duckdb_extension'",
                "INSTALL httpfs",
                "FROM read_csv('http://127.0.0.1:1/x.csv')",
            })
    void everythingElseIsClosed(String sql) {
        assertThatThrownBy(() -> one(sql.replace("/OUTSIDE", outside.toString())))
                .isInstanceOf(SQLException.class)
                .hasMessageMatching(
                        "(?s)(java.sql.SQLException: )?(Permission|Missing Extension|Catalog|HTTP|IO) Error.*")
                .hasMessageNotContaining("a\n2");
        assertThat(outside).isDirectoryContaining("glob:**/secret.csv");
        assertThat(outside.toFile().list()).containsExactly("secret.csv");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SET enable_external_access = true",
                "SET allowed_directories = ['/']",
                "SET memory_limit = '1TB'",
                "SET threads = 8",
                "RESET lock_configuration",
                "SET lock_configuration = false",
                "SET GLOBAL temp_directory = '/tmp/elsewhere'",
                "PRAGMA memory_limit = '1TB'",
            })
    void itsSettingsAreLocked(String sql) {
        assertThatThrownBy(() -> one(sql)).isInstanceOf(SQLException.class).hasMessageContaining("locked");
    }

    @Test
    void withoutFoldersEveryFileIsOpenAndSettingsAreLocked() throws SQLException {
        duckDb.close();
        duckDb = DuckDb.open(64L << 20, folder.resolve("spill"));

        assertThat(one("SELECT a FROM '%s'".formatted(outside.resolve("secret.csv"))))
                .isEqualTo("2");
        itsSettingsAreLocked("SET threads = 8");
    }
}
