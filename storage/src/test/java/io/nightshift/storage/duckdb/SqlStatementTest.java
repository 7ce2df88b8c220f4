package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.storage.duckdb.SqlStatement.Form;
import io.nightshift.storage.duckdb.SqlStatement.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

class SqlStatementTest {

    private static final Value FIRST = new Value("first", 12L);
    private static final Value FILE = new Value("file", "it's.parquet");

    @Test
    void theValuesOfAFormAreInTheOrderOfTheText() {
        SqlStatement statement = new SqlStatement(
                "SELECT 12, '12' WHERE row >= %s INTO %s".formatted(FIRST.literal(), FILE.literal()),
                List.of(FILE, FIRST));

        assertThat(statement.form())
                .isEqualTo(new Form("SELECT 12, '12' WHERE row >= ? INTO ?", List.of(12L, "it's.parquet")));
    }

    @Test
    void aStatementHasNoFormIfItsTextHasAValueTwice() {
        String literal = FIRST.literal();

        assertThat(new SqlStatement("SELECT %s, '%s'".formatted(literal, literal), List.of(FIRST)).form())
                .isNull();
    }

    @Test
    void aStatementHasNoFormIfItsTextLacksAValue() {
        assertThat(new SqlStatement("SELECT 12", List.of(FIRST)).form()).isNull();
    }

    @Test
    void aStatementWithoutValuesHasNoForm() {
        assertThat(new SqlStatement("SELECT 12").form()).isNull();
    }
}
