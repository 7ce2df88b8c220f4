package io.nightshift.delta.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobBuilder;
import io.nightshift.protocol.job.JobTiming;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourcePins;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.files.ObjectCopies;
import io.nightshift.source.kinds.Sources;
import io.nightshift.source.lake.InputLink;
import io.nightshift.storage.filesystem.FileRoots;
import io.nightshift.storage.filesystem.Folders;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A version of a Delta table as the source of a job: which rows a batch reads, and with which values.
class DeltaSourceTest {

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);
    private static final UUID NAME = new UUID(1, 2);

    @TempDir
    private Path folder = Path.of("");

    private TestData data;
    private TestTable table;
    private Sources sources;

    @BeforeEach
    void start() {
        data = TestData.shared(folder);
        table = new TestTable(data, "table").column("id", "string").column("f0", "double");
        sources = newNode();
    }

    @AfterEach
    void stop() {
        sources.close();
        data.close();
    }

    private Sources newNode() {
        return new Sources(() -> data.duckDb);
    }

    private DeltaInput input() {
        return new DeltaInput(table.folder.toString());
    }

    private DeltaInput version(int number) {
        return new DeltaInput(table.folder.toString(), String.valueOf(number), null);
    }

    private DeltaInput asOf(String time) {
        return new DeltaInput(table.folder.toString(), null, time);
    }

    private static TestJobBuilder job(DeltaInput input) {
        return TestJobBuilder.over(input).id("id");
    }

    private List<InspectedFile> plan(Job job) {
        return sources.inspect(job, MODEL);
    }

    private List<String> read(Job job, List<InspectedFile> files, String select) {
        List<String> rows = new ArrayList<>();
        List<Slice> slices = files.stream()
                .map(file -> new Slice(file.file(), 0, file.file().rows()))
                .toList();
        SourceReader reader = sources.of(job.source());
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, job, MODEL)) {
                SourceRelation relation = group.relation();
                rows.addAll(data.rows("SELECT %s FROM %s WHERE %s"
                        .formatted(select, relation.from(), relation.range().isEmpty() ? "TRUE" : relation.range())));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        rows.sort(null);
        return rows;
    }

    private List<String> read(DeltaInput input, String select) {
        Job job = job(input).build();
        List<InspectedFile> files = plan(job);
        List<String> rows = read(job, files, select);
        assertThat(files.stream().mapToLong(file -> file.file().rows()).sum())
                .as("the rows of the plan")
                .isEqualTo(rows.size());
        return rows;
    }

    private List<String> ids() {
        return read(input(), "id");
    }

    private String refusal(DeltaInput input) {
        return refusal(job(input).build());
    }

    private String refusal(Job job) {
        return permanent(() -> plan(job));
    }

    private static String permanent(Runnable work) {
        List<String> message = new ArrayList<>();
        assertThatThrownBy(work::run).isInstanceOfSatisfying(FailureException.class, e -> {
            assertThat(e.failure().isPermanent()).as(e.getMessage()).isTrue();
            message.add(e.failure().message());
        });
        return message.getFirst();
    }

    private static String rows(int from, int to) {
        return "SELECT 'r' || i AS id, i * 1.5::DOUBLE AS f0 FROM range(%d, %d) t(i)".formatted(from, to);
    }

    private static List<SourceFile> pins(List<InspectedFile> planned) {
        return planned.stream().map(InspectedFile::file).toList();
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static Job withDeadline(DeltaInput input) {
        JobTiming timing = new JobTiming("UTC", null, null, null, "06:00");
        return JobBuilder.builder(job(input).build()).timing(timing).build();
    }

    @Nested
    class Versions {

        @Test
        void aBatchReadsTheVersionThatIsTheNewestWhenItIsPlanned() {
            table.create().append(rows(0, 3));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            table.append(rows(3, 5));

            assertThat(read(job, planned, "id")).containsExactly("r0", "r1", "r2");
            assertThat(SourcePins.change(pins(planned), sources.pins(job))).isEmpty();
            assertThat(ids()).containsExactly("r0", "r1", "r2", "r3", "r4");
        }

        @Test
        void aJobChoosesAVersionOrATime() throws Exception {
            table.create().append(rows(0, 1));
            table.append(rows(1, 2));
            table.append(rows(2, 3));
            for (int i = 0; i < 4; i++) {
                table.time(i, Instant.parse("2026-11-2%dT06:00:00Z".formatted(i)));
            }

            assertThat(read(version(1), "id")).containsExactly("r0");
            assertThat(read(version(3), "id")).containsExactly("r0", "r1", "r2");
            assertThat(read(asOf("2026-11-22T05:59:59Z"), "id")).containsExactly("r0");
            assertThat(read(asOf("2026-11-22T07:00:00+01:00"), "id")).containsExactly("r0", "r1");
            assertThat(read(asOf("2026-12-31T00:00:00Z"), "id")).containsExactly("r0", "r1", "r2");
            assertThat(read(version(0), "id")).isEmpty();
        }

        @Test
        void whatIsNotThereIsNamed() throws Exception {
            table.create().append(rows(0, 1));
            table.time(0, Instant.parse("2026-11-20T06:00:00Z"));
            table.time(1, Instant.parse("2026-11-21T06:00:00Z"));
            String name = table.folder.toString();

            assertThat(refusal(version(7)))
                    .isEqualTo(
                            "source.delta.version: there is no version 7 of the Delta table %s; its newest is version 1 of 2026-11-21T06:00:00Z"
                                    .formatted(name));
            assertThat(refusal(asOf("2001-01-01T00:00:00Z")))
                    .isEqualTo(
                            "source.delta.as-of: the Delta table %s has no version of 2001-01-01T00:00:00Z; its log begins with version 0 of 2026-11-20T06:00:00Z"
                                    .formatted(name));
            assertThat(refusal(asOf("2001-02-30T00:00:00Z")))
                    .startsWith("source.delta.as-of: 2001-02-30T00:00:00Z is not a time");
            assertThat(refusal(asOf("+999999999-01-01T00:00:00Z")))
                    .startsWith("source.delta.as-of: +999999999-01-01T00:00:00Z is not a time");
        }

        @Test
        void aFolderThatIsNoTableIsRefused() {
            data.parquet("stranger/a.parquet", rows(0, 1));
            String stranger = folder.resolve("stranger").toString();

            assertThat(refusal(new DeltaInput(stranger)))
                    .startsWith("source.delta: there is no Delta table " + stranger + ": it has no log (_delta_log)");
            assertThatThrownBy(() -> plan(job(new DeltaInput(folder + "/none")).build()))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("there is no such folder. If this node lacks the file system, mount it");
        }

        @Test
        void aTableWithoutFilesHasNoRows() {
            table.create();
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);

            assertThat(planned)
                    .singleElement()
                    .satisfies(file -> assertThat(file.file().rows()).isZero());
            assertThat(read(job, planned, "id, f0")).isEmpty();
            assertThat(SourcePins.change(pins(planned), sources.pins(job))).isEmpty();
            assertThatThrownBy(() -> plan(job(input()).failsIfEmpty().build()))
                    .isInstanceOf(FailureException.class)
                    .hasMessageContaining("there is not a single row in Delta table " + table.folder);
        }

        @Test
        void thatABatchHasReadAreTheSameUntilTheLogForgetsThem() throws Exception {
            table.features.add("deletionVectors");
            Path file = table.create().append(rows(0, 3));
            table.delete(file, TestTable.inline(1));
            Job job = job(input()).build();
            List<SourceFile> pinned = pins(plan(job));
            table.append(rows(3, 4));
            assertThat(sources.links(job, pinned)).singleElement().isInstanceOf(InputLink.Same.class);

            java.nio.file.Files.delete(table.log(1));
            sources.close();
            sources = newNode();

            assertThat(sources.links(job, pinned))
                    .singleElement()
                    .isInstanceOfSatisfying(
                            InputLink.Gone.class,
                            gone -> assertThat(gone.reason()).contains("version 2 of the Delta table"));
        }

        @Test
        void ofAnotherTableInTheSameFolderAreDifferent() throws Exception {
            table.create().append(rows(0, 3));
            Job job = job(input()).build();
            List<SourceFile> pinned = pins(plan(job));
            Folders.deleteTree(table.folder.resolve("_delta_log"));
            table.restart();
            table.create();

            assertThat(sources.links(job, pinned))
                    .singleElement()
                    .isInstanceOfSatisfying(
                            InputLink.Different.class,
                            different -> assertThat(different.problems())
                                    .singleElement()
                                    .asString()
                                    .contains("is another table now"));
        }

        @Test
        void anotherTableInTheSameFolderIsAnother() throws Exception {
            table.features.add("deletionVectors");
            Path file = table.create().append(rows(0, 3));
            table.delete(file, TestTable.inline(1));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            Folders.deleteTree(table.folder.resolve("_delta_log"));
            table.restart();
            table.create();
            table.commit(table.add(file, Map.of()));
            table.append(rows(3, 4));

            assertThat(SourcePins.change(pins(planned), sources.pins(job)))
                    .hasValueSatisfying(change -> assertThat(change).contains("is another table now"));
            sources = newNode();
            assertThat(permanent(() -> read(job, planned, "id"))).contains("is another table now");
            Folders.deleteTree(table.folder.resolve("_delta_log"));
            table.restart();
            table.create();
            assertThat(permanent(() -> read(job, planned, "id"))).contains("is another table now");
        }

        @Test
        void aFileThatVacuumTookAfterThePlanIsAPermanentDifference() throws Exception {
            Path file = table.create().append(rows(0, 3));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            table.commit(table.remove(file));
            table.append(rows(3, 4));
            java.nio.file.Files.delete(file);

            assertThat(sources.pins(job).quickDifferences(planned.getFirst().file()))
                    .singleElement()
                    .asString()
                    .startsWith("it is gone. The version 1 of the Delta table ")
                    .contains("VACUUM")
                    .contains("delta.deletedFileRetentionDuration");
            assertThat(refusal(version(1)))
                    .startsWith("source: a data file of Delta table ")
                    .contains("VACUUM has deleted it");
        }

        @Test
        void aVersionThatIsRewrittenAfterThePlanIsRead() throws Exception {
            Path first = table.create().append(rows(0, 2));
            Path second = table.append(rows(2, 3));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            Path whole = table.parquet("whole.parquet", rows(0, 3), "");
            table.commit(table.remove(first), table.remove(second), table.add(whole, Map.of()));

            assertThat(read(job, planned, "id")).containsExactly("r0", "r1", "r2");
            assertThat(ids()).containsExactly("r0", "r1", "r2");
        }

        @Test
        void aLogThatLacksACommitIsRefused() throws Exception {
            table.create().append(rows(0, 1));
            table.append(rows(1, 2));
            java.nio.file.Files.delete(table.log(1));
            assertThat(refusal(input()))
                    .startsWith("source.delta: the Delta table ")
                    .contains("can't be read");
            assertThat(refusal(version(1))).contains("can't be read");
            java.nio.file.Files.delete(table.log(0));
            assertThat(refusal(version(0))).contains("Delta table");
        }

        @Test
        void aDamagedCommitIsRefused() throws Exception {
            table.create().append(rows(0, 1));
            String text = table.text(1);
            java.nio.file.Files.writeString(table.log(1), text.substring(0, text.length() - 20));

            assertThat(refusal(input())).contains("00000000000000000001.json").contains("is damaged");
        }

        @Test
        void anUnknownTableFeatureIsNamed() {
            table.features.addAll(List.of("deletionVectors", "collations-of-the-future"));
            table.create();
            assertThat(refusal(input())).contains("collations-of-the-future").contains("Read another table");

            table = new TestTable(data, "variant").column("id", "string").column("f0", "double");
            table.features.add("variantType");
            table.create();
            assertThat(refusal(input())).contains("the table features variantType, which Nightshift can't read");

            table = new TestTable(data, "managed").column("id", "string").column("f0", "double");
            table.features.addAll(List.of("catalogManaged", "inCommitTimestamp"));
            table.properties.put("delta.enableInCommitTimestamps", "true");
            table.create();
            assertThat(refusal(input())).contains("is managed by a catalog");
        }

        @Test
        void aVersionWhoseFilesMayGoBeforeTheDeadlineIsRefused() throws Exception {
            table.create().append(rows(0, 1));
            table.append(rows(1, 2));
            table.time(1, Instant.parse("2026-01-01T00:00:00Z"));
            table.time(2, Instant.parse("2026-01-02T00:00:00Z"));

            assertThat(refusal(withDeadline(version(1))))
                    .startsWith("source: from 2026-01-09T00:00:00Z, files of the version 1 of Delta table ")
                    .contains("the deadline is at");
            assertThat(plan(withDeadline(input()))).hasSize(2);
            Job without = job(version(1)).build();
            assertThat(sources.of(without.source()).details(plan(without)))
                    .contains(
                            "kept        until 2026-01-09T00:00:00Z at least; from then on, files of it may be deleted");
        }
    }

    @Nested
    class Columns {

        @Test
        void addedColumnsAreNullInOlderFilesAndHiddenOnesStayHidden() {
            table.create().append("SELECT 'r0' AS id, 1.5::DOUBLE AS f0, 'insert' AS _change_type");
            table.column("n", "long").change();
            table.append("SELECT 7::BIGINT AS n, 2.5::DOUBLE AS f0, 'r1' AS id");

            assertThat(read(input(), "* EXCLUDE (file_row_number, nightshift_file)"))
                    .as("the order of columns may differ")
                    .containsExactlyInAnyOrder("r0|1.5|null", "7|2.5|r1");
            assertThat(refusal(job(input()).features("_change_type").build())).contains("neither a column of");
        }

        @Test
        void aNameMayDifferInUpperAndLowerCase() {
            table.create().append("SELECT 'r0' AS ID, 1.5::DOUBLE AS F0");

            assertThat(read(input(), "id, f0")).containsExactly("r0|1.5");
        }

        @Test
        void columnsAreMappedByName() {
            table.withoutColumns().mapped("id", "string", 1, "col-1").mapped("f0", "double", 2, "col-2");
            table.mapped("n", "long", 3, "col-3");
            table.properties.put("delta.columnMapping.mode", "name");
            table.features.add("columnMapping");
            table.partitions.add("n");
            Path file = table.create()
                    .parquet("a.parquet", "SELECT 'r0' AS \"col-1\", 1.5::DOUBLE AS \"col-2\", 'x' AS id", "");
            table.commit(table.add(file, Map.of("col-3", "5")));
            table.withoutColumns().mapped("key", "string", 1, "col-1").mapped("f0", "double", 4, "col-4");
            table.mapped("x", "double", 2, "col-2")
                    .mapped("n", "long", 3, "col-3")
                    .change();

            Job job = TestJobBuilder.over(input()).id("key").build();
            assertThat(read(job, plan(job), "key, f0, x, n")).containsExactly("r0|null|1.5|5");
        }

        @Test
        void columnsAreMappedById() {
            table.withoutColumns().mapped("id", "string", 4, "a").mapped("f0", "double", 5, "b");
            table.properties.put("delta.columnMapping.mode", "id");
            table.features.add("columnMapping");
            Path file = table.create()
                    .parquet("a.parquet", "SELECT 'r0' AS b, 1.5::DOUBLE AS a", ", FIELD_IDS {b: 4, a: 5}");
            table.commit(table.add(file, Map.of()));
            assertThat(read(input(), "id, f0")).containsExactly("r0|1.5");

            Path without = table.parquet("b.parquet", "SELECT 'r0' AS a, 1.5::DOUBLE AS b", "");
            table.commit(table.add(without, Map.of()));
            assertThat(refusal(input())).contains("has no field IDs");
        }

        @Test
        void aWidenedColumnHasItsNewType() {
            table.features.addAll(List.of("typeWidening", "timestampNtz"));
            table.column("a", "byte").column("b", "integer").column("c", "integer");
            table.column("d", "date").column("e", "decimal(4,1)").column("f", "float");
            table.create();
            table.append(
                    "SELECT 'r0' AS id, 1.0::DOUBLE AS f0, 1::TINYINT AS a, 2::INTEGER AS b, 3::INTEGER AS c, DATE '2026-01-02' AS d, 4.5::DECIMAL(4,1) AS e, 5.5::FLOAT AS f");
            table.withoutColumns().column("id", "string").column("f0", "double");
            table.column("a", "short").column("b", "long").column("c", "double");
            table.column("d", "timestamp_ntz").column("e", "decimal(10,3)").column("f", "double");
            table.change();

            assertThat(read(input(), "a, typeof(a), b, typeof(b), c, d, e, f, typeof(f)"))
                    .containsExactly("1|SMALLINT|2|BIGINT|3.0|2026-01-02 00:00:00.0|4.500|5.5|DOUBLE");
        }

        @Test
        void partitionValuesAreThoseOfTheLog() {
            table.column("s", "string")
                    .column("i", "integer")
                    .column("d", "date")
                    .column("t", "timestamp");
            table.column("b", "boolean")
                    .column("m", "decimal(6,2)")
                    .column("x", "double")
                    .column("l", "timestamp_ntz");
            table.features.add("timestampNtz");
            table.partitions.addAll(List.of("s", "i", "d", "t", "b", "m", "x", "l"));
            table.create();
            Map<String, @Nullable String> values = new HashMap<>();
            values.put("s", "it's");
            values.put("i", "-7");
            values.put("d", "2026-01-02");
            values.put("t", "2026-01-02T03:04:05.678901Z");
            values.put("b", "true");
            values.put("m", "1.50");
            values.put("x", "-Infinity");
            values.put("l", "2026-01-02 03:04:05.5");
            table.append("SELECT 'r0' AS id, 1.0::DOUBLE AS f0, 'of the file' AS s", values);
            values.replaceAll((name, value) -> name.equals("s") ? "" : null);
            table.append("SELECT 'r1' AS id, 1.0::DOUBLE AS f0", values);

            assertThat(read(input(), "id, s, i, d, epoch_us(t), b, m, x, l"))
                    .containsExactly(
                            "r0|it's|-7|2026-01-02|1767323045678901|true|1.50|-Infinity|2026-01-02 03:04:05.5",
                            "r1|null|null|null|null|null|null|null|null");
            values.put("t", "2026-01-02 03:04:05");
            table.append("SELECT 'r2' AS id, 1.0::DOUBLE AS f0", values);
            assertThat(refusal(input())).contains("the time 2026-01-02 03:04:05 without a time zone");
        }

        @Test
        void nestedColumnsAreReadByTheNamesOfTheirFields() throws Exception {
            String place = """
                    {"type": "struct", "fields": [
                        {"name": "city", "type": "string", "nullable": true, "metadata": {}}%s]}""";
            table.nested("place", place.formatted("")).create();
            table.append("SELECT 'r0' AS id, 1.0::DOUBLE AS f0, {'city': 'Rome'} AS place");
            table.withoutColumns().column("id", "string").column("f0", "double");
            table.nested(
                    "place",
                    place.formatted(
                            ", {\"name\": \"code\", \"type\": \"long\", \"nullable\": true, \"metadata\": {}}"));
            table.change();
            table.append("SELECT 'r1' AS id, 1.0::DOUBLE AS f0, {'city': 'Oslo', 'code': 7::BIGINT} AS place");

            assertThat(read(input(), "id, place.city, place.code")).containsExactly("r0|Rome|null", "r1|Oslo|7");
        }
    }

    @Nested
    class MappedFields {

        private static final String PLACES = """
                {"type": "array", "containsNull": true, "elementType": {"type": "struct", "fields": [
                    {"name": "%s", "type": "string", "nullable": true,
                     "metadata": {"delta.columnMapping.id": 4, "delta.columnMapping.physicalName": "c-4"}}%s]}}""";

        @BeforeEach
        void create() throws Exception {
            table.withoutColumns().mapped("id", "string", 1, "c-1").mapped("f0", "double", 2, "c-2");
            table.mapped("places", PLACES.formatted("city", ""), 3, "c-3");
            table.features.add("columnMapping");
        }

        private void write(String options) {
            Path file = table.create()
                    .parquet(
                            "a.parquet",
                            "SELECT 'r0' AS \"c-1\", 1.0::DOUBLE AS \"c-2\", [{'c-4': 'Rome'}, NULL] AS \"c-3\"",
                            options);
            table.commit(table.add(file, Map.of()));
        }

        private void rename() throws Exception {
            String code = """
                    , {"name": "code", "type": "long", "nullable": true,
                     "metadata": {"delta.columnMapping.id": 5, "delta.columnMapping.physicalName": "c-5"}}""";
            table.withoutColumns().mapped("id", "string", 1, "c-1").mapped("f0", "double", 2, "c-2");
            table.mapped("places", PLACES.formatted("town", code), 3, "c-3").change();
        }

        @Test
        void byName() throws Exception {
            table.properties.put("delta.columnMapping.mode", "name");
            write("");
            assertThat(read(input(), "places[1].city, places[2], len(places)")).containsExactly("Rome|null|2");
            rename();
            assertThat(read(input(), "places[1].town, places[1].code, places[2]"))
                    .containsExactly("Rome|null|null");
        }

        @Test
        void byId() throws Exception {
            table.properties.put("delta.columnMapping.mode", "id");
            write(
                    ", FIELD_IDS {'c-1': 1, 'c-2': 2, 'c-3': {__duckdb_field_id: 3, element: {__duckdb_field_id: 9, 'c-4': 4}}}");
            assertThat(refusal(job(input()).output("places").build())).contains("\"places\" is STRUCT(");
            assertThat(read(input(), "id, f0")).containsExactly("r0|1.0");
        }
    }

    @Nested
    class Deletes {

        @BeforeEach
        void create() {
            table.features.add("deletionVectors");
            table.create();
        }

        @Test
        void vectorsInTheLogAndInFilesAreApplied() throws Exception {
            Path first = table.append(rows(0, 5));
            Path second = table.append(rows(5, 10));
            Path third = table.append(rows(10, 15));
            table.delete(first, TestTable.inline(0, 4));
            table.delete(second, table.stored(NAME, 1, 2));
            table.delete(third, TestTable.absolute(folder.resolve("else where/vectors.bin"), 3));

            assertThat(ids()).containsExactly("r1", "r10", "r11", "r12", "r14", "r2", "r3", "r5", "r8", "r9");
            assertThat(read(input(), "id, file_row_number")).contains("r1|1", "r8|3", "r14|4");
            assertThat(read(version(3), "id")).hasSize(15);
        }

        @Test
        void aVectorThatIsGoneOrDamagedIsAPermanentFailure() throws Exception {
            Path file = table.append(rows(0, 5));
            table.delete(file, table.stored(NAME, 1, 2));
            Path vectors = table.vectorFile(NAME);
            byte[] bytes = java.nio.file.Files.readAllBytes(vectors);

            byte[] other = bytes.clone();
            other[bytes.length - 12] ^= 1;
            java.nio.file.Files.write(vectors, other);
            assertThat(refusal(input()))
                    .startsWith("source: a deletion vector in " + vectors + " is damaged: its checksum");
            java.nio.file.Files.write(vectors, Arrays.copyOf(bytes, bytes.length - 20));
            assertThat(refusal(input())).contains("is damaged: the file ends before byte");
            java.nio.file.Files.delete(vectors);
            assertThat(refusal(input()))
                    .isEqualTo(
                            "source: a file with deletion vectors is gone: %s. VACUUM has deleted it, or somebody else has"
                                    .formatted(vectors));
        }

        @Test
        void aVectorOfAnotherCountIsDamaged() {
            Path file = table.append(rows(0, 5));
            ObjectNode vector = TestTable.inline(1, 2).put("cardinality", 3);
            table.delete(file, vector);

            assertThat(refusal(input())).contains("is damaged: it has 2 positions, and the log says 3");
        }

        @Test
        void aFileWhoseRowsAreAllDeletedIsNotRead() {
            Path file = table.append(rows(0, 2));
            table.append(rows(2, 3));
            table.delete(file, TestTable.inline(0, 1));

            assertThat(plan(job(input()).build())).hasSize(1);
            assertThat(ids()).containsExactly("r2");
        }

        @Test
        void anotherVectorChangesThePin() {
            Path file = table.append(rows(0, 3));
            table.delete(file, TestTable.inline(0));
            Job job = job(input()).build();
            String before = SourcePins.identity(plan(job));
            List<InspectedFile> planned = plan(job);
            table.delete(file, TestTable.inline(0, 1));

            assertThat(SourcePins.identity(plan(job))).isNotEqualTo(before);
            assertThat(read(job, planned, "id")).containsExactly("r1", "r2");
            assertThat(ids()).containsExactly("r2");
        }

        @Test
        void anotherNodeReadsTheVectorsOfThePinnedVersion() {
            Path file = table.append(rows(0, 3));
            table.delete(file, TestTable.inline(0));
            Job job = job(input()).build();
            List<InspectedFile> planned = plan(job);
            table.delete(file, TestTable.inline(0, 1));
            sources = newNode();

            assertThat(read(job, planned, "id")).containsExactly("r1", "r2");
        }
    }

    @Nested
    class Files {

        @Test
        void pathsAreUris() throws Exception {
            table.column("p", "string").partitions.add("p");
            table.create();
            Path odd = table.parquet("p=a%20b/é ö%.parquet", rows(0, 1), "");
            table.commit(table.add("p=a%2520b/%C3%A9%20%C3%B6%25.parquet", odd, Map.of("p", "a b")));
            Path plain = table.parquet("plain+1.parquet", rows(1, 2), "");
            table.commit(table.add("plain+1.parquet", plain, Map.of("p", "c")));
            Path elsewhere = data.parquet("elsewhere dir/a.parquet", rows(2, 3));
            table.commit(table.add(elsewhere.toUri().toString(), elsewhere, Map.of("p", "d")));

            assertThat(read(input(), "id, p")).containsExactly("r0|a b", "r1|c", "r2|d");
            try (Sources limited = new Sources(
                    () -> data.duckDb, FileRoots.only(List.of(table.folder), List.of()), ObjectCopies.none())) {
                assertThat(permanent(() -> limited.inspect(job(input()).build(), MODEL)))
                        .contains("elsewhere dir/a.parquet is outside the folders that jobs may read");
            }
        }

        @Test
        void aTableMayHaveAnOddName() {
            table = new TestTable(data, "a b%20c ü/t=1#x")
                    .column("id", "string")
                    .column("f0", "double");
            table.create().append(rows(0, 2));

            assertThat(ids()).containsExactly("r0", "r1");
        }

        @Test
        void aPathOutsideOfFilesAndStoresIsRefused() {
            table.create();
            Path file = table.parquet("a.parquet", rows(0, 1), "");
            table.commit(table.add("hdfs://name/a.parquet", file, Map.of()));

            assertThat(refusal(input())).contains("the path hdfs://name/a.parquet");
        }

        @Test
        void aTableOutsideTheFoldersThatMayBeReadIsRefused() {
            table.create().append(rows(0, 1));
            try (Sources limited = new Sources(
                    () -> data.duckDb,
                    FileRoots.only(List.of(folder.resolve("other")), List.of()),
                    ObjectCopies.none())) {
                assertThat(permanent(() -> limited.inspect(job(input()).build(), MODEL)))
                        .startsWith(table.folder + " is outside the folders that jobs may read");
                assertThat(permanent(() -> limited.inspect(
                                job(new DeltaInput("s3://lake/customers/")).build(), MODEL)))
                        .startsWith("s3://lake/customers is outside the buckets that jobs may read");
            }
        }

        @Test
        void aConditionRulesOutFilesByPartitionsAndBounds() {
            table.column("n", "integer")
                    .column("day", "date")
                    .column("made", "timestamp")
                    .column("name", "string");
            table.partitions.add("day");
            table.create();
            for (int i = 0; i < 6; i++) {
                String day = "2026-01-0" + (1 + i / 2);
                table.append(
                        "SELECT 'r%1$d' AS id, 1.0::DOUBLE AS f0, %1$d::INTEGER AS n, TIMESTAMPTZ '2026-02-0%2$d 00:00:00.000500Z' AS made, 'name%1$d' AS name"
                                .formatted(i, 1 + i),
                        Map.of("day", day));
            }

            assertThat(kept("n = 4")).containsExactly("r4");
            assertThat(kept("N > 3 AND f0 < 9")).containsExactly("r4", "r5");
            assertThat(kept("day = '2026-01-02'")).containsExactly("r2", "r3");
            assertThat(kept("day >= DATE '2026-01-02' AND n < 4")).containsExactly("r2", "r3");
            assertThat(kept("n BETWEEN 1 AND 2 OR n IN (5)")).containsExactly("r1", "r2", "r5");
            assertThat(kept("3 < n")).containsExactly("r4", "r5");
            assertThat(kept("made >= '2026-02-06'")).containsExactly("r5");
            assertThat(kept("made >= '2026-02-06 00:00:00.0005'"))
                    .as("bounds have milliseconds")
                    .containsExactly("r5");
            assertThat(kept("made < TIMESTAMP '2026-02-02 00:00:00'")).containsExactly("r0");
            assertThat(kept("name <= 'name1'")).containsExactly("r0", "r1");
            assertThat(kept("day IS NULL")).isEmpty();
            assertThat(kept("n IS NOT NULL")).hasSize(6);
            assertThat(kept("n + 0 = 4")).as("not translated").hasSize(6);
            assertThat(kept("n = '4'")).as("not translated").hasSize(6);
            assertThat(kept("n = 4 OR f0 > 7")).as("not translated").hasSize(6);
            assertThat(kept("n = 99")).isEmpty();
            Job job = job(input()).where("n = 4").build();
            assertThat(sources.of(job.source()).details(plan(job)))
                    .contains("pruned      5 of 6 data files, by source.where and the statistics of the table");
        }

        private List<String> kept(String where) {
            Job job = job(input()).where(where).build();
            return read(job, plan(job), "id");
        }

        @Test
        void aFileWithoutStatisticsIsRead() {
            table.create();
            Path file = table.parquet("a.parquet", rows(0, 3), "");
            ObjectNode add = table.add(file, Map.of());
            ((ObjectNode) add.get("add")).remove("stats");
            table.commit(add);

            assertThat(kept("id = 'r1'")).containsExactly("r0", "r1", "r2");
        }

        @Test
        void aFileThatHasNotTheRowsOfItsStatisticsIsRefused() {
            table.create();
            Path file = table.parquet("a.parquet", rows(0, 3), "");
            ObjectNode add = table.add(file, Map.of());
            ((ObjectNode) add.get("add"))
                    .put("stats", object().put("numRecords", 4).toString());
            table.commit(add);

            assertThat(refusal(input())).contains("has 3 rows").contains("says that it has 4");
        }

        @Test
        void aLineForPeopleNamesTheVersion() {
            table.create().append(rows(0, 3));
            Job job = job(input()).build();

            assertThat(sources.of(job.source()).details(plan(job)).getFirst())
                    .startsWith("source      Delta table " + table.folder + ": version 1 of ")
                    .endsWith(", 1 data files");
        }
    }
}
