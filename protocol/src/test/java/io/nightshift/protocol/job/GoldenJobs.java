package io.nightshift.protocol.job;

import io.nightshift.protocol.batch.Distribution;
import io.nightshift.protocol.batch.GuardResult;
import io.nightshift.protocol.batch.ModelComparison;
import io.nightshift.protocol.batch.ModelDifferences;
import io.nightshift.protocol.batch.RowDifference;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The jobs in the golden files of events and messages.
public final class GoldenJobs {

    private GoldenJobs() {}

    /// A job with what every job has.
    public static Job plain() {
        Map<String, String> select = new LinkedHashMap<>();
        select.put("hour", "hour(date)");
        select.put("far", "distance > 1000");
        return JobBuilder.builder()
                .name("flights")
                .model(new ModelReference.File("/models/flights.ubj"))
                .features(List.of("hour", "distance"))
                .source(new Job.Source(
                        new ParquetInput(List.of("/data/*.parquet")), "id", true, select, "distance > 0", null, true))
                .destination(new ParquetDestination("/out"))
                .partitions(new Job.Partitions(100_000))
                .errors(new Job.ErrorPolicy(0.05, 1_000L, true))
                .output(new Job.Output(List.of("hour", "carrier"), true))
                .build();
    }

    /// A job that sets nearly every key.
    public static Job full() {
        return JobBuilder.builder(plain())
                .retry(new Job.Retry(6, Duration.ofHours(2), Duration.ofMinutes(30), Duration.ofHours(1)))
                .parameters(List.of(new Parameter("day", ParameterType.DATE, "2026-11-24")))
                .timing(new JobTiming(
                        "Europe/Berlin",
                        new JobSchedule(
                                "0 2 * * *",
                                Map.of("day", "{scheduled:date - 1 day}"),
                                "2026-11-01",
                                null,
                                Duration.ofMinutes(5),
                                JobSchedule.CatchUp.ALL,
                                JobSchedule.Overlap.QUEUE),
                        new JobTrigger(null, null, "/data/_READY", Duration.ofMinutes(1), Map.of()),
                        new JobWindow("22:00", "06:00", JobWindow.Outside.PAUSE),
                        "06:00",
                        new ThreadLimit(50, true)))
                .priority(8)
                .alerts(List.of(new AlertRule(List.of(AlertCause.FAILED, AlertCause.DEADLINE_MISSED), "ops")))
                .build();
    }

    /// A job with the default of every key that has one.
    public static Job least(ModelReference model) {
        return JobBuilder.builder()
                .name("flights")
                .model(model)
                .source(new Job.Source(new ParquetInput(List.of("/data/a.parquet")), null, false, Map.of(), null))
                .destination(new ParquetDestination("/out"))
                .partitions(new Job.Partitions(Job.Partitions.DEFAULT_ROWS))
                .errors(new Job.ErrorPolicy(Job.ErrorPolicy.DEFAULT_MAX_RATE, null))
                .output(new Job.Output(List.of()))
                .build();
    }

    /// A job with a model of an MLflow server.
    public static Job mlflow() {
        return least(new ModelReference.Mlflow(
                "mlflow:/churn@champion",
                new MlflowPin(
                        "mlflow:/churn/7",
                        "bf212703d1874eee9dcb37c8a92a6de6",
                        "mlflow-artifacts:/1/bf212703d1874eee9dcb37c8a92a6de6/artifacts/model",
                        "model.xgb",
                        "d4".repeat(32),
                        List.of("0", "a-b"))));
    }

    /// A job whose output warehouses load.
    public static Job loads() {
        return with(
                full().source(),
                new ParquetDestination("s3://scores/delays", new LoadTables("scores.delays", "db.scores.delays")),
                List.of());
    }

    /// A job with every kind of output column.
    public static Job shapedOutput() {
        Job job = least(new ModelReference.Exact("m", 3));
        return JobBuilder.builder(job)
                .output(new Job.Output(
                        List.of("carrier"),
                        true,
                        Map.of("0", "punctual"),
                        2,
                        List.of(
                                new OutputDecision("review", "0", 0.5, "carrier", Map.of("AA", 0.4)),
                                new OutputDecision("alert", null, 0.8, null, Map.of())),
                        List.of(new OutputConstant("day", OutputConstant.Type.DATE, "2026-11-25")),
                        Map.of("prediction", "delayed"),
                        true,
                        new OutputSchema(2, List.of(new OutputSchema.Column("delayed", "VARCHAR")))))
                .build();
    }

    public static Job csv() {
        return with(full().source(), new CsvDestination("/out", CsvDestination.Compression.ZSTD), List.of());
    }

    /// Parquet files with all that may be said of them.
    public static Job parquet() {
        return with(
                full().source(),
                new ParquetDestination(
                        "/out",
                        ParquetDestination.Codec.GZIP,
                        null,
                        20_000,
                        List.of("carrier", "hour"),
                        List.of("record_id")),
                List.of());
    }

