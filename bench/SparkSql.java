import java.util.Properties;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;

/// Copies a PostgreSQL table to Parquet with Spark's JDBC source, on two threads, and prints the seconds.
/// Spark cuts the key into 30 strides of the same width, and fetches 10,000 rows at a time.
///
///     java SparkSql.java URL USER TABLE KEY OUTPUT
class SparkSql {
    public static void main(String[] arguments) throws java.io.IOException {
        String url = arguments[0];
        Properties connection = new Properties();
        connection.setProperty("user", arguments[1]);
        connection.setProperty("driver", "org.postgresql.Driver");
        connection.setProperty("fetchsize", "10000");
        String table = arguments[2];
        String key = arguments[3];
        try (SparkSession spark = SparkSession.builder().master("local[2]").getOrCreate()) {
            long start = System.nanoTime();
            Row bounds = spark.read()
                    .jdbc(url, "(SELECT min(%s), max(%s) FROM %s) AS bounds".formatted(key, key, table), connection)
                    .head();
            spark.read()
                    .jdbc(url, table, key, bounds.getLong(0), bounds.getLong(1), 30, connection)
                    .write()
                    .mode(SaveMode.Overwrite)
                    .parquet(arguments[4]);
            System.out.println("seconds " + (System.nanoTime() - start) / 1e9);
        }
    }
}
