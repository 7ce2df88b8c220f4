package io.nightshift.destination.several;

import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.folder.FolderContract;
import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// A folder of the contract's batch among several destinations: how its readers see it, and how it is damaged.
abstract class BatchFolder extends FolderContract {

    private final boolean isCsv;

    private BatchFolder(Path place, ContractBatch batch, boolean isCsv) {
        this.folder = place;
        this.batch = batch;
        this.isCsv = isCsv;
    }

    /// @param place the folder that contains the destination
    static BatchFolder of(Path place, ContractBatch batch, boolean isCsv) {
        return new BatchFolder(place, batch, isCsv) {};
    }

    static Destination parquet(Path place) {
        return new ParquetDestination(place.resolve("out").toString());
    }

    static Destination csv(Path place) {
        return new CsvDestination(place.resolve("out").toString(), CsvDestination.Compression.GZIP);
    }

    @Override
    protected Destination destination() {
        return isCsv ? csv(folder) : parquet(folder);
    }

    Path place() {
        return out();
    }

    Seen asSeen() {
        return seen();
    }

    void damage(Tampering tampering) throws Exception {
        tamper(tampering);
    }

    List<Obstacle> all() {
        return obstacles();
    }

    List<Obstacle> forSupplements() {
        return supplementObstacles();
    }

    Optional<Step> away() {
        return moveAway();
    }

    boolean hasLeft() {
        return left().orElseThrow();
    }

    @Override
    protected String extension() {
        return isCsv ? ".csv.gz" : ".parquet";
    }

    @Override
    protected String read(String files) {
        return isCsv
                ? "read_csv(%s, header = true, all_varchar = true, hive_partitioning = false)"
                        .formatted(Sql.text(files))
                : "read_parquet(%s)".formatted(Sql.text(files));
    }

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT %s)"
                .formatted(query, Sql.text(file.toString()), isCsv ? "csv, HEADER true, COMPRESSION gzip" : "parquet");
    }
}
