package io.nightshift.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.PartitionKey;
import io.nightshift.protocol.job.PartitionKey.Every;
import io.nightshift.protocol.plan.Cut;
import io.nightshift.protocol.plan.CutPlan;
import io.nightshift.protocol.plan.CutPlan.Piece;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.duckdb.Sql;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Partition keys over Parquet files: each row is counted in the one cut whose condition lets it through.
class PartitionScanTest {

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    @TempDir
    Path folder = Path.of("");

    private TestData data;

    @BeforeEach
    void start() {
        data = TestData.shared(folder);
    }

    @AfterEach
    void stop() {
        data.close();
    }

    private static PartitionKey hash(String by, int count) {
        return new PartitionKey(by, count, List.of(), null, PartitionKey.UTC, false, null, null);
    }

    private static PartitionKey ranges(String by, String... bounds) {
        return new PartitionKey(by, null, List.of(bounds), null, PartitionKey.UTC, false, null, null);
    }

    private static PartitionKey every(Every every, String zone) {
        return new PartitionKey("k", null, List.of(), every, zone, false, null, null);
    }

    private static PartitionKey further(PartitionKey key) {
        return new PartitionKey(
                key.by(), key.count(), key.ranges(), key.every(), key.timeZone(), true, key.column(), key.folder());
    }

    private Path file(String name, String select) {
        return data.parquet(name, "SELECT 1.0 AS f0, * FROM (" + select + ")", ", ROW_GROUP_SIZE 2048");
    }

    private record Counted(List<InspectedFile> files, CutPlan plan) {
        Map<String, Long> sizes() {
            Map<String, Long> sizes = new LinkedHashMap<>();
            for (Piece piece : plan.pieces()) {
                sizes.merge(String.valueOf(plan.cuts().get(piece.cut()).value()), piece.selected(), Long::sum);
            }
            return sizes;
        }
    }

