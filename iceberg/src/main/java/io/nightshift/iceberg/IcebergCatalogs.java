package io.nightshift.iceberg;

import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The Iceberg catalogs that jobs may use, by name. A catalog is opened when it is first used, which takes a second
/// and loads Iceberg's classes. Safe for several threads.
public final class IcebergCatalogs implements AutoCloseable {

    private final DataSources dataSources;
    private final FileRoots roots;
    private final ObjectStores stores;
    private final Map<String, OpenCatalog> open = new ConcurrentHashMap<>();

    /// @param dataSources with the settings of the catalogs
    /// @param roots of the folders that tables may be in
    /// @param stores of the objects that tables may be in
    public IcebergCatalogs(DataSources dataSources, FileRoots roots, ObjectStores stores) {
        this.dataSources = dataSources;
        this.roots = roots;
        this.stores = stores;
    }

    /// An open catalog.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if there is none of this name; or if it
    ///     can't be reached now
    public OpenCatalog get(String name) {
        return open.computeIfAbsent(
                name, absent -> OpenCatalog.open(dataSources.catalog(name), dataSources, roots, stores));
    }

    /// The name of a table for catalogues of data: where its files are, or what its server calls it.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if there is no such catalog
    public Dataset dataset(IcebergDestination table) {
        String path = table.table().replace('.', '/');
        return switch (dataSources.catalog(table.catalog())) {
            case CatalogSettings.Folder folder -> Dataset.ofFiles(folder.warehouse() + "/" + path);
            case CatalogSettings.Jdbc jdbc ->
                Dataset.ofFiles(jdbc.warehouse().replaceFirst("^file://", "") + "/" + path);
            case CatalogSettings.Rest rest -> new Dataset(rest.uri().toString(), table.table());
        };
    }

    /// Closes the connections to catalogs.
    @Override
    public void close() {
        open.values().forEach(OpenCatalog::close);
        open.clear();
    }
}
