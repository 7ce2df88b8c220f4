package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.CsvInput;
import io.nightshift.protocol.job.Input;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.NdjsonInput;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.kinds.Sources;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What an attempt makes of text files: predictions, and malformed records in quarantine.
class TextRecordsIT {

    private static final SumModel MODEL =
            SumModel.of(SumModel.required("n", Precision.FLOAT64), SumModel.required("x", Precision.FLOAT64));

    private TestNode node;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private static CsvInput csv(Path file, Map<String, String> columns) {
        return new CsvInput(
                List.of(file.toString()),
                ",",
                "\"",
                null,
                true,
                "utf-8",
                List.of(""),
                true,
                ".",
                null,
                null,
                null,
                columns);
    }

    private static Map<String, String> types() {
        Map<String, String> types = new LinkedHashMap<>();
        types.put("n", "INTEGER");
        types.put("x", "DOUBLE");
        types.put("day", "DATE");
        return types;
    }

    private List<Slice> slices(Job job, long rows) {
        List<Slice> slices = new ArrayList<>();
        for (InspectedFile file : new Sources(() -> node.duckDb).inspect(job, MODEL.description())) {
            for (long first = 0; first < file.file().rows(); first += rows) {
                slices.add(
                        new Slice(file.file(), first, Math.min(rows, file.file().rows() - first)));
            }
        }
        return slices;
    }

    /// Row i has a fault if i is divisible by 100.
    private static String line(int i) {
        String day = "2026-01-%02d".formatted(1 + i % 28);
        return switch (i % 100 == 0 ? i / 100 % 5 : -1) {
            case 0 -> "r%d,%d".formatted(i, i);
            case 1 -> "r%d,%d,many,2026-01-01".formatted(i, i);
            case 2 -> "r%d,%d,0.5,2026-02-30".formatted(i, i);
            case 3 -> "\"r%d,%d,0.5,%s".formatted(i, i, day);
            case 4 -> "r%d,%d,0.5,%s,more".formatted(i, i, day);
            default -> "r%d,%d,0.5,%s".formatted(i, i, day);
        };
    }

    /// The position of a line in the file.
    private static int byteOf(int i) {
        int bytes = "id,n,x,day\n".length();
        for (int before = 0; before < i; before++) {
            bytes += line(before).length() + 1;
        }
        return bytes;
    }

    private Path lines(int rows) throws IOException {
        List<String> lines = new ArrayList<>(List.of("id,n,x,day"));
        for (int i = 0; i < rows; i++) {
            lines.add(line(i));
        }
        return Files.write(node.folder.resolve("in.csv"), lines);
    }

    @Test
    void everyMalformedRecordIsQuarantinedWhereverItIsCut() throws IOException {
        Path file = lines(10_000);
        Job job = TestJobBuilder.over(csv(file, types()))
                .id("id")
                .features("n", "x")
                .output("day")
                .build();
        for (long rows : new long[] {10_000, 777}) {
            long predictions = 0;
            List<String> positions = new ArrayList<>();
            for (Slice slice : slices(job, rows)) {
                Scored scored = node.score(job, MODEL, List.of(slice));
                scored.assertCounts(slice.rows(), scored.result().commit().predictions());
                predictions += scored.result().commit().predictions();
                if (scored.result().commit().quarantined() > 0) {
                    positions.addAll(node.rows("SELECT record_row FROM " + scored.quarantineTable() + " ORDER BY ALL"));
                }
                assertThat(node.rows("SELECT count(*) FROM %s WHERE prediction <> substr(record_id, 2)::INTEGER + 0.5"
                                .formatted(scored.partTable())))
                        .containsExactly("0");
            }
            assertThat(predictions).isEqualTo(9_900);
            assertThat(positions)
                    .hasSize(100)
                    .allSatisfy(row -> assertThat(Long.parseLong(row) % 100).isZero());
        }
    }

