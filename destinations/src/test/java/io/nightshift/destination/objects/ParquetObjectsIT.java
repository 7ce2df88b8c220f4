package io.nightshift.destination.objects;

import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.LoadTables;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;

/// The contract for Parquet files in a store.
class ParquetObjectsIT extends ObjectContract {

    @Override
    protected Destination destination() {
        return new ParquetDestination(prefix(), new LoadTables("scores.delays", "scores.delays"));
    }

    @Override
    protected String extension() {
        return ".parquet";
    }

    @Override
    protected String read(String files) {
        return "read_parquet(%s)".formatted(Sql.text(files));
    }

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT parquet)".formatted(query, Sql.text(file.toString()));
    }
}
