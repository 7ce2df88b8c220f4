package io.nightshift.iceberg.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.iceberg.IcebergCatalogs;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.IcebergInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.storage.database.CatalogSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import io.nightshift.storage.objectstore.ObjectStores;
import io.nightshift.testing.database.IcebergServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.iceberg.DataFile;
import org.apache.iceberg.DataFiles;
import org.apache.iceberg.FileFormat;
import org.apache.iceberg.PartitionSpec;
import org.apache.iceberg.Schema;
import org.apache.iceberg.SnapshotRef;
import org.apache.iceberg.TableProperties;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.expressions.Literal;
import org.apache.iceberg.mapping.MappingUtil;
import org.apache.iceberg.mapping.NameMappingParser;
import org.apache.iceberg.types.Types;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// A snapshot of an Iceberg table as the source of a job: which rows a batch reads, and with which values.
class IcebergSourceTest extends TableSource {

    @Nested
    class Snapshots {

        @Test
        void aBatchReadsTheSnapshotThatIsCurrentWhenItIsPlanned() {
            table.append(rows(0, 3));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            table.append(rows(3, 5));

            assertThat(read(job, planned, "id")).containsExactly("r0", "r1", "r2");
            assertThat(SourcePins.change(pins(planned), sources.pins(job))).isEmpty();
            assertThat(ids()).containsExactly("r0", "r1", "r2", "r3", "r4");
        }

        @Test
        void aJobChoosesASnapshotABranchATagOrATime() {
            table.append(rows(0, 1));
            long first = Objects.requireNonNull(TestTable.snapshot(table.table()));
            table.table().manageSnapshots().createTag("month end", first).commit();
            table.append(rows(1, 2));
            long second = Objects.requireNonNull(TestTable.snapshot(table.table()));
            table.table().manageSnapshots().createBranch("audit", second).commit();
            String then = Instant.ofEpochMilli(table.table().snapshot(second).timestampMillis())
                    .toString();
            table.append(rows(2, 3));
            String name = table.table().name();

            assertThat(read(new IcebergInput("lake", name, String.valueOf(first), null, null), "id"))
                    .containsExactly("r0");
            assertThat(read(new IcebergInput("lake", name, null, "month end", null), "id"))
                    .containsExactly("r0");
            assertThat(read(new IcebergInput("lake", name, null, "audit", null), "id"))
                    .containsExactly("r0", "r1");
            assertThat(read(new IcebergInput("lake", name, null, SnapshotRef.MAIN_BRANCH, null), "id"))
                    .containsExactly("r0", "r1", "r2");
            assertThat(read(new IcebergInput("lake", name, null, null, then), "id"))
                    .containsExactly("r0", "r1");
        }

        @Test
        void whatIsNotThereIsNamed() {
            table.append(rows(0, 1));
            String name = table.table().name();

            assertThat(refusal(new IcebergInput("sea", name)))
                    .startsWith("source.iceberg: ")
                    .contains("sea");
            assertThat(refusal(new IcebergInput("lake", "db.none")))
                    .isEqualTo("source.iceberg: there is no table db.none in catalog lake");
            assertThat(refusal(new IcebergInput("lake", name, "77", null, null)))
                    .startsWith(
                            "source.iceberg.snapshot: there is no snapshot 77 of the table db.rows in catalog lake");
            assertThat(refusal(new IcebergInput("lake", name, null, "none", null)))
                    .isEqualTo(
                            "source.iceberg.ref: the table db.rows in catalog lake has no branch or tag \"none\"; it has main");
            assertThat(refusal(new IcebergInput("lake", name, null, null, "2001-01-01T00:00:00Z")))
                    .startsWith(
                            "source.iceberg.as-of: the table db.rows in catalog lake has no snapshot of 2001-01-01T00:00:00Z; its history begins at ");
            assertThat(refusal(new IcebergInput("lake", name, null, null, "2001-02-30T00:00:00Z")))
                    .startsWith("source.iceberg.as-of: 2001-02-30T00:00:00Z is not a time");
            assertThat(refusal(new IcebergInput("lake", name, null, null, "+999999999-01-01T00:00:00Z")))
                    .startsWith("source.iceberg.as-of: +999999999-01-01T00:00:00Z is not a time");
        }

        @Test
        void aTableWithoutASnapshotHasNoRows() {
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);

