package io.nightshift.destination.csv;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.ContractBatch;
import io.nightshift.destination.folder.FolderContract;
import io.nightshift.protocol.job.CsvDestination;
import io.nightshift.protocol.job.CsvDestination.Compression;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.Job;
import io.nightshift.source.TestJobBuilder;
import io.nightshift.storage.duckdb.Sql;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvDestinationTest extends FolderContract {

    @Override
    protected Destination destination() {
        return new CsvDestination(out().toString(), Compression.GZIP);
    }

    @Override
    protected String extension() {
        return ".csv.gz";
    }

    @Override
    protected String read(String files) {
        return "read_csv(%s, header = true, all_varchar = true, hive_partitioning = false)".formatted(Sql.text(files));
    }

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT csv, HEADER true, COMPRESSION gzip)"
                .formatted(query, Sql.text(file.toString()));
    }

    @Test
    void aPartIsRfc4180WithAHeader() throws Exception {
        publish();

        Path part = out().resolve("batch=" + ContractBatch.ID).resolve("part-000000.csv.gz");
        String text;
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(part))) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(text)
                .startsWith("record_id,prediction,note,model_name,model_version,batch_id,predicted_at\n"
                        + "r0,0.0,,delays,3,flights-20261124t231425-3f9a,20")
                .contains("\nr1,1.5,\"\",delays,3,")
                .contains("\nr2,3.0,\"a, \"\"b\"\"\n\",delays,3,")
                .endsWith("Z\n");
    }

    @Test
    void nullIsNotTheEmptyTextWhenItIsReadAgain() throws Exception {
        publish();

        List<Path> parts = List.of(out().resolve("batch=" + ContractBatch.ID).resolve("part-000000.csv.gz"));
        assertThat(batch.data()
                        .rows("SELECT note IS NULL, note = '', note = 'a, \"b\"' || chr(10) FROM %s LIMIT 3"
                                .formatted(new CsvFormat(Compression.GZIP).read(parts))))
                .containsExactly("true|null|null", "false|true|false", "false|false|true");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.1::DOUBLE",
                "1.7976931348623157e308::DOUBLE",
                "5e-324::DOUBLE",
                "(0.1 + 0.2)::DOUBLE",
                "0.1::FLOAT",
                "'NaN'::DOUBLE",
                "'-Infinity'::DOUBLE",
                "123456789012345678.901234567890::DECIMAL(38, 12)",
                "170141183460469231731687303715884105727::HUGEINT",
                "TIMESTAMP '2026-01-02 03:04:05.678901'",
                "TIMESTAMPTZ '2026-01-02 03:04:05+05'",
                "DATE '1969-12-31'",
                "TIME '23:59:59.123456'",
                "true",
                "'00112233-4455-6677-8899-aabbccddeeff'::UUID",
                "'Zürich \uD83C\uDF19 ,\"\r\n '''",
                "'NULL'",
                "' '",
                "''"
            })
    void aValueThatIsReadAgainIsTheSame(String value) {
        for (Compression compression : Compression.values()) {
            CsvFormat format = new CsvFormat(compression);
            Path file = folder.resolve("value" + format.extension());
            String type =
                    batch.data().rows("SELECT typeof(%s)".formatted(value)).getFirst();

            batch.data().execute(format.copy("SELECT %s AS v".formatted(CsvFormat.text(value, type)), file));

            assertThat(batch.data()
                            .rows("SELECT v::%s IS NOT DISTINCT FROM %s FROM %s"
                                    .formatted(type, value, format.read(List.of(file)))))
                    .as("%s, %s", value, compression)
                    .containsExactly("true");
        }
    }

    @Test
    void aTimestampIsWrittenInIso8601() {
        CsvFormat format = new CsvFormat(Compression.NONE);
        assertThat(batch.data()
                        .rows("SELECT %s, %s"
                                .formatted(
                                        format.id("TIMESTAMP '2026-01-02 03:04:05.5'"),
                                        format.id("TIMESTAMPTZ '2026-01-02 03:04:05+05'"))))
                .containsExactly("2026-01-02T03:04:05.5|2026-01-01T22:04:05Z");
    }

    @Test
    void aNestedColumnIsRefusedBeforeAnythingIsCreated() {
        Path input = batch.data().parquet("nested.parquet", "SELECT 1 AS f0, {'a': 1} AS s, [1] AS l");
        Job job = TestJobBuilder.over(input)
                .output("s", "l")
                .into(batch.job().destination())
                .build();

        assertThat(store().check(job, ContractBatch.MODEL))
                .containsExactly(
                        "the column s is a STRUCT(a INTEGER), which a CSV file can't hold; cast it, for example to VARCHAR",
                        "the column l is a INTEGER[], which a CSV file can't hold; cast it, for example to VARCHAR");
    }
}