    /// A query of a database, with all that may be said of it.
    public static Job query() {
        DatabaseInput input = new DatabaseInput(
                DatabaseInput.Engine.POSTGRESQL, "warehouse", null, "SELECT * FROM customers", "id", "active");
        return with(new Job.Source(input, "id", false, Map.of(), null), full().destination(), List.of());
    }

    /// A table of a database, with the least that must be said of it.
    public static Job table() {
        DatabaseInput input =
                new DatabaseInput(DatabaseInput.Engine.MARIADB, "crm", "shop.customers", null, null, null);
        return with(new Job.Source(input, null, false, Map.of(), null), full().destination(), List.of());
    }

    /// A snapshot of a table of a lake.
    public static Job icebergSource() {
        IcebergInput input = new IcebergInput("lake", "sales.customers", null, null, "2026-11-25T06:00:00Z");
        return with(new Job.Source(input, "id", false, Map.of(), null), full().destination(), List.of());
    }

    /// A version of a Delta table.
    public static Job deltaSource() {
        DeltaInput input = new DeltaInput("/data/lake/customers", "12", null);
        return with(new Job.Source(input, "id", false, Map.of(), null), full().destination(), List.of());
    }

    public static Job postgres() {
        List<PostgresDestination.Index> indexes = List.of(
                new PostgresDestination.Index(List.of("carrier", "prediction")),
                new PostgresDestination.Index(List.of("hour")));
        return with(full().source(), new PostgresDestination("warehouse", "scores", "delays", indexes), List.of());
    }

    public static Job redis() {
        return with(full().source(), new RedisDestination("cache", "delays", RedisDestination.Format.JSON), List.of());
    }

    public static Job delta() {
        return with(full().source(), new DeltaDestination("/data/lake/delays"), List.of());
    }

    public static Job iceberg() {
        return with(full().source(), new IcebergDestination("lake", "scores.delays"), List.of());
    }

    public static Job several() {
        return with(
                full().source(),
                new SeveralDestinations(List.of(
                        new ParquetDestination("/out"),
                        new CsvDestination("/partners", CsvDestination.Compression.ZSTD),
                        new PostgresDestination("warehouse", null, "delays", List.of()))),
                List.of());
    }

    public static Job mariadb() {
        List<MariadbDestination.Index> indexes = List.of(
                new MariadbDestination.Index(List.of("carrier", "prediction")),
                new MariadbDestination.Index(List.of("hour")));
        return with(full().source(), new MariadbDestination("shop", "scores", "delays", indexes), List.of());
    }

    public static Job csvSource() {
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("id", "VARCHAR");
        columns.put("distance", "DECIMAL(8,2)");
        return withInput(new CsvInput(
                List.of("/data/*.csv"),
                ";",
                "'",
                "\\",
                false,
                "windows-1252",
                List.of("", "NA"),
                false,
                ",",
                ".",
                "%d.%m.%Y",
                "%d.%m.%Y %H:%M",
                columns));
    }

    public static Job csvSourceLeast() {
        return withInput(new CsvInput(
                List.of("/data/a.csv"),
                ",",
                "\"",
                null,
                true,
                "utf-8",
                List.of(""),
                true,
                ".",
                null,
                null,
                null,
                Map.of()));
    }

    public static Job ndjsonSource() {
        return withInput(new NdjsonInput(List.of("/data/a.ndjson"), Map.of("customer", "STRUCT(\"age\" INTEGER)")));
    }

    public static Job folders() {
        return withInput(new ParquetInput(List.of("/data/lake"), Map.of("dt", "DATE")));
    }

    /// A job with lookups of two kinds.
    public static Job lookups() {
        Job.Source source = full().source();
        return with(
                new Job.Source(
                        source.input(),
                        source.id(),
                        source.uniqueId(),
                        source.select(),
                        source.where(),
                        null,
                        false,
                        null,
                        List.of(
                                new Lookup(
                                        new ParquetInput(List.of("/data/carriers.parquet")),
                                        Map.of("carrier", "code"),
                                        Map.of("fleet", "planes"),
                                        true),
                                new Lookup(
                                        csvSourceLeast().source().input(),
                                        Map.of("id", "id"),
                                        Map.of("a", "a"),
                                        false))),
                full().destination(),
                List.of());
    }

    private static Job withInput(Input input) {
        return with(new Job.Source(input, null, false, Map.of(), null), full().destination(), List.of());
    }

    /// A job whose batch takes in new files.
    public static Job extended() {
        Job.Source source = full().source();
        return with(
                new Job.Source(
                        source.input(),
                        source.id(),
                        source.uniqueId(),
                        source.select(),
                        source.where(),
                        source.unseen(),
                        source.failsIfEmpty(),
                        Job.OnChange.EXTEND),
                full().destination(),
                List.of());
    }

    public static Job categories() {
        Job.Source source = new Job.Source(
                full().source().input(), null, false, Map.of(), null, Job.UnseenCategories.QUARANTINE, false);
        return with(source, full().destination(), List.of(new Job.CategoryList("plan", List.of("basic", "plus"))));
    }

    public static Job checks() {
        return JobBuilder.builder(plain())
                .checks(List.of(rowsCheck(), nullsCheck(), rangeCheck(), psiCheck(), meanCheck()))
                .build();
    }

