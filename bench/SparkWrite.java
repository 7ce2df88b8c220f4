import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/// Writes the rows of Parquet files to a new table, partitioned by `batch_id`, and prints the seconds that this took,
/// without the start of Spark. With `count`, prints the number of rows in the table, too.
///
/// Iceberg would first move all rows of a batch to one task, which takes longer. The files have the rows of one batch, so
/// it needn't. Delta would compress with Snappy, but Iceberg and Nightshift compress with zstd.
///
///     java SparkWrite.java FORMAT FILES WAREHOUSE [count]      FORMAT is delta or iceberg
class SparkWrite {
    public static void main(String[] arguments) throws Exception {
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.warehouse.dir", arguments[2])
                .config("spark.sql.parquet.compression.codec", "zstd")
                .config(
                        "spark.sql.extensions",
                        "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
                .config("spark.sql.catalog.lake.type", "hadoop")
                .config("spark.sql.catalog.lake.warehouse", arguments[2])
                .getOrCreate()) {
            long start = System.nanoTime();
            Dataset<Row> rows = spark.read().parquet(arguments[1]);
            if (arguments[0].equals("iceberg")) {
                rows.writeTo("lake.scores.plain")
                        .using("iceberg")
                        .partitionedBy(functions.col("batch_id"))
                        .tableProperty("write.distribution-mode", "none")
                        .create();
            } else {
                rows.write().format("delta").partitionBy("batch_id").save(arguments[2] + "/plain");
            }
            System.out.println("seconds " + (System.nanoTime() - start) / 1e9);
            if (arguments.length > 3) {
                Dataset<Row> table = arguments[0].equals("iceberg")
                        ? spark.table("lake.scores.plain")
                        : spark.read().format("delta").load(arguments[2] + "/plain");
                System.out.println("rows " + table.count());
            }
        }
    }
}