            assertThat(planned)
                    .singleElement()
                    .satisfies(file -> assertThat(file.file().rows()).isZero());
            assertThat(read(job, planned, "id, f0")).isEmpty();
            assertThat(SourcePins.change(pins(planned), sources.pins(job))).isEmpty();
            assertThatThrownBy(() -> plan(job(input()).failsIfEmpty().build()))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("there is not a single row in table db.rows in catalog lake");
        }

        @Test
        void aFileThatExpiredAfterThePlanIsAPermanentDifference() throws Exception {
            DataFile file = table.append(rows(0, 3));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            table.table().newDelete().deleteFile(file).commit();
            table.append(rows(3, 4));
            table.table()
                    .expireSnapshots()
                    .expireOlderThan(Long.MAX_VALUE)
                    .retainLast(1)
                    .commit();
            assertThat(path(file)).doesNotExist();

            assertThat(sources.pins(job).quickDifferences(planned.getFirst().file()))
                    .singleElement()
                    .asString()
                    .contains("it is gone. The snapshot ")
                    .contains("was expired (expire_snapshots)");
        }

        @Test
        void theDeletesOfASnapshotThatExpiredAfterThePlanAreAPermanentFailure() throws Exception {
            DataFile file = table.append(rows(0, 3));
            table.delete(table.positions(Map.of(file, List.of(1))));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            table.append(rows(3, 4));
            table.table()
                    .expireSnapshots()
                    .expireOlderThan(Long.MAX_VALUE)
                    .retainLast(1)
                    .commit();
            sources = sources(table.dataSources());

            assertThatThrownBy(() -> read(job, planned, "id"))
                    .isInstanceOfSatisfying(
                            FailureException.class,
                            e -> assertThat(e.failure().isPermanent()).isTrue())
                    .hasMessageContaining("was expired (expire_snapshots)");
        }

