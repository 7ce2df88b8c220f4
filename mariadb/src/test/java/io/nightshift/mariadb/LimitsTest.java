package io.nightshift.mariadb;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.DestinationData;
import io.nightshift.destination.ValueLimit;
import io.nightshift.source.TestData;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which values make a row bad, by DuckDB.
class LimitsTest {

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            DOUBLE; 1.5; false
            DOUBLE; 'NaN'; true
            FLOAT; '-Infinity'; true
            DATE; '0001-01-01'; false
            DATE; '0001-12-31 (BC)'; true
            DATE; '9999-12-31'; false
            DATE; '10000-01-01'; true
            DATE; 'infinity'; true
            TIMESTAMP; '9999-12-31 23:59:59.999999'; false
            TIMESTAMP; '10000-01-01 00:00:00'; true
            TIMESTAMP_MS; '-infinity'; true
            TIMESTAMP_NS; 'infinity'; true
            TIMESTAMP_NS; '2026-11-27 00:00:00'; false
            TIMESTAMP WITH TIME ZONE; '9999-12-31 23:59:59+00'; false
            TIMESTAMP WITH TIME ZONE; '10000-01-01 00:00:00+00'; true
            VARCHAR; 'a'; false
            BLOB; 'a'; false
            """, quoteCharacter = '|')
    void aValueThatDoesNotFitMakesItsRowBad(String type, String value, boolean isBad, @TempDir Path folder) {
        try (TestData data = DestinationData.open(folder)) {
            ValueLimit limit = Objects.requireNonNull(Limits.of(type, false));
            assertThat(data.rows("SELECT %s".formatted(limit.on("CAST(%s AS %s)".formatted(value, type)))))
                    .containsExactly(String.valueOf(isBad));
        }
    }

    @Test
    void aLongIdIsCutWhereItsRowIsBadAndStillTellsRowsApart(@TempDir Path folder) {
        try (TestData data = DestinationData.open(folder)) {
            String id = Limits.fitting("repeat('ä', 255) || x", "VARCHAR");
            assertThat(data.rows("SELECT count(DISTINCT %1$s), max(length(%1$s)) FROM (VALUES (''), ('a'), ('b')) t(x)"
                            .formatted(id)))
                    .containsExactly("3|255");
        }
    }

    @Test
    void numbersHaveNoLimit() {
        assertThat(Limits.of("BIGINT", true)).isNull();
        assertThat(Limits.of("DECIMAL(18,3)", false)).isNull();
    }
}
