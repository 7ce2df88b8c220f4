package io.nightshift.iceberg;

import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.dataset.Dataset;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The Iceberg catalogs that jobs may use, by name. A catalog is opened when it is first used, which takes a
/// second and loads Iceberg's classes. Safe for several threads.
public final class IcebergCatalogs implements AutoCloseable {

    private final DataSources dataSources;
    private final FileRoots roots;
    private final ObjectStores stores;
    private final boolean isReadOnly;
    private final Map<String, OpenCatalog> open = new ConcurrentHashMap<>();

    /// @param dataSources with the settings of the catalogs
    /// @param roots of the folders that tables may be in
    /// @param stores of the objects that tables may be in
    public IcebergCatalogs(DataSources dataSources, FileRoots roots, ObjectStores stores) {
        this(dataSources, roots, stores, false);
    }

    private IcebergCatalogs(DataSources dataSources, FileRoots roots, ObjectStores stores, boolean isReadOnly) {
        this.dataSources = dataSources;
        this.roots = roots;
        this.stores = stores;
        this.isReadOnly = isReadOnly;
    }

    /// Catalogs whose tables are only read.
    ///
    /// @param dataSources with the settings of the catalogs
    /// @param roots of the folders that tables may be in
    /// @param stores of the objects that tables may be in
    public static IcebergCatalogs readOnly(DataSources dataSources, FileRoots roots, ObjectStores stores) {
        return new IcebergCatalogs(dataSources, roots, stores, true);
    }

    /// An open catalog.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if there is none of this name; or if
    ///     it can't be reached now
    public OpenCatalog get(String name) {
        return open.computeIfAbsent(
                name,
                absent -> OpenCatalog.open(
                        dataSources.catalog(name), dataSources, new WarehouseFiles(roots, stores, isReadOnly)));
    }

    /// The name of a table for catalogues of data: where its files are, or what its server calls it.
    ///
    /// @throws io.nightshift.protocol.failure.FailureException permanent, if there is no such catalog
    public Dataset dataset(IcebergDestination table) {
        return dataset(table.catalog(), table.table());
    }

    /// As [#dataset(IcebergDestination)], by the names of the catalog and of the table.
    public Dataset dataset(String catalog, String table) {
        String path = table.replace('.', '/');
        return switch (dataSources.catalog(catalog)) {
            case CatalogSettings.Folder folder -> Dataset.ofFiles(folder.warehouse() + "/" + path);
            case CatalogSettings.Jdbc jdbc ->
                Dataset.ofFiles(jdbc.warehouse().replaceFirst("^file://", "") + "/" + path);
            case CatalogSettings.Rest rest -> new Dataset(rest.uri().toString(), table);
        };
    }

    /// Closes the connections to catalogs.
    @Override
    public void close() {
        open.values().forEach(OpenCatalog::close);
        open.clear();
    }
}
