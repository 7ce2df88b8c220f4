package io.nightshift.system.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.nemesis.workload.DeltaOutput;
import io.nightshift.nemesis.workload.OutputFiles;
import io.nightshift.nemesis.workload.OutputFormat;
import io.nightshift.nemesis.workload.RedriveTrial;
import io.nightshift.nemesis.workload.SeveralOutputs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// That the nemesis would notice: what it reads from destinations shows rows and batches that are missing or twice.
final class BatchOutputTest {

    private static final String BATCH = "flights-20261128t120000-0a1b";
    private static final String ROWS = "SELECT 'f' AS record_file, i AS record_row, 0.5 AS probability,"
            + " 'b' AS batch_id, 't' AS predicted_at FROM range(%d) t(i)";

    @TempDir
    private Path folder;

    private static void write(Path file, String query) throws Exception {
        Files.createDirectories(file.getParent());
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = connection.createStatement()) {
            statement.execute("COPY (%s) TO '%s'".formatted(query, file));
        }
    }

    private OutputFiles.Folder written(OutputFormat format, String query) throws Exception {
        OutputFiles.Folder output = new OutputFiles.Folder(folder.resolve(format.name()), format);
        String part = format == OutputFormat.CSV ? "part-000000.csv.gz" : "part-000000.parquet";
        write(output.path().resolve("batch=" + BATCH).resolve(part), query);
        return output;
    }

    @Test
    void aRowThatIsMissingOrTwiceIsCounted() throws Exception {
        for (OutputFormat format : OutputFormat.values()) {
            String whole = written(format, ROWS.formatted(10)).digest();
            assertThat(whole).startsWith("10:10:");
            assertThat(written(format, ROWS.formatted(9)).digest()).startsWith("9:9:");
            assertThat(written(format, ROWS.formatted(10) + " UNION ALL " + ROWS.formatted(1))
                            .digest())
                    .startsWith("11:10:");
            assertThat(written(format, ROWS.formatted(10).replace("0.5", "0.6")).digest())
                    .startsWith("10:10:")
                    .isNotEqualTo(whole);
        }
    }

    @Test
    void aBatchThatOneOfSeveralDestinationsLacksIsReported() throws Exception {
        OutputFiles.Folder first = written(OutputFormat.PARQUET, ROWS.formatted(10));
        OutputFiles.Folder second = new OutputFiles.Folder(folder.resolve("second"), OutputFormat.CSV);
        SeveralOutputs both = new SeveralOutputs(List.of(first, second));
        assertThat(both.otherThan(BATCH)).isEqualTo("csv shows the batches []");
        assertThat(both.published()).isEmpty();

        Files.createDirectories(second.path().resolve("batch=" + BATCH));

        assertThat(both.otherThan(BATCH)).isEmpty();
        assertThat(both.published()).containsExactly(BATCH);
        assertThat(both.destination())
                .isEqualTo("{several: [{parquet: %s}, {csv: {folder: %s, compression: gzip}}]}"
                        .formatted(first.path(), second.path()));
    }

    private static String add(String batch, int file) {
        return "{\"add\":{\"path\":\"nightshift/batch=%s/part-%06d.parquet\",\"partitionValues\":{\"batch_id\":\"%s\"}}}%n"
                .formatted(batch, file, batch);
    }

    private void version(int version, String transaction, String adds) throws Exception {
        version(version, transaction, 1, adds);
    }

    private void version(int version, String transaction, int number, String adds) throws Exception {
        Path log = Files.createDirectories(folder.resolve("table/_delta_log"));
        String txn = "{\"txn\":{\"appId\":\"nightshift.batch=%s\",\"version\":%d}}%n".formatted(transaction, number);
        Files.writeString(log.resolve("%020d.json".formatted(version)), (transaction.isEmpty() ? "" : txn) + adds);
    }

    @Test
    void aDeltaTableShowsBatchesThatAreTwiceOrForeign() throws Exception {
        DeltaOutput output = new DeltaOutput(new OutputFiles.Folder(folder.resolve("table")));
        assertThat(output.otherThan(BATCH)).isEqualTo("delta shows the batches []");
        Path files = folder.resolve("table/nightshift/batch=" + BATCH);
        write(files.resolve("part-000000.parquet"), ROWS.formatted(10));
        write(files.resolve("part-000001.parquet"), ROWS.formatted(10));
        version(0, "", "{\"metaData\":{}}");
        version(1, BATCH, add(BATCH, 0));

        assertThat(output.otherThan(BATCH)).isEmpty();
        assertThat(output.digest()).startsWith("10:10:");
        assertThat(output.leftovers()).isEqualTo("nightshift/batch=%s/part-000001.parquet".formatted(BATCH));

        version(2, BATCH, add(BATCH, 1));
        assertThat(output.otherThan(BATCH)).contains("[%s, %s]".formatted(BATCH, BATCH));
        assertThat(output.digest()).startsWith("20:10:");
        assertThat(output.leftovers()).isEmpty();

        version(2, "other", add(BATCH, 1));
        assertThat(output.otherThan(BATCH)).contains("other transactions: [nightshift.batch=other]");
    }

    @Test
    void aSupplementOfADeltaTableThatIsThereTwiceIsReported() throws Exception {
        DeltaOutput output = new DeltaOutput(new OutputFiles.Folder(folder.resolve("table")));
        version(0, "", "{\"metaData\":{}}");
        version(1, BATCH, add(BATCH, 0));
        version(2, BATCH + "/supplements", 1, add(BATCH, 1));
        version(3, BATCH + "/supplements", 2, add(BATCH, 2));
        assertThat(output.otherThan(BATCH)).isEmpty();

        version(3, BATCH + "/supplements", 1, add(BATCH, 2));

        assertThat(output.otherThan(BATCH)).contains("[%s, %s]".formatted(BATCH, BATCH));
    }

    /// The rows 7 and 107 can't be healed.
    @Test
    void afterARedriveEachRowIsOnceInThePredictionsOrInTheQuarantine() throws Exception {
        for (OutputFormat format : OutputFormat.values()) {
            assertThat(violations(format, "i NOT IN (7, 107)", "i IN (7, 107)")).isEmpty();
            assertThat(violations(format, "i NOT IN (7, 107)", "i = 7"))
                    .singleElement()
                    .asString()
                    .contains(
                            ": 1 rows are neither in the predictions nor in the quarantine, the first one is row 107");
            assertThat(violations(format, "i <> 107", "i IN (7, 107)"))
                    .singleElement()
                    .asString()
                    .contains(
                            ": 1 rows are more than once in the predictions and the quarantine, the first one is row 7");
            assertThat(violations(format, "i NOT IN (7, 9)", "i IN (7, 9)"))
                    .singleElement()
                    .asString()
                    .contains(": 2 rows are in the wrong one of predictions and quarantine, the first one is row 9");
            assertThat(violations(format, "i NOT IN (7, 107) OR i = 200", "i IN (7, 107)"))
                    .singleElement()
                    .asString()
                    .contains(": 1 rows are not those of the input");
        }
    }

    private List<String> violations(OutputFormat format, String predicted, String quarantined) throws Exception {
        String rows = "SELECT i AS record_row FROM range(201) t(i) WHERE ";
        OutputFiles.Folder output = written(format, rows + "i < 200 AND " + predicted);
        String file = format == OutputFormat.CSV ? "_quarantine-000000.csv.gz" : "_quarantine-000000.parquet";
        write(output.path().resolve("batch=" + BATCH).resolve(file), rows + quarantined);
        return new RedriveTrial(200).violations(output.visibleRows().getFirst());
    }

    @Test
    void anotherBatchIsReported() throws Exception {
        OutputFiles.Folder output = written(OutputFormat.PARQUET, ROWS.formatted(10));
        Files.createDirectories(output.path().resolve("batch=other"));

        assertThat(output.otherThan(BATCH)).contains("other").startsWith("parquet shows the batches ");
    }
}
