package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.Lookup;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.database.IcebergServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DeleteFile;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.expressions.Expressions;
import org.apache.iceberg.transforms.Transforms;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// Tables that change, or lose files, while a batch reads them, and tables that are unusual: the rows are
/// right, or a sentence says why the batch can't read them.
class IcebergSourceFailuresTest extends TableSource {

    private static String permanent(ThrowingRead read) {
        FailureException[] thrown = new FailureException[1];
        assertThatThrownBy(read::read).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().isPermanent()).as(e.getMessage()).isTrue();
            thrown[0] = e;
        });
        return thrown[0].failure().message();
    }

    private interface ThrowingRead {
        void read() throws Exception;
    }

    /// A node that has read nothing yet.
    private void otherNode() {
        sources = sources(table.dataSources());
    }

    @Nested
    class Changes {

        @Test
        void aDeleteFileThatIsGoneIsNamed() throws Exception {
            DataFile file = table.append(rows(0, 3));
            DeleteFile positions = table.positions(Map.of(file, List.of(1)));
            DeleteFile keys = table.keys("SELECT 'r2' AS id", Map.of("id", 1));
            table.delete(positions, keys);
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            assertThat(read(job, planned, "id")).containsExactly("r0");

            Files.delete(Path.of(keys.location().substring("file://".length())));
            otherNode();
            assertThat(permanent(() -> read(job, planned, "id")))
                    .startsWith("source: a delete file of table db.rows in catalog lake is gone: ")
                    .endsWith("The snapshot was expired (expire_snapshots), or somebody has deleted the file");

            Files.delete(Path.of(positions.location().substring("file://".length())));
            otherNode();
            assertThat(permanent(() -> read(job, planned, "id"))).startsWith("source: a delete file is gone: ");
            assertThat(refusal(job)).contains("a delete file is gone: ");
        }

        @Test
        void aDataFileThatSomebodyReplacedIsADifference() throws Exception {
            DataFile file = table.append(rows(0, 3));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);

            Files.write(path(file), Files.readAllBytes(table.parquet(rows(3, 6))));

            assertThat(sources.pins(job).differences(planned.getFirst().file())).isNotEmpty();
            assertThat(SourcePins.change(pins(planned), sources.pins(job))).isNotEmpty();
        }

        @Test
        void aDataFileWithOtherRowsThanTheTableSaysIsRefused() throws Exception {
            DataFile file = table.append(rows(0, 3));
            Files.write(path(file), Files.readAllBytes(table.parquet(rows(3, 7))));

            assertThat(refusal(input())).contains("has 4 rows, and table db.rows in catalog lake says that it has 3");
        }

        /// It may come back, so the batch waits for it.
        @Test
        void aCatalogThatIsAwayIsNoReasonToGiveUp() throws Exception {
            IcebergServer server = new IcebergServer(folder.resolve("served"));
            try (server) {
                DataSources known = new DataSources(
                        Map.of(),
                        Map.of(
                                "lake",
                                new CatalogSettings.Rest(
                                        "lake", server.uri(), null, IcebergServer.TOKEN, null, null, null)));
                try (IcebergCatalogs catalogs =
                        new IcebergCatalogs(known, FileRoots.UNRESTRICTED, ObjectStores.none())) {
                    catalogs.get("lake")
                            .create(
                                    TableIdentifier.parse(NAME),
                                    TestTable.schema(),
                                    PartitionSpec.unpartitioned(),
                                    Map.of());
                }
                sources.close();
                sources = sources(known);
                assertThat(plan(job(input()).build())).hasSize(1);
            }

            assertThatThrownBy(() -> plan(job(input()).build())).isInstanceOfSatisfying(FailureException.class, e -> {
                assertThat(e.failure().isPermanent()).isFalse();
                assertThat(e.failure().message()).contains("db.rows can't be read in the catalog lake: ");
            });
        }
    }

    @Nested
    class Rows {

        @Test
        void aTableWhoseRowsAreAllDeletedHasNone() {
            DataFile first = table.append(rows(0, 2));
            table.append(rows(2, 4));
            table.delete(
                    table.positions(Map.of(first, List.of(0, 1))),
                    table.keys("SELECT 'r2' AS id UNION ALL SELECT 'r3'", Map.of("id", 1)));

            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            assertThat(planned)
                    .singleElement()
                    .satisfies(file -> assertThat(file.file().rows()).isZero());
            assertThat(read(job, planned, "id")).isEmpty();
            assertThatThrownBy(() -> plan(job(input()).failsIfEmpty().build()))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("there is not a single row in table db.rows in catalog lake");
        }

        @Test
        void aTableWhoseFilesWereRemovedHasNoRows() {
            table.append(rows(0, 2));
            table.table()
                    .newDelete()
                    .deleteFromRowFilter(Expressions.alwaysTrue())
                    .commit();

            assertThat(ids()).isEmpty();
        }

        @Test
        void aColumnThatWasDroppedAndAddedAgainIsAnotherColumn() {
            table.append(rows(1, 3));
            table.table().updateSchema().deleteColumn("f0").commit();
            table.table().updateSchema().addColumn("f0", Types.DoubleType.get()).commit();
            table.append(rows(3, 4));

            assertThat(read(input(), "id, f0")).containsExactly("r1|null", "r2|null", "r3|4.5");
        }

        @Test
        void columnsThatDifferOnlyInCaseAreRefused() {
            Schema schema = new Schema(
                    Types.NestedField.optional(1, "id", Types.StringType.get()),
                    Types.NestedField.optional(2, "f0", Types.DoubleType.get()),
                    Types.NestedField.optional(3, "F0", Types.DoubleType.get()));
            use(schema, PartitionSpec.unpartitioned(), 2);

            assertThat(refusal(input()))
                    .contains("has a column \"F0\"")
                    .contains("differs from another only in upper and lower case; rename the column");
        }

        @Test
        void aConditionOnATransformedPartitionFindsItsRows() {
            Schema schema = new Schema(
                    Types.NestedField.optional(1, "id", Types.StringType.get()),
                    Types.NestedField.optional(2, "f0", Types.DoubleType.get()),
                    Types.NestedField.optional(3, "t", Types.TimestampType.withoutZone()),
                    Types.NestedField.optional(4, "n", Types.LongType.get()));
            use(
                    schema,
                    PartitionSpec.builderFor(schema)
                            .bucket("id", 4)
                            .day("t")
                            .truncate("n", 10)
                            .build(),
                    2);
            for (int i = 0; i < 8; i++) {
                Path file = table.parquet(
                        "SELECT 'r%1$d' AS id, 1.0::DOUBLE AS f0, TIMESTAMP '2026-01-0%2$d 23:30:00' AS t, %3$d::BIGINT AS n"
                                .formatted(i, 1 + i / 2, 5 * i - 10));
                int bucket = Transforms.<String>bucket(4)
                        .bind(Types.StringType.get())
                        .apply("r" + i);
                table.append(table.file(
                        file,
                        "id_bucket=%d/t_day=2026-01-0%d/n_trunc=%d"
                                .formatted(bucket, 1 + i / 2, Math.floorDiv(5 * i - 10, 10) * 10)));
            }

            assertThat(found("id = 'r3'")).containsExactly("r3");
            assertThat(found("t >= '2026-01-02' AND t < TIMESTAMP '2026-01-03 00:00:00'"))
                    .containsExactly("r2", "r3");
            assertThat(found("n < 0")).containsExactly("r0", "r1");
            assertThat(found("n IN (5, 25) OR id = 'r4'")).containsExactly("r3", "r4", "r7");
        }

        /// The rows for which a condition holds, among the files that a plan reads.
        private List<String> found(String where) {
            Job job = job(input()).where(where).build();
            List<InspectedFile> planned = plan(job);
            assertThat(planned).as(where).hasSizeLessThan(8);
            List<String> found = readSlices(job, whole(planned), "CASE WHEN %s THEN id END".formatted(where));
            found.removeIf("null"::equals);
            return found;
        }
    }

    @Nested
    class Lookups {

        @Test
        void aTableIsALookupWithoutItsDeletedRows() throws IOException {
            DataFile file = table.append("SELECT 'r' || i AS id, i * 1.0::DOUBLE AS f0 FROM range(4) t(i)");
            table.delete(table.positions(Map.of(file, List.of(2))), table.avroPositions(file, List.of(0)));
            Path flights = data.parquet("main.parquet", "SELECT 'r' || i AS id FROM range(4) t(i)");
            Job job = io.nightshift.source.TestJobBuilder.over(flights)
                    .id("id")
                    .join(new Lookup(input(), Map.of("id", "id"), Map.of("f0", "f0"), false))
                    .build();

            List<InspectedFile> planned = plan(job);
            table.append("SELECT 'r0' AS id, 9.0::DOUBLE AS f0");

            assertThat(read(job, planned, "id, f0")).containsExactly("r0|null", "r1|1.0", "r2|null", "r3|3.0");
        }

        @Test
        void aTableIsJoinedWithATable() {
            table.append(rows(0, 3));
            IcebergInput rows = input();
            Job job = job(rows)
                    .features("f1")
                    .join(new Lookup(
                            new IcebergInput(TestTable.CATALOG, NAME, null, "main", null),
                            Map.of("id", "id"),
                            Map.of("f1", "f0"),
                            true))
                    .build();

            assertThat(read(job, plan(job), "id, f1")).containsExactly("r0|0.0", "r1|1.5", "r2|3.0");
        }
    }
}
