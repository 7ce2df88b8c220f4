package io.nightshift.bench.jobs;

import static org.apache.spark.ml.functions.vector_to_array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.monotonically_increasing_id;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.ml.classification.GBTClassificationModel;
import org.apache.spark.ml.classification.GBTClassifier;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/// The flights job by Spark MLlib on two threads: `train FLIGHTS MODEL`, or `score FLIGHTS MODEL OUTPUT`.
public final class SparkJob {

    private static final String AIRPORT = "(ascii(%1$s) - 65) * 676 + (ascii(substr(%1$s, 2)) - 65) * 26"
            + " + ascii(substr(%1$s, 3)) - 65";

    private SparkJob() {}

    public static void main(String[] args) throws Exception {
        try (SparkSession spark = SparkSession.builder()
                .master("local[2]")
                .config("spark.ui.enabled", false)
                .config("spark.sql.session.timeZone", "UTC")
                .config("spark.sql.parquet.compression.codec", "zstd")
                .getOrCreate()) {
            spark.sparkContext().setLogLevel("ERROR");
            Dataset<Row> flights = features(spark.read().parquet(args[1]));
            if (args[0].equals("train")) {
                GBTClassifier boosting = new GBTClassifier()
                        .setLabelCol("late")
                        .setMaxIter(100)
                        .setMaxDepth(6)
                        .setMaxBins(256)
                        .setStepSize(0.2)
                        .setMinInstancesPerNode(20)
                        .setCheckpointInterval(-1)
                        .setSeed(1);
                Dataset<Row> rows = flights.withColumn("late", expr("cast(delay > 15 as double)"));
                boosting.fit(rows.select("features", "late").cache()).write().overwrite().save(args[2]);
            } else {
                GBTClassificationModel model = GBTClassificationModel.load(args[2]);
                model.transform(flights)
                        .select(
                                col("record_row"),
                                col("prediction"),
                                vector_to_array(col("probability"), "float32")
                                        .getItem(1)
                                        .as("probability"),
                                col("origin"),
                                col("destination"),
                                col("date"))
                        .write()
                        .parquet(args[3]);
            }
        }
    }

    private static Dataset<Row> features(Dataset<Row> flights) {
        Map<String, Column> features = new LinkedHashMap<>();
        features.put("month", expr("month(date)"));
        features.put("day", expr("day(date)"));
        features.put("weekday", expr("dayofweek(date) - 1"));
        features.put("hour", expr("hour(date)"));
        features.put("minute", expr("minute(date)"));
        features.put("origin_code", expr(AIRPORT.formatted("origin")));
        features.put("destination_code", expr(AIRPORT.formatted("destination")));
        Dataset<Row> rows = flights.withColumn("record_row", monotonically_increasing_id());
        for (Map.Entry<String, Column> feature : features.entrySet()) {
            rows = rows.withColumn(feature.getKey(), feature.getValue());
        }
        features.put("distance", col("distance"));
        return new VectorAssembler()
                .setInputCols(features.keySet().toArray(String[]::new))
                .setOutputCol("features")
                .transform(rows);
    }
}