    public static Job retention() {
        return JobBuilder.builder(plain())
                .retention(new Retention(30, Duration.ofDays(90)))
                .build();
    }

    public static Job rollout() {
        Job job = retention();
        return new Job(
                job.name(),
                new ModelReference.Alias("delays", "champion"),
                job.features(),
                job.source(),
                job.destination(),
                job.partitions(),
                job.errors(),
                job.output(),
                List.of(),
                null,
                List.of(),
                JobTiming.ANY_TIME,
                Job.DEFAULT_PRIORITY,
                List.of(),
                null,
                List.of(),
                null,
                new Rollout(
                        new ModelReference.Alias("delays", "candidate"),
                        Rollout.Mode.CANARY,
                        0.1,
                        List.of(
                                new Rollout.Guard(Rollout.Measure.QUARANTINED, 0.001),
                                new Rollout.Guard(Rollout.Measure.PREDICTION_PSI, 0.2)),
                        Rollout.OnPass.PROMOTE,
                        Rollout.OnFail.ROLLBACK));
    }

    public static Job shadow() {
        return JobBuilder.builder(rollout())
                .rollout(Rollout.shadow(new ModelReference.Alias("delays", "candidate"), 0.1, 7))
                .build();
    }

    /// A shadow's comparison.
    public static ModelComparison differences() {
        return new ModelComparison(
                20,
                distribution(),
                distribution(),
                1_500_000,
                1_250_000,
                new ModelDifferences(
                        true,
                        distribution(),
                        List.of(new RowDifference(3, 7, 0.125, Double.NaN, 0.5, Map.of("distance", "700")))),
                null);
    }

    /// What two models have made of the same rows.
    public static ModelComparison comparison() {
        return new ModelComparison(
                20, distribution(), new Distribution(null, 0, 256, -1, List.of(), null), 1_500_000, 1_250_000);
    }

    /// A guard that was measured.
    public static GuardResult guardResult() {
        return GuardResult.of(new Rollout.Guard(Rollout.Measure.PREDICTION_PSI, 0.2), 0.31);
    }

    public static BatchCheck rowsCheck() {
        return new BatchCheck(BatchCheck.Measure.ROWS_MIN, null, 1_000_000, null, null, BatchCheck.OnFail.FAIL);
    }

    public static BatchCheck nullsCheck() {
        return new BatchCheck(BatchCheck.Measure.NULLS, "last_login", 0.1, null, null, BatchCheck.OnFail.HOLD);
    }

    public static BatchCheck psiCheck() {
        return new BatchCheck(BatchCheck.Measure.PSI, "age", 0.2, null, null, BatchCheck.OnFail.WARN);
    }

    public static BatchCheck meanCheck() {
        return new BatchCheck(
                BatchCheck.Measure.PREDICTION_MEAN,
                null,
                0.1,
                null,
                null,
                BatchCheck.OnFail.HOLD,
                "flights-20261127t020000-1f2e");
    }

    public static Distribution distribution() {
        return new Distribution(null, 2, 256, 10, List.of(-1_000L, 3L, 0L, 70_000L), "-3p-2");
    }

    public static BatchCheck rangeCheck() {
        return new BatchCheck(BatchCheck.Measure.RANGE, "age", 0.01, 0.0, 120.0, BatchCheck.OnFail.WARN);
    }

    /// A job whose input is divided by days.
    public static Job partitionedByDay() {
        return partitionedBy(new PartitionKey(
                "event_time", null, List.of(), PartitionKey.Every.DAY, "Europe/Berlin", true, "day", "dt"));
    }

    /// A job whose input is divided into buckets.
    public static Job partitionedByHash() {
        return partitionedBy(new PartitionKey("id", 16, List.of(), null, PartitionKey.UTC, false, null, null));
    }

    private static Job partitionedBy(PartitionKey key) {
        Job job = least(new ModelReference.Exact("m", 3));
        return JobBuilder.builder(job)
                .partitions(new Job.Partitions(100_000, key))
                .build();
    }

    /// A job that reads new files.
    public static Job newFiles() {
        return csv().with(new NewFiles(false));
    }

    /// A job that reads changed rows.
    public static Job changedRows() {
        return csv().with(new ChangedRows(List.of("plan", "balance"), false));
    }

    /// A job of a batch that reads two ranges of times.
    public static Job incremental() {
        Instant from = Instant.parse("2026-11-24T00:00:00Z");
        NewTimes incremental =
                new NewTimes("updated_at", Duration.ofHours(1), "Europe/Berlin", true, NewTimes.TimeType.LOCAL, null);
        return csv().with(incremental)
                .reading(TimeRanges.of(List.of(
                        new TimeRange(null, from), new TimeRange(from.plusSeconds(3_600), from.plusSeconds(7_200)))));
    }

    private static Job with(Job.Source source, Destination destination, List<Job.CategoryList> categories) {
        return JobBuilder.builder(plain())
                .source(source)
                .destination(destination)
                .categories(categories)
                .build();
    }
}
