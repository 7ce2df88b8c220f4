package io.nightshift.destination.kinds;

import io.nightshift.destination.DestinationPlugins;
import io.nightshift.destination.DestinationServices;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.csv.CsvFormat;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.folder.FolderStore;
import io.nightshift.destination.objects.ObjectDestination;
import io.nightshift.destination.parquet.ParquetFormat;
import io.nightshift.destination.postgres.PostgresStore;
import io.nightshift.destination.several.SeveralStore;
import io.nightshift.destination.table.RowFunctions;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.source.changed.RowSets;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.ConnectionPool;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Every kind of destination: the one place that knows which store belongs to which case of [Destination].
/// The kinds that need a large library are plug-ins. Safe for several threads.
///
/// @param duckDb opened when first needed
/// @param sources that jobs read, with the folders that jobs may use
/// @param dataSources that jobs may name
/// @param connections of workers to those
/// @param plugins the kinds on the class path
public record Destinations(
        Supplier<DuckDb> duckDb,
        Sources sources,
        DataSources dataSources,
        ConnectionPool connections,
        DestinationPlugins plugins)
        implements AutoCloseable {

    /// With the kinds on the class path.
    public Destinations(Supplier<DuckDb> duckDb, Sources sources, DataSources dataSources, ConnectionPool connections) {
        this(
                duckDb,
                sources,
                dataSources,
                connections,
                new DestinationPlugins(
                        new DestinationServices(duckDb, dataSources, connections, sources.roots(), sources.objects())));
    }

    /// For a process that runs no workers.
    ///
    /// @param roots that jobs may use
    /// @param objects the copies of objects, from the stores that jobs may read
    public Destinations(Supplier<DuckDb> duckDb, DataSources dataSources, FileRoots roots, ObjectCopies objects) {
        this(
                duckDb,
                new Sources(duckDb, roots, objects, dataSources, new ReadConnections(1)),
                dataSources,
                new ConnectionPool(1));
    }

    /// For a process that runs no workers and reads no objects.
    ///
    /// @param roots that jobs may use
    public Destinations(Supplier<DuckDb> duckDb, DataSources dataSources, FileRoots roots) {
        this(duckDb, dataSources, roots, ObjectCopies.none());
    }

    /// For a process that runs no workers, with files anywhere.
    public Destinations(Supplier<DuckDb> duckDb, DataSources dataSources) {
        this(duckDb, dataSources, FileRoots.UNRESTRICTED);
    }

    /// The same, for jobs that read changed rows.
    ///
    /// @param rows those that batches have scored
    public Destinations with(RowSets rows) {
        return new Destinations(duckDb, sources.with(rows), dataSources, connections, plugins);
    }

    public DestinationStore of(Destination destination) {
        return of(destination, null);
    }

    private DestinationStore of(Destination destination, @Nullable String partitionFolder) {
        return switch (destination) {
            case ParquetDestination parquet -> files(parquet.folder(), partitionFolder, new ParquetFormat(parquet));
            case CsvDestination csv -> files(csv.folder(), partitionFolder, new CsvFormat(csv.compression()));
            case PostgresDestination postgres -> new PostgresStore(postgres, dataSources, connections, duckDb, sources);
            case SeveralDestinations several ->
                new SeveralStore(
                        several.members(),
                        several.members().stream()
                                .map(member -> of(member, partitionFolder))
                                .toList(),
                        dataSources);
            default -> plugins.of(destination.getClass()).of(destination, sources);
        };
    }

    /// Files in a folder, or below a prefix of an object store.
    private DestinationStore files(String folder, @Nullable String partitionFolder, FileFormat format) {
        return ObjectAddress.isAddress(folder)
                ? new ObjectDestination(folder, partitionFolder, format, duckDb, sources, sources.objects())
                : new FolderStore(folder, partitionFolder, format, duckDb, sources, sources.roots());
    }

    public DestinationStore of(Job job) {
        PartitionKey key = job.partitions().key();
        return of(job.destination(), key == null ? null : key.folder());
    }

    /// Closes the connections to databases and catalogs. Neither they nor the sources can be used any more.
    @Override
    public void close() {
        plugins.close();
        connections.close();
        sources.close();
    }

    /// Registers the functions that destinations use in DuckDB with the instance behind a connection.
    public static void register(Connection connection) throws SQLException {
        RowFunctions.register(connection);
    }

    /// @param reasons of [DestinationStore#checkPlace()] or [DestinationStore#check]
    /// @throws FailureException permanent, with every reason, if there is one
    public static void refuse(List<String> reasons) {
        if (!reasons.isEmpty()) {
            throw FailureException.permanent(String.join("\n", reasons));
        }
    }
}
