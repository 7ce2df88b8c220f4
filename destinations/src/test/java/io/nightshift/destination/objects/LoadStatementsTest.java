package io.nightshift.destination.objects;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.csv.CsvFormat;
import io.nightshift.destination.folder.FileFormat;
import io.nightshift.destination.parquet.ParquetFormat;
import io.nightshift.protocol.batch.BatchId;
import io.nightshift.protocol.job.CsvDestination.Compression;
import io.nightshift.protocol.job.LoadTables;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Compares the statements with the documented examples of Redshift and Snowflake.
class LoadStatementsTest {

    private static final BatchKeys KEYS =
            new BatchKeys(BatchKeys.prefix("s3://scores/it's/churn"), new BatchId("churn-20261124t231425-3f9a"));

    private static Map<String, String> statements(FileFormat format, LoadTables tables, int parts) {
        return LoadStatements.of(
                tables,
                KEYS,
                format,
                IntStream.range(0, parts)
                        .mapToObj(i -> new PublicationDecision.Copy(
                                "part-%06d%s".formatted(i, format.extension()), "staged", 100 + i))
                        .toList());
    }

    @Test
    void redshiftLoadsAManifestInOneTransaction() {
        Map<String, String> statements = statements(new ParquetFormat(), new LoadTables("scores.churn", null), 2);

        assertThat(statements).containsOnlyKeys("_load-redshift.manifest", "_load-redshift.sql");
        assertThat(statements.get("_load-redshift.sql")).isEqualTo("""
                BEGIN;
                DELETE FROM scores.churn WHERE batch_id = 'churn-20261124t231425-3f9a';
                COPY scores.churn
                FROM 's3://scores/it''s/churn/batch=churn-20261124t231425-3f9a/_load-redshift.manifest'
                IAM_ROLE default
                FORMAT AS PARQUET
                MANIFEST;
                COMMIT;
                """);
        assertThat(statements.get("_load-redshift.manifest")).isEqualTo("""
                {
                  "entries" : [ {
                    "url" : "s3://scores/it's/churn/batch=churn-20261124t231425-3f9a/part-000000.parquet",
                    "mandatory" : true,
                    "meta" : {
                      "content_length" : 100
                    }
                  }, {
                    "url" : "s3://scores/it's/churn/batch=churn-20261124t231425-3f9a/part-000001.parquet",
                    "mandatory" : true,
                    "meta" : {
                      "content_length" : 101
                    }
                  } ]
                }
                """);
    }

    @Test
    void snowflakeLoadsTheListedFilesInOneTransaction() {
        assertThat(statements(new ParquetFormat(), new LoadTables(null, "db.scores.churn"), 2))
                .containsExactly(Map.entry("_load-snowflake.sql", """
                        BEGIN;
                        DELETE FROM db.scores.churn WHERE batch_id = 'churn-20261124t231425-3f9a';
                        COPY INTO db.scores.churn
                        FROM 's3://scores/it''s/churn/batch=churn-20261124t231425-3f9a/'
                        STORAGE_INTEGRATION = nightshift
                        FILES = ('part-000000.parquet', 'part-000001.parquet')
                        FILE_FORMAT = (TYPE = PARQUET USE_LOGICAL_TYPE = TRUE)
                        MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE
                        FORCE = TRUE;
                        COMMIT;
                        """));
    }

    @Test
    void oneStatementOfSnowflakeNamesNoMoreThanAThousandFiles() {
        String sql = Objects.requireNonNull(statements(new ParquetFormat(), new LoadTables(null, "churn"), 2_500)
                .get("_load-snowflake.sql"));

        assertThat(sql.lines().filter(line -> line.startsWith("FILES = ")).map(line -> line.split(",").length))
                .containsExactly(1_000, 1_000, 500);
        assertThat(sql).containsOnlyOnce("BEGIN;").containsOnlyOnce("COMMIT;");
    }

    @Test
    void aBatchWithoutPartsOnlyDeletesItsRows() {
        Map<String, String> statements = statements(new ParquetFormat(), new LoadTables("churn", "churn"), 0);

        for (String name : List.of("_load-redshift.sql", "_load-snowflake.sql")) {
            assertThat(statements.get(name)).as(name).isEqualTo("""
                    BEGIN;
                    DELETE FROM churn WHERE batch_id = 'churn-20261124t231425-3f9a';
                    COMMIT;
                    """);
        }
    }

    @Test
    void csvIsLoadedWithItsHeaderAndItsCompression() {
        Map<String, String> gzip = statements(new CsvFormat(Compression.GZIP), new LoadTables("churn", "churn"), 1);
        assertThat(gzip.get("_load-redshift.sql"))
                .contains("FORMAT AS CSV IGNOREHEADER 1 NULL AS '' DATEFORMAT 'auto' TIMEFORMAT 'auto' GZIP\n");
        assertThat(gzip.get("_load-snowflake.sql"))
                .contains(
                        "FILE_FORMAT = (TYPE = CSV PARSE_HEADER = TRUE FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () COMPRESSION = GZIP)");
        assertThat(statements(new CsvFormat(Compression.NONE), new LoadTables("churn", null), 1)
                        .get("_load-redshift.sql"))
                .contains("TIMEFORMAT 'auto'\nMANIFEST;");
    }

    @Test
    void theNamesAreThoseOfTheObjects() {
        for (LoadTables tables :
                List.of(new LoadTables("a", null), new LoadTables(null, "a"), new LoadTables("a", "b"))) {
            assertThat(statements(new ParquetFormat(), tables, 1).keySet())
                    .containsExactlyElementsOf(LoadStatements.names(tables));
        }
        assertThat(LoadStatements.names(null)).isEmpty();
    }
}
