package io.nightshift.storage.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import java.sql.SQLException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class DuckDbErrorTest {

    private static FailedResource.Type missing(String file) {
        Failure failure = DuckDbError.failure(
                "scoring rows",
                new SQLException("IO Error: Cannot open file \"%s\": No such file or directory".formatted(file)));
        return Objects.requireNonNull(failure.resource()).type();
    }

    @Test
    void aMissingSourceFileIsAMissingInput() {
        assertThat(missing("/lake/a.parquet")).isEqualTo(FailedResource.Type.INPUT);
    }

    /// A file that vanished after the source was listed.
    @Test
    void aFileThatMatchesNoLongerIsAMissingInput() {
        Failure failure = DuckDbError.failure(
                "planning", new SQLException("IO Error: No files found that match the pattern \"/lake/a.parquet\""));

        assertThat(failure.resource()).isEqualTo(new FailedResource(FailedResource.Type.INPUT, "/lake/a.parquet"));
    }
}
