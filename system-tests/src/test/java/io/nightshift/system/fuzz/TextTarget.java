package io.nightshift.system.fuzz;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.plan.Slice;
import io.nightshift.scoring.model.FeatureType;
import io.nightshift.scoring.model.FeatureType.Precision;
import io.nightshift.scoring.model.ModelDescription;
import io.nightshift.scoring.model.ModelFeature;
import io.nightshift.scoring.model.Task;
import io.nightshift.source.HeldSlices;
import io.nightshift.source.SourceInspector.InspectedFile;
import io.nightshift.source.SourceReader;
import io.nightshift.source.SourceRelation;
import io.nightshift.source.kinds.Sources;
import io.nightshift.storage.duckdb.DuckDb;
import io.nightshift.storage.filesystem.Folders;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;

/// CSV and NDJSON files, planned and read as a batch does. The first byte of an input chooses the options. A
/// finding is also a plan with another number of records than are read.
final class TextTarget implements FuzzTarget {

    private static final List<String> SOURCES = List.of(
            "{csv: {files: '%s'}}",
            "{csv: {files: '%s', delimiter: ';', decimal: ',', thousands: '.', escape: '\\', nulls: ['', NA]}}",
            "{csv: {files: '%s', header: false, quote: none, columns: {a: INTEGER, b: VARCHAR, c: DATE}}}",
            "{csv: {files: '%s', encoding: utf-16}}",
            "{ndjson: '%s'}");

    private static final String CSV = """
            id,name,day,amount
            1,"one, ""two""!",2026-01-01,1.5
            2,,2026-01-02,-3e7
            3,"a
            b",2026-13-02,x
            """;

    private static final ModelDescription MODEL = new ModelDescription(
            "test",
            "sum",
            Task.REGRESSION,
            List.of(new ModelFeature("one", new FeatureType.Numeric(Precision.FLOAT64), true)),
            List.of(),
            Map.of());

    private final Path folder;
    private final DuckDb duckDb;
    private int files;

    TextTarget() {
        try {
            folder = Files.createTempDirectory("fuzz");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        duckDb = DuckDb.open(128L << 20, folder.resolve("spill"));
    }

    @Override
    public List<byte[]> seeds() {
        byte[] german = "id;name;amount\n1;\"a\\\"b\";1.234,5\n2;NA;-,5\n".getBytes(StandardCharsets.ISO_8859_1);
        return List.of(
                FuzzTargets.prefixed(0, CSV.getBytes(StandardCharsets.UTF_8)),
                FuzzTargets.prefixed(0, gzip(CSV)),
                FuzzTargets.prefixed(1, german),
                FuzzTargets.prefixed(2, "1,x,2026-01-01\n2,\"y,2026-01-02\n".getBytes(StandardCharsets.UTF_8)),
                FuzzTargets.prefixed(3, CSV.getBytes(StandardCharsets.UTF_16)),
                FuzzTargets.prefixed(4, """
                        {"id": 1, "tags": ["a", "b"], "address": {"zip": "01067", "at": "2026-01-01T10:00:00Z"}}
                        {"id": 2.5, "tags": [], "name": "\\u00e9\\ud83d\\ude00", "x": null}
                        {"id": true}
                        """.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    @Override
    public int slowness() {
        return 10;
    }

    @Override
    public void read(byte[] input) throws IOException, SQLException {
        if (input.length == 0) {
            return;
        }
        Path file = folder.resolve("input-" + files++);
        Files.write(file, Arrays.copyOfRange(input, 1, input.length));
        try {
            read(job(SOURCES.get((input[0] & 0xff) % SOURCES.size()).formatted(file)));
        } catch (FailureException refused) {
            // The file is broken, and the message says how.
        } finally {
            Files.delete(file);
        }
    }

    private Job job(String source) {
        String text = "{job: fuzz, model: one@1, features: ['1.0 + 0'], source: %s, destination: {parquet: '%s'}}"
                .formatted(source, folder.resolve("predictions"));
        return JobFile.parse(text.getBytes(StandardCharsets.UTF_8), folder.resolve("job.yaml"), List.of());
    }

    private void read(Job job) throws SQLException {
        Sources sources = new Sources(() -> duckDb);
        List<Slice> slices = new ArrayList<>();
        long planned = 0;
        for (InspectedFile file : sources.inspect(job, MODEL)) {
            slices.add(new Slice(file.file(), 0, file.file().rows()));
            planned += file.file().rows();
        }
        SourceReader reader = sources.of(job.source());
        long read = 0;
        try (Connection connection = duckDb.connect();
                HeldSlices held = reader.hold(slices);
                Statement statement = connection.createStatement()) {
            Objects.requireNonNull(held);
            for (SourceRelation relation : reader.relations(connection, slices)) {
                try (ResultSet rows = statement.executeQuery("SELECT * FROM " + relation.from())) {
                    while (rows.next()) {
                        read++;
                    }
                }
            }
        }
        if (read != planned) {
            throw new IllegalStateException("%d records are planned and %d are read".formatted(planned, read));
        }
    }

    @Override
    public void close() throws IOException {
        duckDb.close();
        Folders.deleteTree(folder);
    }
}
