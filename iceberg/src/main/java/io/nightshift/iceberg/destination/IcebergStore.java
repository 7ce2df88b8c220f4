package io.nightshift.iceberg.destination;

import io.nightshift.destination.lake.LakeStore;
import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.SourceReaders;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// A destination that is a table of an Iceberg catalog. The commit that shows a batch is a snapshot.
public final class IcebergStore extends LakeStore<IcebergColumns, PublishedFiles> {

    private final IcebergDestination destination;
    private final IcebergCatalogs catalogs;

    /// @param catalogs of the node
    /// @param duckDb opened when first needed
    /// @param roots of the folders that tables may be in
    /// @param copies of objects, with the stores that tables may be in
    public IcebergStore(
            IcebergDestination destination,
            IcebergCatalogs catalogs,
            Supplier<DuckDb> duckDb,
            SourceReaders sources,
            FileRoots roots,
            ObjectCopies copies) {
        super(
                destination,
                destination.table(),
                "Iceberg",
                new IcebergTable(destination, catalogs, duckDb),
                duckDb,
                sources,
                roots,
                copies);
        this.destination = destination;
        this.catalogs = catalogs;
    }

    @Override
    public List<Dataset> datasets() {
        return List.of(catalogs.dataset(destination));
    }

    @Override
    public Optional<String> reuseRefusal(Job job) {
        return Optional.of(
                "each file of an Iceberg table names the batch of its rows, by which the table is partitioned. Run the job with the other model and --new");
    }
}
