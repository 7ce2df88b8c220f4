import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/// Reads a Delta table and an Iceberg table with Spark, and prints what it finds. Fails if the tables differ.
///
///     java SparkTables.java DELTA-TABLE ICEBERG-WAREHOUSE ICEBERG-TABLE
class SparkTables {
    public static void main(String[] arguments) throws java.io.IOException {
        String delta = "delta.`" + arguments[0] + "`";
        String iceberg = "lake." + arguments[2];
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.session.timeZone", "UTC")
                .config(
                        "spark.sql.extensions",
                        "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
                .config("spark.sql.catalog.lake.type", "hadoop")
                .config("spark.sql.catalog.lake.warehouse", arguments[1])
                .getOrCreate()) {
            System.out.println("Spark " + spark.version());
            TreeMap<String, String> found = new TreeMap<>();
            for (String table : new String[] {delta, iceberg}) {
                String kind = table.startsWith("lake") ? "Iceberg" : "Delta";
                for (Row row : spark.sql(
                                "SELECT count(*), count(DISTINCT record_row), count(DISTINCT batch_id), sum(probability) FROM " + table)
                        .collectAsList()) {
                    System.out.printf("%s: %s%n", kind, row.mkString(" | "));
                }
                for (Row row : spark.sql("SELECT batch_id, count(*), count(DISTINCT record_row), round(sum(probability), 6) FROM "
                                + table + " GROUP BY batch_id ORDER BY batch_id")
                        .collectAsList()) {
                    System.out.printf("%s batch: %s%n", kind, row.mkString(" | "));
                    found.merge(kind, row.mkString("", " | ", "\n").replaceAll("^[^|]*", ""), String::concat);
                }
                spark.sql("DESCRIBE " + table).show(40, false);
            }
            long newest = spark.sql("SELECT count(*) FROM %s WHERE batch_id = (SELECT max(batch_id) FROM %s WHERE batch_id LIKE 'flights-2%%')"
                            .formatted(delta, delta))
                    .head()
                    .getLong(0);
            long branch = spark.sql("SELECT count(*) FROM %s VERSION AS OF 'flights_latest'".formatted(iceberg))
                    .head()
                    .getLong(0);
            System.out.printf("newest batch: Delta by its ID %d, Iceberg by its branch %d%n", newest, branch);
            spark.sql("DESCRIBE HISTORY " + delta).select("version", "operation", "engineInfo").show(30, false);
            String one = String.valueOf(found.get("Delta"));
            if (!one.equals(found.get("Iceberg")) || newest != branch) {
                System.out.println("the tables differ");
                System.exit(1);
            }
            System.out.println("the tables are the same");
        }
    }
}
