package io.nightshift.destination;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.batch.Attempt;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.batch.Epoch;
import io.nightshift.protocol.failure.FailedResource;
import io.nightshift.protocol.failure.Failure;
import io.nightshift.storage.duckdb.DuckDbError;
import java.sql.SQLException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// DuckDB's errors about files tell staged files by their names.
final class StagedFileErrorTest {

    /// A cancelled batch removes the staged files of attempts that still run.
    @Test
    void aMissingStagedFileIsNoMissingInput() {
        String staged = new FileNames(".parquet").stagedPart(new Attempt(new BatchId("flights-1"), 6, new Epoch(1, 7)));
        String message = "IO Error: Cannot open file \"/predictions/.staging/attempts/%s\": No such file or directory";

        Failure failure = DuckDbError.failure("scoring rows", new SQLException(message.formatted(staged)));

        FailedResource.Type type = Objects.requireNonNull(failure.resource()).type();
        assertThat(type).isEqualTo(FailedResource.Type.STORAGE);
    }
}