    @Test
    void theQuarantineSaysWhatIsWrongWhereAndWhatTheLineIs() throws IOException {
        Path file = lines(500);
        Job job = TestJobBuilder.over(csv(file, types()))
                .id("id")
                .features("n", "x")
                .output("day")
                .build();

        Scored scored = node.score(job, MODEL, slices(job, 500));

        assertThat(node.rows("SELECT record_row, reason, \"value\", message FROM %s ORDER BY ALL"
                        .formatted(scored.quarantineTable())))
                .containsExactly(
                        "0|malformed record: it has 2 values, and the file has 4 columns|r0,0|line 2, byte 11",
                        "100|malformed record: column \"x\" is not DOUBLE|r100,100,many,2026-01-01|line 102, byte "
                                + byteOf(100) + ": many",
                        "200|malformed record: column \"day\" is not DATE|r200,200,0.5,2026-02-30|line 202, byte "
                                + byteOf(200) + ": 2026-02-30",
                        "300|malformed record: a quote is not closed|\"r300,300,0.5,2026-01-21|line 302, byte "
                                + byteOf(300),
                        "400|malformed record: it has 5 values, and the file has 4 columns|r400,400,0.5,2026-01-09,more|line 402, byte "
                                + byteOf(400));
        assertThat(scored.result().reasons().getFirst())
                .isEqualTo(
                        "in.csv row 0: malformed record: it has 2 values, and the file has 4 columns: line 2, byte 11");
    }

    @Test
    void aConditionLetsEveryMalformedRecordThrough() throws IOException {
        Path file = lines(1_000);
        Job job = TestJobBuilder.over(csv(file, types()))
                .id("id")
                .features("n", "x")
                .output("day")
                .where("n < 10")
                .build();

        Scored scored = node.score(job, MODEL, slices(job, 1_000));

        // Rows 1 to 9, and the ten malformed ones.
        scored.assertCounts(19, 9);
    }

    @Test
    void anExpressionThatFailsAndAMalformedRecordAreBothQuarantined() throws IOException {
        Path file = lines(300);
        Job job = TestJobBuilder.over(csv(file, types()))
                .id("id")
                .features("CAST(CASE WHEN n = 5 THEN 'five' ELSE '1' END AS INTEGER)", "x")
                .output("day")
                .build();

        Scored scored = node.score(job, MODEL, slices(job, 300));

        scored.assertCounts(300, 296);
        assertThat(node.rows("SELECT record_row, \"values\" FROM %s WHERE record_row IN (0, 5) ORDER BY ALL"
                        .formatted(scored.quarantineTable())))
                .containsExactly("0|null", "5|{\"id\":\"r5\",\"n\":5,\"x\":0.5,\"day\":\"2026-01-06\"}");
    }

    @Test
    void predictionsFromCsvAndNdjsonAreThoseFromParquet() {
        String query =
                "SELECT 'r' || i AS id, i AS n, i / 8 AS x, DATE '2026-01-01' + (i % 28)::INTEGER AS day, CASE WHEN i % 7 = 0 THEN NULL ELSE 'a, \"b\"' || i END AS t FROM range(30000) t(i)";
        Path parquet = node.parquet("rows.parquet", query);
        node.execute("COPY (%s) TO '%s' (FORMAT csv, HEADER)".formatted(query, node.folder.resolve("rows.csv")));
        node.execute("COPY (%s) TO '%s' (FORMAT csv, HEADER, COMPRESSION gzip)"
                .formatted(query, node.folder.resolve("rows.csv.gz")));
        node.execute("COPY (%s) TO '%s' (FORMAT json)".formatted(query, node.folder.resolve("rows.ndjson")));
        List<String> expected = predictions(
                TestJobBuilder.over(parquet)
                        .id("id")
                        .features("n", "x")
                        .output("day", "t")
                        .build(),
                List.of(node.whole(parquet)));
        for (Input input : List.of(
                csv(node.folder.resolve("rows.csv"), Map.of()),
                csv(node.folder.resolve("rows.csv.gz"), Map.of()),
                new NdjsonInput(List.of(node.folder.resolve("rows.ndjson").toString()), Map.of()))) {
            Job job = TestJobBuilder.over(input)
                    .id("id")
                    .features("n", "x")
                    .output("day", "t")
                    .build();
            assertThat(predictions(job, slices(job, 12_345)))
                    .as(input.toString())
                    .isEqualTo(expected);
        }
    }

    private List<String> predictions(Job job, List<Slice> slices) {
        Scored scored = node.score(job, MODEL, slices);
        scored.assertCounts(30_000, 30_000);
        return node.rows(
                "SELECT md5(string_agg(concat_ws('|', record_id, prediction, day, t), ',' ORDER BY record_id)) FROM "
                        + scored.partTable());
    }
}
