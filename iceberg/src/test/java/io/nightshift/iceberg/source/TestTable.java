package io.nightshift.iceberg.source;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.source.TestData;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.InternalData;
import org.apache.iceberg.Metrics;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.Table;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.data.GenericRecord;
import org.apache.iceberg.deletes.BaseDVFileWriter;
import org.apache.iceberg.io.DeleteSchemaUtil;
import org.apache.iceberg.io.FileAppender;
import org.apache.iceberg.io.OutputFileFactory;
import org.apache.iceberg.types.Conversions;
import org.apache.iceberg.types.Types;
import org.jspecify.annotations.Nullable;

/// A table of a catalog in a folder. Iceberg commits; DuckDB writes the Parquet files, with field IDs.
final class TestTable implements AutoCloseable {

    static final String CATALOG = "lake";

    private final TestData data;
    private final Path warehouse;
    private final String name;
    private final IcebergCatalogs catalogs;
    private int files;

    /// @param name with its namespace
    /// @param version of the table format
    TestTable(TestData data, String name, Schema schema, PartitionSpec spec, int version) {
        this.data = data;
        this.warehouse = data.folder.resolve("warehouse");
        this.name = name;
        this.catalogs = new IcebergCatalogs(dataSources(), FileRoots.UNRESTRICTED, ObjectStores.none());
        catalogs.get(CATALOG)
                .create(
                        TableIdentifier.parse(name),
                        schema,
                        spec,
                        Map.of(TableProperties.FORMAT_VERSION, String.valueOf(version)));
    }

    TestTable(TestData data, String name, Schema schema) {
        this(data, name, schema, PartitionSpec.unpartitioned(), 2);
    }

    DataSources dataSources() {
        return new DataSources(Map.of(), Map.of(CATALOG, new CatalogSettings.Folder(CATALOG, warehouse)));
    }

    /// The table as it is now.
    Table table() {
        return new BaseTable(
                catalogs.get(CATALOG).find(TableIdentifier.parse(name)).orElseThrow(), name);
    }

    Path folder() {
        return warehouse.resolve(name.replace('.', '/'));
    }

    /// A new Parquet file below the folder of the table.
    ///
    /// @param ids the field IDs by the names of the columns; empty for a file without IDs
    Path parquet(String select, Map<String, Integer> ids) {
        Path file = folder().resolve("data/%05d.parquet".formatted(files++));
        StringBuilder fields = new StringBuilder();
        ids.forEach((column, id) -> fields.append(fields.isEmpty() ? "" : ", ")
                .append(column)
                .append(": ")
                .append(id));
        String options = ids.isEmpty() ? "" : ", FIELD_IDS {%s}".formatted(fields);
        return data.parquet(data.folder.relativize(file).toString(), select, options);
    }

    /// A new Parquet file with all columns of the table's schema, in its order.
    Path parquet(String select) {
        Map<String, Integer> ids = new HashMap<>();
        table().schema().columns().forEach(field -> ids.put(field.name(), field.fieldId()));
        return parquet(select, ids);
    }

    private long rows(Path file) {
        return Long.parseLong(
                data.rows("SELECT count(*) FROM '%s'".formatted(file)).getFirst());
    }

