package io.nightshift.worker.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nightshift.destination.folder.OutputRows;
import io.nightshift.destination.folder.OutputRows.IdDigest;
import io.nightshift.destination.folder.WrittenFile;
import io.nightshift.destination.parquet.ParquetFormat;
import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.kinds.Sources;
import io.nightshift.worker.SumModel;
import io.nightshift.worker.TestNode;
import io.nightshift.worker.TestNode.Scored;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutputRowsTest {

    private static final SumModel MODEL = SumModel.of(SumModel.required("f0", Precision.FLOAT64));

    private TestNode node;
    private OutputRows output;

    @BeforeEach
    void start(@TempDir Path temp) {
        node = new TestNode(temp);
        output = new OutputRows(() -> node.duckDb, new ParquetFormat(), new Sources(() -> node.duckDb));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /// Scores both halves of a file as a partition each; gives the parts and quarantine files.
    private List<Path> score(Job job, Path file) {
        Slice whole = node.whole(file);
        long half = whole.rows() / 2;
        List<Path> files = new ArrayList<>();
        for (Slice slice :
                List.of(new Slice(whole.file(), 0, half), new Slice(whole.file(), half, whole.rows() - half))) {
            Scored scored = node.score(job, MODEL, List.of(slice));
            files.add(scored.part());
            if (scored.result().commit().quarantine() != null) {
                files.add(scored.quarantine());
            }
        }
        return files;
    }

    private IdDigest sourceIds(Job job, Path file) {
        return output.sourceIds(job, List.of(node.whole(file)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "i",
                "i::UBIGINT",
                "'id ' || i",
                "md5(i::VARCHAR)::UUID",
                "(i / 8)::DECIMAL(18, 3)",
                "(i * 1.1)::DOUBLE",
                "TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * i",
                "CASE WHEN i % 100 = 3 THEN NULL ELSE i END",
                "{'a': i, 'b': 'x'}"
            })
    void theIdsOfAllOutputAreThoseOfTheSource(String id) {
        Path file = node.parquet(
                "in.parquet",
                "SELECT %s AS id, CASE WHEN i %% 500 <> 7 THEN i END AS f0 FROM range(5000) t(i)".formatted(id));
        Job job = TestJobBuilder.over(file).id("id").build();
        List<Path> files = score(job, file);
        assertThat(files).hasSize(4);
        assertThat(output.outputIds(written(files))).extracting(IdDigest::ids).isEqualTo(5000L);
        assertThat(output.outputIds(written(files))).isEqualTo(sourceIds(job, file));
        assertThat(output.count(files)).isEqualTo(5000);
    }

    @Test
    void positionsAreIdsWhereTheJobNamesNone() {
        Path file = node.parquet(
                "it's [1].parquet", "SELECT CASE WHEN i % 500 <> 7 THEN i END AS f0 FROM range(5000) t(i)");
        Job job = TestJobBuilder.over(file).build();
        List<Path> files = score(job, file);
        assertThat(files).hasSize(4);
        assertThat(output.outputIds(written(files))).extracting(IdDigest::ids).isEqualTo(5000L);
        assertThat(output.outputIds(written(files))).isEqualTo(sourceIds(job, file));
        assertThat(output.repeatedIds(written(files), 5)).isEmpty();
    }

    @Test
    void rowsThatFailOrAreLeftOutCountAsTheyDoWhenScored() {
        Path file = node.parquet("in.parquet", """
                SELECT CASE WHEN i % 100 = 3 THEN 'abc' ELSE i::VARCHAR END AS s, i AS f0 FROM range(3000) t(i)
                """);
        Job failingWhere = TestJobBuilder.over(file)
                .id("s")
                .where("CAST(s AS INTEGER) % 2 = 0")
                .build();
        List<Path> files = score(failingWhere, file);
        assertThat(output.outputIds(written(files))).extracting(IdDigest::ids).isEqualTo(1530L);
        assertThat(output.outputIds(written(files))).isEqualTo(sourceIds(failingWhere, file));
        assertThat(output.repeatedIds(written(files), 5)).containsExactly("abc × 30");

        Job failingId = TestJobBuilder.over(file)
                .select("number", "CAST(s AS INTEGER)")
                .id("number")
                .where("f0 < 2000")
                .build();
        List<Path> more = score(failingId, file);
        assertThat(output.outputIds(written(more))).extracting(IdDigest::ids).isEqualTo(2000L);
        assertThat(output.outputIds(written(more))).isEqualTo(sourceIds(failingId, file));
    }

    @Test
    void aLostADoubledAndAnExchangedRowAreNoticed() {
        Path file = node.parquet("in.parquet", "SELECT i AS id, i AS f0 FROM range(100) t(i)");
        Job job = TestJobBuilder.over(file).id("id").build();
        IdDigest ids = sourceIds(job, file);
        String[] wrong = {
            "SELECT i AS record_id FROM range(99) t(i)",
            "SELECT i AS record_id FROM range(100) t(i) UNION ALL SELECT 5",
            "SELECT CASE WHEN i = 99 THEN 5 ELSE i END AS record_id FROM range(100) t(i)"
        };
        for (String select : wrong) {
            assertThat(output.outputIds(written(node.parquet("out.parquet", select))))
                    .isNotEqualTo(ids);
        }
        assertThat(output.outputIds(
                        written(node.parquet("out.parquet", "SELECT 99 - i AS record_id FROM range(100) t(i)"))))
                .isEqualTo(ids);
    }

    @Test
    void repeatedIdsAreFoundAcrossFilesTheMostRepeatedFirst() {
        Path a = node.parquet("a.parquet", "SELECT unnest(['x', 'y', 'z', 'x']) AS record_id, 1 AS prediction");
        Path b = node.parquet(
                "_quarantine.parquet",
                "SELECT unnest(['z', 'x']) AS record_id, 'f' AS record_file, 0::BIGINT AS record_row, 'r' AS reason");
        assertThat(output.repeatedIds(written(a, b), 10)).containsExactly("x × 3", "z × 2");
        assertThat(output.repeatedIds(written(a, b), 1)).containsExactly("x × 3");
        assertThat(output.repeatedIds(written(b), 1)).isEmpty();
    }

    /// A batch may have a million files.
    @Test
    void onlySomeFilesAreOpenAtATime() {
        int number = 120;
        AtomicInteger open = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<WrittenFile> files = IntStream.range(0, number)
                .mapToObj(i -> node.parquet(
                        "part-" + i + ".parquet",
                        i % 40 < 2
                                ? "SELECT 'of three files %d' AS record_id".formatted(i % 40)
                                : "SELECT 'of one file %d' AS record_id".formatted(i)))
                .<WrittenFile>map(path -> new CountedFile(path, open, most))
                .toList();

        assertThat(output.repeatedIds(files, 5)).containsExactly("of three files 0 × 3", "of three files 1 × 3");
        assertThat(output.outputIds(files).ids()).isEqualTo(number);

        assertThat(most.get()).isBetween(2, number / 2);
        assertThat(open).hasValue(0);
    }

    @Test
    void idsAreCountedInSeveralPassesIfThereAreMany() {
        OutputRows small = new OutputRows(() -> node.duckDb, new ParquetFormat(), new Sources(() -> node.duckDb), 100);
        Path once = node.parquet("once.parquet", "SELECT i AS record_id FROM range(1000) t(i)");
        Path again = node.parquet("again.parquet", "SELECT i * 7 AS record_id FROM range(3) t(i)");

        assertThat(small.repeatedIds(written(once), 5)).isEmpty();
        assertThat(small.repeatedIds(written(once, again), 5)).containsExactly("0 × 2", "14 × 2", "7 × 2");
        assertThat(small.repeatedIds(written(once, again), 2)).containsExactly("0 × 2", "14 × 2");
    }

    private static List<WrittenFile> written(Path... paths) {
        return written(List.of(paths));
    }

    private static List<WrittenFile> written(List<Path> paths) {
        return paths.stream()
                .<WrittenFile>map(path -> new CountedFile(path, new AtomicInteger(), new AtomicInteger()))
                .toList();
    }

    /// A file on the disk.
    ///
    /// @param opened how many of its kind are open
    /// @param most how many were open at a time
    private record CountedFile(Path path, AtomicInteger opened, AtomicInteger most)
            implements WrittenFile, WrittenFile.Local {

        @Override
        public Optional<String> refusal() {
            return Optional.empty();
        }

        @Override
        public OptionalLong length() throws IOException {
            return OptionalLong.of(Files.size(path));
        }

        @Override
        public Local open() {
            most.accumulateAndGet(opened.incrementAndGet(), Math::max);
            return this;
        }

        @Override
        public void close() {
            opened.decrementAndGet();
        }
    }

    @Test
    void rowsAreCountedByDecodingThem() throws IOException {
        Path file = node.parquet(
                "out.parquet",
                "SELECT hash(i) AS record_id, i AS more FROM range(30000) t(i)",
                ", COMPRESSION snappy, ROW_GROUP_SIZE 10240");
        assertThat(output.count(List.of(file))).isEqualTo(30000);
        assertThat(output.count(List.of())).isZero();
        byte[] content = Files.readAllBytes(file);
        int page = Integer.parseInt(
                node.rows("SELECT data_page_offset FROM parquet_metadata('%s') WHERE row_group_id = 1 AND column_id = 1"
                                .formatted(file))
                        .getFirst());
        Arrays.fill(content, page, page + 40, (byte) 0xff);
        Files.write(file, content);
        assertThatThrownBy(() -> output.count(List.of(file)))
                .isInstanceOf(FailureException.class)
                .hasMessageStartingWith("output can't be read");
    }
}