        @Test
        void aTableThatWasMadeAgainIsAnother() throws Exception {
            DataFile file = table.append(rows(0, 3));
            table.delete(table.positions(Map.of(file, List.of(1))));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            Folders.deleteTree(table.folder().resolve("metadata"));
            table.close();
            use(new TestTable(data, NAME, TestTable.schema()));
            table.append(rows(0, 3));

            assertThatThrownBy(() -> read(job, planned, "id"))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("is another table now");
        }
    }

    @Nested
    class Columns {

        @Test
        void anEvolvedTableIsReadAsItIsNow() {
            table.append("SELECT 'r0' AS id, 1.5::DOUBLE AS f0");
            table.table()
                    .updateSchema()
                    .addColumn("n", Types.IntegerType.get())
                    .renameColumn("f0", "x")
                    .moveFirst("n")
                    .commit();
            table.append("SELECT 7 AS n, 'r1' AS id, 2.5::DOUBLE AS x");
            table.table()
                    .updateSchema()
                    .updateColumn("n", Types.LongType.get())
                    .deleteColumn("x")
                    .addColumn("f0", Types.DoubleType.get())
                    .commit();
            table.append("SELECT 8::BIGINT AS n, 'r2' AS id, 3.5::DOUBLE AS f0");

            assertThat(read(input(), "id, f0, n, typeof(n)"))
                    .containsExactly("r0|null|null|BIGINT", "r1|null|7|BIGINT", "r2|3.5|8|BIGINT");
            Job job = job(input()).features("f0").build();
            assertThat(refusal(job(input()).features("x").build())).contains("\"x\" is neither a column of");
            assertThat(read(job, plan(job), "id")).containsExactly("r0", "r1", "r2");
        }

        @Test
        void anOldSnapshotHasItsOwnSchema() {
            table.append(rows(0, 1));
            String first = String.valueOf(TestTable.snapshot(table.table()));
            table.table().updateSchema().renameColumn("f0", "x").commit();
            table.append("SELECT 'r1' AS id, 1.0::DOUBLE AS x");

            assertThat(read(new IcebergInput("lake", NAME, first, null, null), "id, f0"))
                    .containsExactly("r0|0.0");
        }

        @Test
        void aDefaultIsTheValueInFilesWithoutTheColumn() {
            use(TestTable.schema(), PartitionSpec.unpartitioned(), 3);
            table.append(rows(0, 1));
            table.table()
                    .updateSchema()
                    .addColumn(
                            "day",
                            Types.DateType.get(),
                            Literal.of("2026-02-03").to(Types.DateType.get()))
                    .addColumn("name", Types.StringType.get(), Literal.of("it's"))
                    .commit();
            table.append("SELECT 'r1' AS id, 1.0::DOUBLE AS f0, NULL::DATE AS day, 'own' AS name");

            assertThat(read(input(), "id, day, name")).containsExactly("r0|2026-02-03|it's", "r1|null|own");
        }

        @Test
        void aPartitionHasTheValueThatItsFilesLack() {
            Schema schema = new Schema(
                    Types.NestedField.optional(1, "id", Types.StringType.get()),
                    Types.NestedField.optional(2, "f0", Types.DoubleType.get()),
                    Types.NestedField.optional(3, "region", Types.StringType.get()),
                    Types.NestedField.optional(4, "day", Types.DateType.get()));
            use(schema, PartitionSpec.builderFor(schema).identity("region").build(), 2);
            Path lacks = table.parquet("SELECT 'r0' AS id, 1.0::DOUBLE AS f0", Map.of("id", 1, "f0", 2));
            Path has = table.parquet(
                    "SELECT 'r1' AS id, 2.0::DOUBLE AS f0, 'north' AS region", Map.of("id", 1, "f0", 2, "region", 3));
            table.append(table.file(lacks, "region=south"), table.file(has, "region=north"));
            table.table().updateSpec().addField("day").commit();
            Path other = table.parquet("SELECT 'r2' AS id", Map.of("id", 1));
            table.append(table.file(other, "region=west/day=2026-01-05"));

            assertThat(read(input(), "id, region, day"))
                    .containsExactly("r0|south|null", "r1|north|null", "r2|west|2026-01-05");
        }

        @Test
        void filesWithoutIdsNeedANameMapping() {
            Path without = table.parquet("SELECT 'r0' AS id, 1.5::DOUBLE AS f0", Map.of());
            table.append(table.file(without, ""));
            assertThat(refusal(input())).contains("has no field IDs").contains("schema.name-mapping.default");

            String mapping =
                    NameMappingParser.toJson(MappingUtil.create(table.table().schema()));
            table.table()
                    .updateProperties()
                    .set(TableProperties.DEFAULT_NAME_MAPPING, mapping)
                    .commit();
            table.table().updateSchema().renameColumn("f0", "x").commit();
            Job job = job(input()).features("x").build();
            assertThat(read(job, plan(job), "id, x")).containsExactly("r0|1.5");
        }

        @Test
        void aColumnThatCannotBeReadIsRefusedOnlyIfTheJobNamesIt() {
            Schema schema = new Schema(
                    Types.NestedField.optional(1, "id", Types.StringType.get()),
                    Types.NestedField.optional(2, "f0", Types.DoubleType.get()),
                    Types.NestedField.optional(3, "any", Types.VariantType.get()),
                    Types.NestedField.optional(
                            4,
                            "place",
                            Types.StructType.of(Types.NestedField.optional(5, "city", Types.StringType.get()))));
            use(schema, PartitionSpec.unpartitioned(), 3);
            Path written = data.folder.resolve("warehouse/db/other/data/a.parquet");
            data.parquet(
                    data.folder.relativize(written).toString(),
                    "SELECT 'r0' AS id, 1.5::DOUBLE AS f0, {'city': 'Rome'} AS place",
                    ", FIELD_IDS {id: 1, f0: 2, place: {__duckdb_field_id: 4, city: 5}}");
            table.append(table.file(written, ""));

            assertThat(read(input(), "id, place.city")).containsExactly("r0|Rome");
            assertThat(refusal(job(input()).output("any").build()))
                    .startsWith("source: the column \"any\" of table db.other in catalog lake has the type variant");
            table.table().updateSchema().renameColumn("place.city", "town").commit();
            assertThat(refusal(job(input()).output("place").build()))
                    .startsWith("source: the column \"place\" is STRUCT(");
            assertThat(ids()).containsExactly("r0");
        }
    }

    @Nested
    class Deletes {

        @Test
        void positionsAreDeletedOnce() throws Exception {
            DataFile first = table.append(rows(0, 5));
            DataFile second = table.append(rows(5, 10));
            table.delete(
                    table.positions(Map.of(first, List.of(0, 2, 2), second, List.of(4))),
                    table.positions(Map.of(first, List.of(2))),
                    table.avroPositions(second, List.of(1)));

            assertThat(ids()).containsExactly("r1", "r3", "r4", "r5", "r7", "r8");
            assertThat(read(input(), "id, file_row_number")).contains("r1|1", "r3|3", "r7|2");
        }

        @Test
        void aDeletionVectorIsApplied() throws Exception {
            use(TestTable.schema(), PartitionSpec.unpartitioned(), 3);
            DataFile first = table.append(rows(0, 5));
            table.append(rows(5, 7));
            table.delete(table.vector(first, List.of(1, 4)));

            assertThat(ids()).containsExactly("r0", "r2", "r3", "r5", "r6");
        }

        @Test
        void keysAreDeletedWhereTheyAreEqualOrBothNull() {
            table.append(
                    "SELECT * FROM (VALUES ('r0', 1.0::DOUBLE), ('r1', NULL), (NULL, 3.0), ('r3', 4.0)) t(id, f0)");
            table.delete(
                    table.keys("SELECT NULL::DOUBLE AS f0", Map.of("f0", 2)),
                    table.keys(
                            "SELECT 'r3' AS id, 4.0::DOUBLE AS f0 UNION ALL SELECT 'r0', 9.0",
                            Map.of("id", 1, "f0", 2)));
            table.append("SELECT 'r9' AS id, NULL::DOUBLE AS f0");

            assertThat(read(input(), "id, f0")).containsExactly("null|3.0", "r0|1.0", "r9|null");
        }

        @Test
        void keysOfADroppedColumnStillDelete() {
            table.table().updateSchema().addColumn("k", Types.IntegerType.get()).commit();
            table.append("SELECT 'r' || i AS id, 1.0::DOUBLE AS f0, i::INTEGER AS k FROM range(4) t(i)");
            table.table().updateSchema().updateColumn("k", Types.LongType.get()).commit();
            table.delete(table.keys("SELECT 2::BIGINT AS k", Map.of("k", 3)));
            table.table().updateSchema().deleteColumn("k").commit();

            assertThat(ids()).containsExactly("r0", "r1", "r3");
        }

        @Test
        void aSliceCountsTheRowsThatAreLeft() throws Exception {
            DataFile file = table.append(rows(0, 10_000));
            List<Integer> deleted = new ArrayList<>();
            for (int row = 0; row < 10_000; row += 1 + row % 3) {
                deleted.add(row);
            }
            table.delete(table.positions(Map.of(file, deleted)));
            Job job = job(input()).build();
            SourceFile planned = plan(job).getFirst().file();
            assertThat(planned.rows()).isEqualTo(10_000 - deleted.size());
            List<String> all = new ArrayList<>();
            SourceReader reader = sources.of(job.source());
            for (long first = 0; first < planned.rows(); first += 999) {
                List<Slice> slices = List.of(new Slice(planned, first, Math.min(999, planned.rows() - first)));
                try (Connection connection = data.duckDb.connect();
                        HeldSlices _ = reader.hold(slices)) {
                    SourceRelation relation =
                            reader.relations(connection, slices).getFirst();
                    List<String> rows = data.rows(
                            "SELECT file_row_number FROM %s WHERE %s".formatted(relation.from(), relation.range()));
                    assertThat(rows).hasSize((int) slices.getFirst().rows());
                    all.addAll(rows);
                }
            }
            List<String> expected = new ArrayList<>();
            for (int row = 0; row < 10_000; row++) {
                if (!deleted.contains(row)) {
                    expected.add(String.valueOf(row));
                }
            }
            assertThat(all).isEqualTo(expected);
        }

        /// A query for each of many small files would take DuckDB longer to plan than to run.
        @Test
        void oneQueryReadsSeveralFilesWithDeletes() throws Exception {
            DataFile first = table.append(rows(0, 5));
            DataFile second = table.append(rows(5, 10));
            DataFile third = table.append(rows(10, 15));
            table.append(rows(15, 17));
            table.delete(table.positions(Map.of(first, List.of(0, 4), second, List.of(1), third, List.of(0, 1, 2, 3))));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);

            assertThat(groups(job, whole(planned))).isEqualTo(1);
            assertThat(read(job, planned, "id, file_row_number"))
                    .containsExactlyInAnyOrder(
                            "r1|1", "r2|2", "r3|3", "r5|0", "r7|2", "r8|3", "r9|4", "r14|4", "r15|0", "r16|1");
            List<Slice> slices = new ArrayList<>(whole(planned));
            slices.set(1, new Slice(planned.get(1).file(), 1, 2));
            assertThat(groups(job, slices))
                    .as("a slice that is a part of its file")
                    .isEqualTo(2);
            assertThat(readSlices(job, slices, "id"))
                    .containsExactlyInAnyOrder("r1", "r2", "r3", "r7", "r8", "r14", "r15", "r16");
        }

        private int groups(Job job, List<Slice> slices) throws SQLException {
            SourceReader reader = sources.of(job.source());
            try (Connection connection = data.duckDb.connect();
                    HeldSlices _ = reader.hold(slices)) {
                int relations = reader.relations(connection, slices).size();
                assertThat(reader.bind(connection, slices, job, MODEL)).hasSize(relations);
                return relations;
            }
        }

        @Test
        void aFileWhoseRowsAreAllDeletedIsNotRead() {
            DataFile file = table.append(rows(0, 2));
            table.append(rows(2, 3));
            table.delete(table.positions(Map.of(file, List.of(0, 1))));

            assertThat(plan(job(input()).build())).hasSize(1);
            assertThat(ids()).containsExactly("r2");
        }

        @Test
        void anotherDeleteChangesThePin() {
            DataFile file = table.append(rows(0, 3));
            table.delete(table.positions(Map.of(file, List.of(0))));
            Job job = job(input()).build();
            String before = SourcePins.identity(plan(job));
            List<InspectedFile> planned = plan(job);
            table.delete(table.positions(Map.of(file, List.of(1))));

            assertThat(SourcePins.identity(plan(job))).isNotEqualTo(before);
            assertThat(read(job, planned, "id")).containsExactly("r1", "r2");
            assertThat(ids()).containsExactly("r2");
        }
    }

    @Nested
    class Files {

        @Test
        void filesThatAreNotParquetAreRefused() {
            Path parquet = table.parquet(rows(0, 1));
            table.append(DataFiles.builder(table.table().spec())
                    .copy(table.file(parquet, ""))
                    .withFormat(FileFormat.ORC)
                    .build());

            assertThat(refusal(input()))
                    .startsWith(
                            "source: a data file of the table db.rows in catalog lake is an ORC file, and only Parquet files");
        }

        /// The server may do so to hide rows.
        @Test
        void aCatalogThatPlansScansIsNotReadAround() throws Exception {
            try (IcebergServer server = new IcebergServer(folder.resolve("served"))) {
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

                server.planScans();
                sources.close();
                sources = sources(known);
                assertThat(refusal(new IcebergInput("lake", NAME)))
                        .contains("the catalog demands to plan scans itself");
            }
        }

        @Test
        void aConditionRulesOutFilesByPartitionsAndBounds() {
            Schema schema = new Schema(
                    Types.NestedField.optional(1, "id", Types.StringType.get()),
                    Types.NestedField.optional(2, "f0", Types.DoubleType.get()),
                    Types.NestedField.optional(3, "n", Types.IntegerType.get()),
                    Types.NestedField.optional(4, "day", Types.DateType.get()));
            use(schema, PartitionSpec.builderFor(schema).identity("day").build(), 2);
            for (int i = 0; i < 6; i++) {
                Path file = table.parquet(
                        "SELECT 'r%1$d' AS id, 1.0::DOUBLE AS f0, %1$d::INTEGER AS n, DATE '2026-01-0%2$d' AS day"
                                .formatted(i, 1 + i / 2));
                table.append(table.file(file, "day=2026-01-0" + (1 + i / 2), Map.of(3, List.of(i, i))));
            }

            assertThat(kept("n = 4")).containsExactly("r4");
            assertThat(kept("N > 3 AND f0 < 9")).containsExactly("r4", "r5");
            assertThat(kept("day = '2026-01-02'")).containsExactly("r2", "r3");
            assertThat(kept("day >= DATE '2026-01-02' AND n < 4")).containsExactly("r2", "r3");
            assertThat(kept("n BETWEEN 1 AND 2 OR n IN (5)")).containsExactly("r1", "r2", "r5");
            assertThat(kept("3 < n")).containsExactly("r4", "r5");
            assertThat(kept("day IS NULL")).isEmpty();
            assertThat(kept("n + 0 = 4")).as("not translated").hasSize(6);
            assertThat(kept("n = '4'")).as("not translated").hasSize(6);
            assertThat(kept("n = 4 OR f0 > 7")).as("not translated").hasSize(6);
            assertThat(kept("n = 99")).isEmpty();
        }

        /// The IDs in the files that a plan reads.
        private List<String> kept(String where) {
            Job job = job(input()).where(where).build();
            return read(job, plan(job), "id");
        }

        @Test
        void aLineForPeopleNamesTheSnapshot() {
            table.append(rows(0, 3));
            Job job = job(input()).build();

            assertThat(sources.of(job.source()).details(plan(job)))
                    .singleElement()
                    .asString()
                    .startsWith("source      table db.rows in catalog lake: snapshot "
                            + TestTable.snapshot(table.table()) + " (number 1) of ");
        }
    }
}
