package io.nightshift.delta.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.DeltaInput;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceReader.BoundSlices;
import io.nightshift.source.TestData;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.source.TestModels;
import io.nightshift.source.kinds.Sources;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/// Tables that Spark has written, compared with the rows that Spark reads of them.
/// `bench/SparkDeltaTables.java` has written the tables and the rows.
class SparkTablesTest {

    private static final ModelDescription MODEL = TestModels.ofNumbers(1);

    /// Where Spark has written the tables, as the log of a clone has it.
    private static final String WRITTEN = "/tmp/spark-tables/";

    @TempDir
    private Path folder = Path.of("");

    private TestData data;
    private Sources sources;

    @BeforeEach
    void unpack() throws IOException {
        data = TestData.shared(folder);
        sources = new Sources(() -> data.duckDb);
        try (InputStream packed =
                        Objects.requireNonNull(SparkTablesTest.class.getResourceAsStream("spark-tables.zip"));
                ZipInputStream entries = new ZipInputStream(packed)) {
            for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                Path file = folder.resolve(entry.getName());
                if (!entry.isDirectory()) {
                    Files.createDirectories(file.getParent());
                    Files.write(file, content(entry.getName(), entries.readAllBytes()));
                }
            }
        }
    }

    private byte[] content(String name, byte[] bytes) {
        return name.startsWith("clone/") && name.endsWith(".json")
                ? new String(bytes, StandardCharsets.UTF_8)
                        .replace(WRITTEN, folder + "/")
                        .getBytes(StandardCharsets.UTF_8)
                : bytes;
    }

    @AfterEach
    void stop() {
        sources.close();
        data.close();
    }

    @TestFactory
    Stream<DynamicTest> theRowsAreThoseThatSparkReads() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> expected = files.filter(file -> file.toString().endsWith(".rows"))
                    .sorted()
                    .toList();
            assertThat(expected).hasSizeGreaterThan(10);
            return expected.stream()
                    .map(rows -> DynamicTest.dynamicTest(rows.getFileName().toString(), () -> compare(rows)));
        }
    }

    private void compare(Path rows) throws Exception {
        List<String> lines = Files.readAllLines(rows);
        String[] name =
                rows.getFileName().toString().replaceFirst("[.]rows$", "").split("@");
        DeltaInput input = new DeltaInput(folder.resolve(name[0]).toString(), name.length > 1 ? name[1] : null, null);

        assertThat(read(input, inDuckDb(lines.getFirst())))
                .containsExactlyInAnyOrderElementsOf(lines.subList(1, lines.size()));
    }

    private static String inDuckDb(String select) {
        return select.replace("unix_micros(", "epoch_us(").replace("element_at(", "list_extract(");
    }

    private List<String> read(DeltaInput input, String select) throws Exception {
        Job job = TestJobBuilder.over(input).id("id").build();
        List<InspectedFile> files = sources.inspect(job, MODEL);
        List<Slice> slices = files.stream()
                .map(file -> new Slice(file.file(), 0, file.file().rows()))
                .toList();
        SourceReader reader = sources.of(job.source());
        List<String> rows = new ArrayList<>();
        try (Connection connection = data.duckDb.connect();
                HeldSlices _ = reader.hold(slices)) {
            for (BoundSlices group : reader.bind(connection, slices, job, MODEL)) {
                String range = group.relation().range();
                rows.addAll(data.rows("SELECT %s FROM %s WHERE %s"
                        .formatted(select, group.relation().from(), range.isEmpty() ? "TRUE" : range)));
            }
        }
        assertThat(files.stream().mapToLong(file -> file.file().rows()).sum()).isEqualTo(rows.size());
        return rows;
    }
}
