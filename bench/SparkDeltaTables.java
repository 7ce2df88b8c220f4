import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/// Writes small Delta tables with Spark, and next to each the rows that Spark reads from it. `SparkTablesTest`
/// compares them with the rows that Nightshift reads. `bench/peers/install.sh spark-readers` installs Spark, which
/// needs a JDK of 17 or 21, and prints its LIBRARIES. The checkpoint of the clone has absolute paths, which the
/// test can't change.
///
///     java @SPARK-OPTIONS -cp LIBRARIES bench/SparkDeltaTables.java /tmp/spark-tables [TABLE ...]
///     cd /tmp/spark-tables && rm clone/_delta_log/*checkpoint* && zip -qr -X spark-tables.zip . -x '*.crc'
class SparkDeltaTables {

    private static final List<String> TABLES = List.of(
            "vectors", "partitions", "mapped", "upgraded", "widened", "checkpoints", "checkpoints-v2", "struct-statistics", "types", "clone", "clustered");

    private static SparkSession spark;
    private static Path folder;

    private static void sql(String text) {
        spark.sql(text);
    }

    private static String table(String name) {
        return "delta.`" + folder.resolve(name) + "`";
    }

    /// The rows as `column=value` texts, sorted.
    private static void expect(String name, String select) throws Exception {
        expect(name, select, "");
    }

    private static void expect(String name, String select, String version) throws Exception {
        List<String> rows = new ArrayList<>();
        for (Row row : spark.sql("SELECT " + select + " FROM " + table(name) + version).collectAsList()) {
            rows.add(row.mkString("|"));
        }
        rows.sort(null);
        Path expected = folder.resolve(name + version.replaceAll("[^0-9]+", "@") + ".rows");
        Files.writeString(expected, select + "\n" + String.join("\n", rows) + "\n");
        System.out.println(expected.getFileName() + " " + rows.size());
    }

    private static void rows(String name, String properties, String partitions) {
        sql("CREATE TABLE " + table(name) + " (id STRING, n INT, day DATE, region STRING, f0 DOUBLE) USING delta "
                + partitions + " TBLPROPERTIES (" + properties + ")");
    }

    private static void insert(String name, int from, int to) {
        sql(("INSERT INTO %s SELECT 'r' || id, CAST(id AS INT), date_add(DATE '2026-01-01', CAST(id AS INT) %% 3), "
                        + "CASE WHEN id %% 5 = 0 THEN NULL ELSE concat('ré gion %%', id %% 5) END, id * 1.5D FROM range(%d, %d, 1, 2)")
                .formatted(table(name), from, to));
    }

    private static final String ALL = "id, n, CAST(day AS STRING), region, f0";

    public static void main(String[] arguments) throws Exception {
        folder = Path.of(arguments[0]);
        spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
                .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .getOrCreate();
        spark.sparkContext().setLogLevel("ERROR");

        List<String> tables = arguments.length > 1 ? List.of(arguments).subList(1, arguments.length) : TABLES;
        for (String name : tables) {
            write(name);
        }
        spark.stop();
    }

    private static void write(String name) throws Exception {
        switch (name) {
            case "vectors" -> vectorsTable();
            case "partitions" -> partitionsTable();
            case "mapped" -> mappedTable();
            case "upgraded" -> upgradedTable();
            case "widened" -> widenedTable();
            case "checkpoints" -> checkpointsTable();
            case "checkpoints-v2" -> checkpointsV2Table();
            case "struct-statistics" -> structStatisticsTable();
            case "types" -> typesTable();
            case "clone" -> cloneTable();
            case "clustered" -> clusteredTable();
            default -> throw new IllegalArgumentException(name);
        }
    }

    private static void vectorsTable() throws Exception {
        rows("vectors", "'delta.enableDeletionVectors' = 'true'", "");
        insert("vectors", 0, 200);
        insert("vectors", 200, 300);
        sql("DELETE FROM " + table("vectors") + " WHERE n % 7 = 3");
        sql("UPDATE " + table("vectors") + " SET f0 = -1.0 WHERE n = 50");
        sql("DELETE FROM " + table("vectors") + " WHERE n >= 200 AND n < 250");
        expect("vectors", ALL);
        expect("vectors", ALL, " VERSION AS OF 3");
    }

    private static void partitionsTable() throws Exception {
        rows("partitions", "'delta.enableDeletionVectors' = 'false'", "PARTITIONED BY (day, region)");
        insert("partitions", 0, 40);
        sql("INSERT INTO " + table("partitions") + " VALUES ('x', 1, NULL, '', 1.0), ('y', 2, NULL, 'a/b=c:d', 2.0)");
        sql("DELETE FROM " + table("partitions") + " WHERE n % 7 = 3");
        expect("partitions", ALL);
    }

    private static void mappedTable() throws Exception {
        for (String mode : List.of("name", "id")) {
            String name = "mapped-by-" + mode;
            rows(name, "'delta.columnMapping.mode' = '" + mode + "', 'delta.enableDeletionVectors' = 'true'", "PARTITIONED BY (region)");
            insert(name, 0, 30);
            sql("ALTER TABLE " + table(name) + " RENAME COLUMN n TO number");
            sql("ALTER TABLE " + table(name) + " DROP COLUMN day");
            sql("ALTER TABLE " + table(name) + " RENAME COLUMN region TO area");
            sql("ALTER TABLE " + table(name) + " ADD COLUMN n STRING");
            sql("INSERT INTO " + table(name) + " VALUES ('z', 9, 'here', 3.5, 'new')");
            sql("DELETE FROM " + table(name) + " WHERE number = 4");
            expect(name, "id, number, area, f0, n");
        }
    }