    /// Counts the cuts, and compares the counts with what their conditions let through.
    private Counted count(PartitionKey key, Path... files) {
        Job job = TestJobBuilder.over(files).partitions(1_000).partitions(key).build();
        Sources sources = new Sources(() -> data.duckDb);
        List<InspectedFile> inspected = sources.inspect(job, MODEL);
        CutPlan plan = sources.count(job, MODEL, inspected);
        List<String> covered = new ArrayList<>();
        for (int from = 0; from < plan.pieces().size(); from += 50) {
            List<Piece> pieces = plan.pieces()
                    .subList(from, Math.min(from + 50, plan.pieces().size()));
            List<String> queries = new ArrayList<>();
            for (Piece piece : pieces) {
                queries.add(
                        "SELECT '%d:' || file_row_number FROM read_parquet(%s, file_row_number = true) WHERE file_row_number >= %d AND file_row_number < %d AND (%s)"
                                .formatted(
                                        piece.file(),
                                        Sql.file(inspected
                                                .get(piece.file())
                                                .file()
                                                .path()),
                                        piece.firstRow(),
                                        piece.firstRow() + piece.rows(),
                                        plan.cuts().get(piece.cut()).condition()));
            }
            List<String> rows = data.rows(String.join(" UNION ALL ", queries));
            assertThat(rows).as("%s", pieces).hasSize((int)
                    pieces.stream().mapToLong(Piece::selected).sum());
            covered.addAll(rows);
        }
        long rows = inspected.stream().mapToLong(file -> file.file().rows()).sum();
        assertThat(covered).doesNotHaveDuplicates().hasSize(Math.toIntExact(rows));
        return new Counted(inspected, plan);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "i - 5000",
                "(i - 5000) * 1000",
                "i * 317811",
                "CASE WHEN i < 5000 THEN i ELSE i * 1000000007 END",
                "i::UBIGINT * 1000000000000",
                "concat(chr(97), i)",
                "(i // 7)::DECIMAL(9, 2)",
                "DATE '2026-01-01' + (i % 400)::INTEGER",
                "TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND",
                "uuid_key(i)",
            })
    void bucketsOfManyKeysAreOfAboutEqualSize(String key) {
        String sql = key.equals("uuid_key(i)") ? "CAST(md5(i::VARCHAR) AS UUID)" : key;
        Path file = file(
                "a.parquet",
                "SELECT CASE WHEN i %% 10 = 3 THEN NULL ELSE %s END AS k FROM range(10000) t(i)".formatted(sql));
        Map<String, Long> sizes = count(hash("k", 8), file).sizes();
        assertThat(sizes).containsKeys("0", "7", "null").hasSize(9).containsEntry("null", 1_000L);
        sizes.remove("null");
        long least = sizes.values().stream().mapToLong(Long::longValue).min().orElseThrow();
        long most = sizes.values().stream().mapToLong(Long::longValue).max().orElseThrow();
        assertThat(most).as("%s", sizes).isLessThan(2 * least);
    }

    @Test
    void theBucketOfAKeyStaysTheSameForEver() {
        Path file = file(
                "a.parquet", "SELECT * FROM (VALUES (1::BIGINT, 'a'), (-12, 'ä'), (9007199254740993, '')) t(n, k)");
        assertThat(count(hash("n", 1_000), file).sizes()).containsOnlyKeys("93", "185", "232");
        assertThat(count(hash("k", 1_000), file).sizes()).containsOnlyKeys("193", "551", "937");
    }

    @Test
    void aRangeHoldsItsLowerBoundAndNullsAreApart() {
        Path file = file(
                "a.parquet",
                "SELECT CASE i WHEN 50 THEN NULL WHEN 51 THEN 'nan'::DOUBLE WHEN 52 THEN 'infinity'::DOUBLE ELSE i END AS k FROM range(100) t(i)");
        assertThat(count(ranges("k", "10", "20.5"), file).sizes())
                .containsExactly(
                        Map.entry("..10", 10L),
                        Map.entry("10..20.5", 11L),
                        Map.entry("20.5..", 78L),
                        Map.entry("null", 1L));
        Path texts = file("b.parquet", "SELECT chr(65 + i::INTEGER) AS k FROM range(5) t(i)");
        assertThat(count(ranges("k", "B", "D'"), texts).sizes())
                .containsExactly(Map.entry("..B", 1L), Map.entry("B..D'", 3L), Map.entry("D'..", 1L));
    }

    /// An expression that fails for a row has no key there.
    @Test
    void aKeyThatCannotBeComputedIsLikeNull() {
        Path file = file("a.parquet", "SELECT CASE WHEN i = 7 THEN 'x' ELSE i::VARCHAR END AS k FROM range(10) t(i)");
        assertThat(count(ranges("CAST(k AS INTEGER)", "5"), file).sizes())
                .containsExactly(Map.entry("..5", 5L), Map.entry("5..", 4L), Map.entry("null", 1L));
    }

    @ParameterizedTest
    @CsvSource({
        "DAY, Europe/Berlin, 2026-03-28T23:00Z, 2026-03-29T22:00Z, 2026-03-29",
        "DAY, Europe/Berlin, 2026-10-24T22:00Z, 2026-10-25T23:00Z, 2026-10-25",
        "DAY, America/Sao_Paulo, 2018-11-04T03:00Z, 2018-11-05T02:00Z, 2018-11-04",
        "DAY, America/Havana, 2026-11-01T04:00Z, 2026-11-02T05:00Z, 2026-11-01",
        "DAY, Pacific/Apia, 2011-12-29T10:00Z, 2011-12-30T10:00Z, 2011-12-29",
        "DAY, Asia/Kathmandu, 2026-10-24T18:15Z, 2026-10-25T18:15Z, 2026-10-25",
        "MONTH, Europe/Berlin, 2026-02-28T23:00Z, 2026-03-31T22:00Z, 2026-03",
        "HOUR, UTC, 2026-10-25T00:00Z, 2026-10-25T01:00Z, 2026-10-25T00",
        "HOUR, Europe/Berlin, 2026-10-25T00:00Z, 2026-10-25T01:00Z, 2026-10-25T02+0200",
        "HOUR, Europe/Berlin, 2026-10-25T01:00Z, 2026-10-25T02:00Z, 2026-10-25T02+0100",
        "HOUR, Australia/Lord_Howe, 2026-04-04T14:00Z, 2026-04-04T15:00Z, 2026-04-05T01+1100",
        "HOUR, Australia/Lord_Howe, 2026-04-04T15:00Z, 2026-04-04T15:30Z, 2026-04-05T01+1030",
        "DAY, Africa/Monrovia, 1971-06-01T00:44:30Z, 1971-06-02T00:44:30Z, 1971-06-01",
    })
    void aPeriodBeginsAndEndsWhenTheClocksOfItsZoneSaySo(
            Every every, String zone, String start, String end, String name) {
        Path file = file("a.parquet", """
                SELECT * FROM (VALUES (TIMESTAMPTZ '%1$s' - INTERVAL 1 MICROSECOND), (TIMESTAMPTZ '%1$s'),
                (TIMESTAMPTZ '%2$s' - INTERVAL 1 MICROSECOND), (TIMESTAMPTZ '%2$s'), (NULL), ('infinity'), ('-infinity')) t(k)
                """.formatted(utc(start), utc(end)));
        assertThat(count(every(every, zone), file).sizes())
                .hasSize(4)
                .containsEntry(name, 2L)
                .containsEntry("null", 3L);
    }

    private static String utc(String instant) {
        return instant.replace("Z", "+00");
    }

    /// Every quarter of an hour around changes of clocks, and random moments of four centuries.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UTC",
                "Europe/Berlin",
                "America/St_Johns",
                "Australia/Lord_Howe",
                "Africa/Monrovia",
                "Pacific/Apia",
                "America/Havana"
            })
    void eachMomentIsInOnePeriod(String zone) {
        String moments = """
                SELECT k::%1$s AS k FROM (
                SELECT TIMESTAMP '2011-12-25' + INTERVAL (i * 15) MINUTE AS k FROM range(800) t(i)
                UNION ALL SELECT TIMESTAMP '2026-10-24' + INTERVAL (i * 15) MINUTE FROM range(300) t(i)
                UNION ALL SELECT TIMESTAMP '1972-01-01' + INTERVAL (i * 7919) SECOND FROM range(100) t(i)
                UNION ALL SELECT make_timestamp((hash(i) %% 12000000000000000)::BIGINT - 8000000000000000) FROM range(100) t(i)
                UNION ALL SELECT NULL)
                """;
        for (String type : List.of("TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMP_NS")) {
            Path file = file(type + ".parquet", moments.formatted(type));
            for (Every every : type.equals("TIMESTAMP") ? Every.values() : new Every[] {Every.DAY}) {
                assertThat(count(every(every, zone), file).sizes()).containsEntry("null", 1L);
            }
        }
        Path dates = file("dates.parquet", moments.formatted("DATE"));
        assertThat(count(every(Every.DAY, zone), dates).sizes()).containsEntry("2011-12-25", 96L);
        assertThat(count(every(Every.MONTH, zone), dates).sizes()).containsEntry("null", 1L);
    }

    /// The piece of a cut ends where a whole row group has no row of it.
    @Test
    void noRowGroupIsReadForACutOfWhichItHasNoRow() {
        Path file = file("a.parquet", "SELECT i // 2048 % 2 AS k, i FROM range(10240) t(i)");
        CutPlan plan = count(ranges("k", "1"), file).plan();
        assertThat(plan.pieces())
                .containsExactly(
                        new Piece(0, 0, 0, 2048, 2048),
                        new Piece(0, 0, 4096, 2048, 2048),
                        new Piece(0, 0, 8192, 2048, 2048),
                        new Piece(1, 0, 2048, 2048, 2048),
                        new Piece(1, 0, 6144, 2048, 2048));
        Path mixed = file("b.parquet", "SELECT i % 2 AS k, i FROM range(10240) t(i)");
        assertThat(count(ranges("k", "1"), mixed).plan().pieces())
                .containsExactly(new Piece(0, 0, 0, 10239, 5120), new Piece(1, 0, 1, 10239, 5120));
    }

    /// The second row group is not read: its first page is damaged.
    @Test
    void aRowGroupWhoseStatisticsProveItsCutIsNotRead() throws Exception {
        Path file = data.parquet(
                "a.parquet",
                "SELECT 1.0 AS f0, (i // 2048)::INTEGER AS k, hash(i)::VARCHAR AS t FROM range(8192) t(i)",
                ", ROW_GROUP_SIZE 2048, COMPRESSION uncompressed");
        List<String> offsets = data.rows(
                "SELECT dictionary_page_offset, data_page_offset FROM parquet_metadata(%s) WHERE path_in_schema = 'k'"
                        .formatted(Sql.file(file.toString())));
        assertThat(offsets).hasSize(4);
        byte[] bytes = Files.readAllBytes(file);
        for (String position : offsets.get(1).split("\\|", -1)) {
            if (!position.equals("null")) {
                Arrays.fill(bytes, Integer.parseInt(position), Integer.parseInt(position) + 8, (byte) 0xFF);
            }
        }
        Files.write(file, bytes);

        Job job = TestJobBuilder.over(file)
                .partitions(further(ranges("k", "1", "3")))
                .partitions(800)
                .build();
        Sources sources = new Sources(() -> data.duckDb);
        CutPlan plan = sources.count(job, MODEL, sources.inspect(job, MODEL));

        assertThat(plan.cuts()).extracting(Cut::value).containsExactly("..1", "1..3", "3..");
        assertThat(plan.pieces()).allMatch(piece -> piece.selected() <= 100);
        assertThat(plan.pieces().stream().mapToLong(Piece::selected).sum()).isEqualTo(8192);
    }

    @Test
    void piecesAreSmallEnoughToBeDividedFurther() {
        Path file = file("a.parquet", "SELECT CASE WHEN i % 50 = 0 THEN i ELSE 7 END AS k FROM range(20000) t(i)");
        Counted counted = count(further(hash("k", 4)), file);
        assertThat(counted.plan().pieces())
                .allSatisfy(piece -> assertThat(piece.selected()).isLessThanOrEqualTo(125));
        assertThat(counted.sizes()).hasSize(4);
    }

    @Test
    void manyFilesAreCountedTogether() {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            files.add(file("f%02d.parquet".formatted(i), "SELECT i + %d AS k FROM range(10) t(i)".formatted(i)));
        }
        assertThat(count(ranges("k", "15", "30"), files.toArray(Path[]::new)).sizes())
                .containsExactly(Map.entry("..15", 105L), Map.entry("15..30", 150L), Map.entry("30..", 45L));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DOUBLE | count | values of type DOUBLE can't be divided by count",
                "BIGINT | every | values of type BIGINT can't be divided by time; convert them to times",
                "DATE | hour | values of type DATE can't be divided by hours; write every: 1d",
                "BOOLEAN | ranges | values of type BOOLEAN can't be divided by ranges",
                "INTEGER | ranges:1.5 | partitions.ranges: \"1.5\" is not a INTEGER",
                "DATE | ranges:yesterday | partitions.ranges: \"yesterday\" is not a DATE",
                "INTEGER | ranges:2,1 | partitions.ranges: \"1\" is not greater than \"2\" before it",
                "TIMESTAMPTZ | ranges:2026-01-01 00:00 | is not a TIMESTAMP WITH TIME ZONE with an offset",
            })
    void whatCannotBeDividedIsRefusedWhenTheJobIsChecked(String type, String way, String message) {
        Path file = file("a.parquet", "SELECT CAST(NULL AS " + type + ") AS k");
        PartitionKey key = switch (way) {
            case "count" -> hash("k", 2);
            case "every" -> every(Every.DAY, "UTC");
            case "hour" -> every(Every.HOUR, "UTC");
            default -> ranges("k", way.contains(":") ? way.substring(7).split(",", -1) : new String[] {"1"});
        };
        assertThat(refusal(key, file)).contains(message);
    }

    @Test
    void aKeyThatIsNoColumnIsRefused() {
        Path file = file("a.parquet", "SELECT 1 AS event_time");
        assertThat(refusal(hash("evnt_time", 2), file))
                .contains("partitions.by: \"evnt_time\" is neither a column of", "did you mean \"event_time\"?");
        assertThat(refusal(hash("(SELECT 1)", 2), file)).contains("partitions.by");
    }

    private @Nullable String refusal(PartitionKey key, Path file) {
        Job job = TestJobBuilder.over(file).partitions(key).build();
        Sources sources = new Sources(() -> data.duckDb);
        List<String> found = new ArrayList<>();
        assertThatThrownBy(() -> sources.inspect(job, MODEL))
                .isInstanceOfSatisfying(
                        FailureException.class, e -> found.add(e.failure().message()));
        return found.getFirst();
    }
}
