package io.nightshift.destination.parquet;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.folder.FolderContract;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ParquetDestinationTest extends FolderContract {

    @Override
    protected Destination destination() {
        return new ParquetDestination(out().toString());
    }

    @Override
    protected String extension() {
        return ".parquet";
    }

    @Override
    protected String read(String files) {
        return "read_parquet(%s)".formatted(Sql.text(files));
    }

    @Test
    void warehousesLoadOnlyObjects() {
        Path input = batch.data().parquet("other.parquet", "SELECT 1 AS f0");
        Job job = TestJobBuilder.over(input)
                .into(new ParquetDestination(out().toString(), new LoadTables("scores.delays", null)))
                .build();

        assertThat(store().check(job, ContractBatch.MODEL))
                .containsExactly(
                        "load-redshift and load-snowflake need a destination in an object store, such as s3://bucket/prefix");
    }

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT parquet)".formatted(query, Sql.text(file.toString()));
    }
}
