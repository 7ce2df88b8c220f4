import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/// Runs SQL statements with Spark, one on each line of standard input, and writes the rows of the queries among them
/// to a file: values separated by tabs. `lake` is an Iceberg catalog of the type folder. Fails at the first statement
/// that fails, and names it.
///
///     java SparkStatements.java ICEBERG-WAREHOUSE ROWS
class SparkStatements {
    public static void main(String[] arguments) throws Exception {
        List<String> rows = new ArrayList<>();
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.shuffle.partitions", "2")
                .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
                .config(
                        "spark.sql.extensions",
                        "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
                .config("spark.sql.catalog.lake.type", "hadoop")
                .config("spark.sql.catalog.lake.warehouse", arguments[0])
                .getOrCreate()) {
            spark.sparkContext().setLogLevel("ERROR");
            for (String statement : new String(System.in.readAllBytes()).lines().toList()) {
                try {
                    List<Row> found = spark.sql(statement).collectAsList();
                    if (statement.startsWith("SELECT ")) {
                        found.forEach(row -> rows.add(row.mkString("\t")));
                    }
                } catch (Exception e) {
                    throw new IllegalStateException("Spark refuses: " + statement, e);
                }
            }
        }
        Files.write(Path.of(arguments[1]), rows);
    }
}
