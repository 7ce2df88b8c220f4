package io.nightshift.storage.destination.parquet;

import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.storage.destination.folder.FolderContract;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;

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

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT parquet)".formatted(query, Sql.text(file.toString()));
    }
}
