package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.files.TestCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.database.ReadConnections;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.TestBucket;
import io.nightshift.testing.database.IcebergServer;
import io.nightshift.testing.database.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.iceberg.BaseTable;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.FileMetadata;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Table;
import org.apache.iceberg.catalog.TableIdentifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Tables in an object store, and in a catalog that is a database.
class IcebergSourceStoresIT extends TableSource {

    private static final PartitionSpec PLAIN = PartitionSpec.unpartitioned();
    private static final String IDS = ", FIELD_IDS {id: 1, f0: 2}";

    @ParameterizedTest
    @EnumSource
    void aTableInAnObjectStoreIsReadWithoutItsDeletedRows(TestBucket.Protocol protocol) throws Exception {
        try (TestBucket store = protocol.open();
                IcebergServer server = new IcebergServer(store.address("warehouse"));
                ObjectCopies copies = TestCopies.of(store, folder.resolve("copies"))) {
            DataSources known = new DataSources(
                    Map.of(),
                    Map.of(
                            "lake",
                            new CatalogSettings.Rest(
                                    "lake", server.uri(), null, IcebergServer.TOKEN, null, null, null)));
            holds(known, copies, name -> {
                store.put("warehouse/db/rows/data/" + name, folder.resolve(name));
                // The name that Hadoop has for such a store.
                return store.address("warehouse/db/rows/data/" + name).replace("s3://", "s3a://");
            });
        }
    }

    @Test
    void aTableOfACatalogInADatabaseIsRead() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            String database = server.create();
            Path warehouse = Files.createDirectories(folder.resolve("other/db/rows/data"));
            DataSources known = new DataSources(
                    Map.of("db", new DataSourceSettings("db", server.url(database), PostgresServer.OWNER, null)),
                    Map.of("lake", new CatalogSettings.Jdbc("lake", "db", "file://" + folder.resolve("other"))));
            holds(
                    known,
                    ObjectCopies.none(),
                    name -> "file://" + warehouse.resolve(name).toAbsolutePath());
        }
    }

    /// @param place puts a file of the test's folder where it belongs, and returns its location
    private void holds(DataSources known, ObjectCopies copies, UnaryOperator<String> place) throws Exception {
        try (IcebergCatalogs catalogs = new IcebergCatalogs(known, FileRoots.UNRESTRICTED, copies.stores());
                Sources read =
                        new Sources(() -> data.duckDb, FileRoots.UNRESTRICTED, copies, known, new ReadConnections(1))) {
            catalogs.get("lake")
                    .create(TableIdentifier.parse(NAME), TestTable.schema(), PLAIN, Map.of("format-version", "2"));
            Table made = new BaseTable(
                    catalogs.get("lake").find(TableIdentifier.parse(NAME)).orElseThrow(), NAME);
            DataFile first = data(place, "a.parquet", rows(0, 5), 5);
            DataFile second = data(place, "b.parquet", rows(5, 8), 3);
            made.newAppend().appendFile(first).appendFile(second).commit();
            made.newRowDelta()
                    .addDeletes(deletes(
                            place,
                            "positions.parquet",
                            "SELECT '%s' AS file_path, 1::BIGINT AS pos".formatted(first.location()),
                            ", FIELD_IDS {file_path: 2147483546, pos: 2147483545}",
                            FileMetadata.deleteFileBuilder(PLAIN).ofPositionDeletes()))
                    .addDeletes(deletes(
                            place,
                            "keys.parquet",
                            "SELECT 'r6' AS id",
                            ", FIELD_IDS {id: 1}",
                            FileMetadata.deleteFileBuilder(PLAIN).ofEqualityDeletes(1)))
                    .commit();
            sources.close();
            sources = read;
            Job job = job(new IcebergInput("lake", NAME)).build();
            List<InspectedFile> planned = plan(job);
            made.newDelete().deleteFile(first).commit();

            assertThat(read(job, planned, "id, f0"))
                    .containsExactly("r0|0.0", "r2|3.0", "r3|4.5", "r4|6.0", "r5|7.5", "r7|10.5");
            assertThat(planned.stream().mapToLong(file -> file.file().rows()).sum())
                    .isEqualTo(6);
            assertThat(SourcePins.change(pins(planned), read.pins(job))).isEmpty();
            assertThat(read(job, plan(job), "id")).containsExactly("r5", "r7");
        }
    }

    private DataFile data(UnaryOperator<String> place, String name, String select, int rows) throws Exception {
        Path file = write(name, select, IDS);
        return DataFiles.builder(PLAIN)
                .withPath(placed(place, file))
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(Files.size(folder.resolve(name)))
                .withRecordCount(rows)
                .build();
    }

    private DeleteFile deletes(
            UnaryOperator<String> place, String name, String select, String options, FileMetadata.Builder builder)
            throws Exception {
        Path file = write(name, select, options);
        return builder.withPath(placed(place, file))
                .withFormat(FileFormat.PARQUET)
                .withFileSizeInBytes(Files.size(folder.resolve(name)))
                .withRecordCount(1)
                .build();
    }

    private Path write(String name, String select, String options) {
        return data.parquet(name, select, options);
    }

    /// In a folder, a file stays where the test wrote it, too.
    private static String placed(UnaryOperator<String> place, Path file) throws Exception {
        String location = place.apply(String.valueOf(file.getFileName()));
        if (location.startsWith("file://")) {
            Files.copy(file, Path.of(location.substring("file://".length())));
        }
        return location;
    }
}