    private static long bytes(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A data file.
    ///
    /// @param partition as `name=value/…`; empty for a table without partitions
    DataFile file(Path parquet, String partition) {
        return file(parquet, partition, Map.of());
    }

    /// @param bounds the least and the greatest value of columns, by their IDs
    DataFile file(Path parquet, String partition, Map<Integer, List<?>> bounds) {
        Map<Integer, ByteBuffer> lower = new HashMap<>();
        Map<Integer, ByteBuffer> upper = new HashMap<>();
        bounds.forEach((id, both) -> {
            lower.put(id, Conversions.toByteBuffer(table().schema().findType(id), both.getFirst()));
            upper.put(id, Conversions.toByteBuffer(table().schema().findType(id), both.getLast()));
        });
        DataFiles.Builder builder = DataFiles.builder(table().spec())
                .withPath("file://" + parquet)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(bytes(parquet))
                .withMetrics(new Metrics(rows(parquet), null, null, null, null, lower, upper));
        return partition.isEmpty()
                ? builder.build()
                : builder.withPartitionPath(partition).build();
    }

    /// Appends files in one commit.
    void append(DataFile... appended) {
        var append = table().newAppend();
        for (DataFile file : appended) {
            append.appendFile(file);
        }
        append.commit();
    }

    /// Appends the rows of a query as one file.
    DataFile append(String select) {
        DataFile file = file(parquet(select), "");
        append(file);
        return file;
    }

    /// Commits delete files.
    void delete(DeleteFile... deletes) {
        var delta = table().newRowDelta();
        for (DeleteFile file : deletes) {
            delta.addDeletes(file);
        }
        delta.commit();
    }

    /// A Parquet file with positions of deleted rows.
    DeleteFile positions(Map<DataFile, List<Integer>> deleted) {
        StringBuilder rows = new StringBuilder();
        deleted.forEach((file, positions) -> positions.forEach(position ->
                rows.append(rows.isEmpty() ? "" : ", ").append("('%s', %d)".formatted(file.location(), position))));
        Path file = parquet(
                "SELECT * FROM (VALUES %s) t(file_path, pos)"
                        .formatted(rows)
                        .replaceFirst("\\*", "file_path, CAST(pos AS BIGINT) AS pos"),
                Map.of("file_path", 2_147_483_546, "pos", 2_147_483_545));
        return FileMetadata.deleteFileBuilder(table().spec())
                .ofPositionDeletes()
                .withPath("file://" + file)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(bytes(file))
                .withRecordCount(rows(file))
                .build();
    }

    /// An Avro file with positions of deleted rows.
    DeleteFile avroPositions(DataFile data, List<Integer> deleted) throws IOException {
        Path file = folder().resolve("data/%05d.avro".formatted(files++));
        Schema schema = DeleteSchemaUtil.pathPosSchema();
        try (FileAppender<GenericRecord> out = InternalData.write(
                        FileFormat.AVRO, table().io().newOutputFile("file://" + file))
                .schema(schema)
                .build()) {
            for (int position : deleted) {
                GenericRecord row = GenericRecord.create(schema);
                row.set(0, data.location());
                row.set(1, (long) position);
                out.add(row);
            }
        }
        return FileMetadata.deleteFileBuilder(table().spec())
                .ofPositionDeletes()
                .withPath("file://" + file)
                .withFormat(FileFormat.AVRO)
                .withFileSizeInBytes(bytes(file))
                .withRecordCount(deleted.size())
                .build();
    }

    /// A Parquet file with the keys of deleted rows.
    ///
    /// @param ids the field IDs by the names of the columns
    DeleteFile keys(String select, Map<String, Integer> ids) {
        Path file = parquet(select, ids);
        return FileMetadata.deleteFileBuilder(table().spec())
                .ofEqualityDeletes(
                        ids.values().stream().mapToInt(Integer::intValue).toArray())
                .withPath("file://" + file)
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(bytes(file))
                .withRecordCount(rows(file))
                .build();
    }

    /// A deletion vector, as Iceberg writes it.
    DeleteFile vector(DataFile data, List<Integer> deleted) throws IOException {
        Table table = table();
        OutputFileFactory files = OutputFileFactory.builderFor(table, 1, 1)
                .format(FileFormat.PUFFIN)
                .build();
        BaseDVFileWriter writer = new BaseDVFileWriter(files, path -> null);
        deleted.forEach(position -> writer.delete(data.location(), position, table.spec(), null));
        writer.close();
        return writer.result().deleteFiles().getFirst();
    }

    /// The schema `id`, `f0` of most tests.
    static Schema schema() {
        return new Schema(
                Types.NestedField.optional(1, "id", Types.StringType.get()),
                Types.NestedField.optional(2, "f0", Types.DoubleType.get()));
    }

    static @Nullable Long snapshot(Table table) {
        return table.currentSnapshot() == null ? null : table.currentSnapshot().snapshotId();
    }

    @Override
    public void close() {
        catalogs.close();
    }
}
