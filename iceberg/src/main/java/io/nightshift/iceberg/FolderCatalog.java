package io.nightshift.iceberg;

import io.nightshift.storage.filesystem.Folders;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.iceberg.BaseMetastoreCatalog;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.SupportsNamespaces;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.io.FileIO;

/// A folder of tables, with the layout of Iceberg's file system catalog: a namespace is a folder, and a table
/// a folder in it. Tables are made and read. They are removed and renamed as folders, by people. Safe for
/// several threads.
final class FolderCatalog extends BaseMetastoreCatalog implements SupportsNamespaces {

    private final String name;
    private final Path warehouse;
    private final FileIO files;

    FolderCatalog(String name, Path warehouse, FileIO files) {
        this.name = name;
        this.warehouse = warehouse;
        this.files = files;
    }

    @Override
    public String name() {
        return name;
    }

    private Path folder(Namespace namespace) {
        Path folder = warehouse;
        for (String level : namespace.levels()) {
            folder = folder.resolve(level);
        }
        return folder;
    }

    Path folder(TableIdentifier table) {
        return folder(table.namespace()).resolve(table.name());
    }

    @Override
    protected TableOperations newTableOps(TableIdentifier table) {
        return new FolderTable(table.toString(), folder(table), defaultWarehouseLocation(table), files);
    }

    @Override
    protected String defaultWarehouseLocation(TableIdentifier table) {
        return "file://" + folder(table);
    }

    @Override
    public void createNamespace(Namespace namespace, Map<String, String> metadata) {
        try {
            Folders.make(folder(namespace));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean namespaceExists(Namespace namespace) {
        return Files.isDirectory(folder(namespace));
    }

    @Override
    public Map<String, String> loadNamespaceMetadata(Namespace namespace) {
        if (!namespaceExists(namespace)) {
            throw new NoSuchNamespaceException("Namespace does not exist: %s", namespace);
        }
        return Map.of();
    }

    @Override
    public List<TableIdentifier> listTables(Namespace namespace) {
        return names(namespace, true)
                .map(found -> TableIdentifier.of(namespace, found))
                .toList();
    }

    @Override
    public List<Namespace> listNamespaces(Namespace namespace) {
        return names(namespace, false)
                .map(found -> Namespace.of(Stream.concat(Stream.of(namespace.levels()), Stream.of(found))
                        .toArray(String[]::new)))
                .toList();
    }

    private Stream<String> names(Namespace namespace, boolean tables) {
        try (Stream<Path> found = Files.list(folder(namespace))) {
            return found
                    .filter(folder ->
                            Files.isDirectory(folder) && Files.isDirectory(folder.resolve("metadata")) == tables)
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean dropTable(TableIdentifier table, boolean purge) {
        throw new UnsupportedOperationException("remove the folder " + folder(table));
    }

    @Override
    public void renameTable(TableIdentifier from, TableIdentifier to) {
        throw new UnsupportedOperationException("tables of a folder have absolute paths, so they can't be renamed");
    }

    @Override
    public boolean dropNamespace(Namespace namespace) {
        throw new UnsupportedOperationException("remove the folder " + folder(namespace));
    }

    @Override
    public boolean setProperties(Namespace namespace, Map<String, String> properties) {
        throw new UnsupportedOperationException("namespaces of a folder have no properties");
    }

    @Override
    public boolean removeProperties(Namespace namespace, Set<String> properties) {
        throw new UnsupportedOperationException("namespaces of a folder have no properties");
    }
}