    /// A table that got column mapping later: old files have the logical names.
    private static void upgradedTable() throws Exception {
        rows("upgraded", "'delta.enableDeletionVectors' = 'false'", "");
        insert("upgraded", 0, 10);
        sql("ALTER TABLE " + table("upgraded") + " SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.minReaderVersion' = '2', 'delta.minWriterVersion' = '5')");
        sql("ALTER TABLE " + table("upgraded") + " RENAME COLUMN n TO m");
        sql("INSERT INTO " + table("upgraded") + " VALUES ('z', 9, DATE '2026-02-03', 'here', 3.5)");
        expect("upgraded", "id, m, CAST(day AS STRING), region, f0");
    }

    private static void widenedTable() throws Exception {
        rows("widened", "'delta.feature.timestampNtz' = 'supported', 'delta.enableTypeWidening' = 'true', 'delta.enableDeletionVectors' = 'true'", "");
        insert("widened", 0, 20);
        sql("ALTER TABLE " + table("widened") + " CHANGE COLUMN n TYPE BIGINT");
        sql("ALTER TABLE " + table("widened") + " CHANGE COLUMN day TYPE TIMESTAMP_NTZ");
        sql("INSERT INTO " + table("widened") + " VALUES ('z', 9000000000, TIMESTAMP_NTZ '2026-02-03 04:05:06', 'here', 3.5)");
        expect("widened", "id, n, CAST(day AS STRING), region, f0");
    }

    private static void checkpointsTable() throws Exception {
        rows("checkpoints", "'delta.checkpointInterval' = '3', 'delta.enableDeletionVectors' = 'true', 'delta.enableRowTracking' = 'true'", "PARTITIONED BY (day)");
        for (int i = 0; i < 8; i++) {
            insert("checkpoints", 10 * i, 10 * i + 10);
        }
        sql("DELETE FROM " + table("checkpoints") + " WHERE n % 9 = 1");
        sql("OPTIMIZE " + table("checkpoints"));
        insert("checkpoints", 80, 90);
        expect("checkpoints", ALL);
        expect("checkpoints", ALL, " VERSION AS OF 5");
    }

    private static void checkpointsV2Table() throws Exception {
        for (String format : List.of("json", "parquet")) {
            spark.conf().set("spark.databricks.delta.checkpointV2.topLevelFileFormat", format);
            String name = "checkpoints-v2-" + format;
            rows(name, "'delta.checkpointInterval' = '3', 'delta.checkpointPolicy' = 'v2', 'delta.enableDeletionVectors' = 'true'", "");
            for (int i = 0; i < 5; i++) {
                insert(name, 10 * i, 10 * i + 10);
            }
            sql("DELETE FROM " + table(name) + " WHERE n % 9 = 1");
            insert(name, 50, 60);
            expect(name, ALL);
        }
    }

    private static void structStatisticsTable() throws Exception {
        rows("struct-statistics", "'delta.checkpointInterval' = '2', 'delta.checkpoint.writeStatsAsJson' = 'false', 'delta.checkpoint.writeStatsAsStruct' = 'true', 'delta.enableChangeDataFeed' = 'true'", "PARTITIONED BY (day)");
        insert("struct-statistics", 0, 30);
        sql("UPDATE " + table("struct-statistics") + " SET f0 = 7 WHERE n = 3");
        expect("struct-statistics", ALL);
    }

    private static void typesTable() throws Exception {
        sql("CREATE TABLE " + table("types") + " (id STRING, a TINYINT, b SMALLINT, c BIGINT, d FLOAT, f0 DOUBLE, e DECIMAL(20,3), f BINARY, g TIMESTAMP, h TIMESTAMP_NTZ, i BOOLEAN, "
                + "j STRUCT<x: INT, y: ARRAY<STRING>>, k MAP<STRING, INT>, l ARRAY<STRUCT<z: DATE>>, p TIMESTAMP) USING delta PARTITIONED BY (p)");
        sql("INSERT INTO " + table("types") + " VALUES ('r0', 1, 2, 3, 4.5, 5.5, 6.789, X'0AFF', TIMESTAMP '2026-01-02 03:04:05.678901', TIMESTAMP_NTZ '2026-01-02 03:04:05.678901', true, "
                + "named_struct('x', 1, 'y', array('a', 'b')), map('k', 7), array(named_struct('z', DATE '2026-01-02')), TIMESTAMP '2026-01-02 03:04:05.678901'), "
                + "('r1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)");
        expect("types", "id, a, b, c, d, f0, e, hex(f), unix_micros(g), CAST(h AS STRING), i, j.x, element_at(j.y, 1), k['k'], CAST(element_at(l, 1).z AS STRING), unix_micros(p)");
    }

    /// A shallow clone has absolute paths.
    private static void cloneTable() throws Exception {
        sql("CREATE TABLE " + table("clone") + " SHALLOW CLONE " + table("vectors"));
        sql("DELETE FROM " + table("clone") + " WHERE n = 60");
        insert("clone", 300, 305);
        expect("clone", ALL);
    }

    private static void clusteredTable() throws Exception {
        rows("clustered", "'delta.enableDeletionVectors' = 'true'", "CLUSTER BY (n)");
        insert("clustered", 0, 50);
        sql("MERGE INTO " + table("clustered") + " t USING (SELECT 'r' || id AS id FROM range(40, 60)) s ON t.id = s.id "
                + "WHEN MATCHED AND n < 45 THEN DELETE WHEN MATCHED THEN UPDATE SET f0 = 0 WHEN NOT MATCHED THEN INSERT (id, f0) VALUES (s.id, 1)");
        sql("OPTIMIZE " + table("clustered"));
        expect("clustered", ALL);
    }
}
