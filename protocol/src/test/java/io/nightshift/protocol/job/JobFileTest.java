package io.nightshift.protocol.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobFileTest {

    private static final Path FILE = Path.of("/jobs/flights/job.yaml");

    private static final String SMALLEST = """
            job: flight-delays
            model: delays
            source:
              parquet: flights.parquet
            destination:
              parquet: predictions
            """;

    private static List<String> paths(Job job) {
        return switch (job.source().input()) {
            case ParquetInput parquet -> parquet.paths();
            case DatabaseInput database -> throw new AssertionError(database);
            case CsvInput csv -> csv.paths();
            case NdjsonInput ndjson -> ndjson.paths();
            case IcebergInput iceberg -> throw new AssertionError(iceberg);
            case DeltaInput delta -> throw new AssertionError(delta);
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "partitions: {by: id}|partitions: by without count, ranges or every; expected by with one of",
                "partitions: {by: id, count: 2, every: 1d}|partitions: the keys count and every are set; expected by",
                "partitions: {count: 2}|partitions.count: set without partitions.by; expected both or neither",
                "partitions: {by: id, count: 2, column: a, folder: A}|partitions.column: \"a\", which is also in",
                "partitions: {by: t, every: 1d, time-zone: Europe/Berln}|did you mean \"Europe/Berlin\"?",
            })
    void aPartitionKeyIsDividedInOneWay(String keys, String expected) {
        assertThat(complaint(SMALLEST + keys)).contains(expected);
    }

    @Test
    void aPlanByAKeyIsNotExtended() {
        assertThat(complaint(SMALLEST.replace("source:\n", "source:\n  on-change: extend\n")
                        + "partitions: {by: id, count: 2}"))
                .contains(
                        "partitions.by: a partition key with source.on-change: extend; expected on-change: fail or restart");
    }

    @Test
    void aFolderAloneIsShortForCsvFilesWithDefaults() {
        String job = SMALLEST.replace("parquet: predictions", "csv: predictions");

        assertThat(parse(job).destination())
                .isEqualTo(new CsvDestination("/jobs/flights/predictions", CsvDestination.Compression.GZIP));
    }

    @Test
    void aDestinationMayBeAPrefixOfObjectsThatWarehousesLoad() {
        assertThat(parse(SMALLEST.replace("parquet: predictions", "parquet: s3://scores/daily"))
                        .destination())
                .isEqualTo(new ParquetDestination("s3://scores/daily"));

        Job loaded = parse(
                SMALLEST.replace(
                        "parquet: predictions",
                        "parquet: {folder: s3://scores/daily, load-redshift: scores.delays, load-snowflake: db.scores.delays}"));
        assertThat(loaded.destination())
                .isEqualTo(new ParquetDestination(
                        "s3://scores/daily", new LoadTables("scores.delays", "db.scores.delays")));
        for (String address : List.of(
                "gs://scores/daily", "az://scores/daily", "abfss://scores@flights.dfs.core.windows.net/daily")) {
            assertThat(parse(SMALLEST.replace("parquet: predictions", "parquet: " + address))
                            .destination())
                    .isEqualTo(new ParquetDestination(address));
        }
        assertThat(complaint(SMALLEST.replace("parquet: predictions", "parquet: abfss://scores/daily")))
                .contains("destination.parquet");
        assertThat(complaint(SMALLEST.replace("parquet: predictions", "parquet: s3://scores/*")))
                .contains("destination.parquet");
        assertThat(complaint(SMALLEST.replace(
                        "parquet: predictions", "csv: {folder: s3://scores, load-redshift: \"a; DROP TABLE b\"}")))
                .contains("destination.csv.load-redshift", "a table as name, schema.name or database.schema.name");
    }

    private static final String SEVERAL = SMALLEST.replace(
            "parquet: predictions", "retention: {keep: 3}\n  several:\n    - parquet: predictions\n    - %s\n");

    @Test
    void severalDestinationsAreReadInTheOrderOfTheFile() {
        Job job = parse(SEVERAL.formatted("postgres: {data-source: warehouse, table: scores.delays}"));

        assertThat(job.destination())
                .isEqualTo(new SeveralDestinations(List.of(
                        new ParquetDestination("/jobs/flights/predictions"),
                        new PostgresDestination("warehouse", "scores", "delays", List.of()))));
        assertThat(job.retention()).isEqualTo(new Retention(3, null));
        assertThat(job.destination())
                .hasToString("/jobs/flights/predictions, table scores.delays in data source warehouse");
        assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(job);
    }

    @Test
    void theOrderOfDestinationsIsPartOfTheIdentityOfAJob() {
        String one = SMALLEST.replace("parquet: predictions", "several: [{parquet: /a}, {csv: /b}]");
        String other = SMALLEST.replace("parquet: predictions", "several: [{csv: /b}, {parquet: /a}]");

        assertThat(JobFingerprint.of(parse(one)))
                .isNotEqualTo(JobFingerprint.of(parse(other)))
                .isNotEqualTo(JobFingerprint.of(parse(SMALLEST.replace("parquet: predictions", "parquet: /a"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "csv: predictions|the same folder; expected a place of its own for each destination",
                "csv: predictions/csv/|a folder inside the other one; expected a place of its own",
                "csv: .|a folder inside the other one; expected a place of its own",
                "several: [{csv: a}, {csv: b}]|destination.several[1].several: unknown key",
                "retention: {keep: 3}|destination.several[1].retention: unknown key",
                "parquet: {folder: b, codec: gzip, level: 3}|destination.several[1].parquet.level: a level with codec: gzip",
                "{csv: a, parquet: b}|destination.several[1]: several of the keys are set",
                "text|destination.several[1]: \"text\"; expected a map with one of the keys parquet, csv,",
                "postgres: {table: t}|destination.several[1].postgres.data-source: missing",
            })
    void mistakesInSeveralDestinationsAreNamed(String second, String message) {
        assertThat(complaint(SEVERAL.formatted(second))).contains(message);
    }

    @Test
    void severalDestinationsAreTwoAtLeastWithDifferentRegisters() {
        assertThat(complaint(SMALLEST.replace("parquet: predictions", "several: [{csv: a}]")))
                .contains("destination.several: a list; expected a list of two or more maps");
        assertThat(complaint(SMALLEST.replace("parquet: predictions", "several: {csv: a}")))
                .contains("destination.several: a map; expected a list of two or more maps");
        assertThat(
                        complaint(
                                SMALLEST.replace(
                                        "parquet: predictions",
                                        "several: [{postgres: {data-source: d, table: a}}, {postgres: {data-source: d, table: s.b}}, {redis: {data-source: c, name: n}}, {redis: {data-source: c, name: n}}]")))
                .contains("destination.several[1]: table a in data source d and table s.b in data source d: a table in"
                        + " the same schema, which has one register of batches; expected a place of its own")
                .contains("destination.several[3]:", "the same keys");
    }

    @Test
    void everyKeyFindsItsPlaceInTheJob() {
        Job job = parse("""
                # yaml-language-server: $schema=job.schema.json
                job: flight-delays
                model: delays@3
                features: [dep_delay, "distance / 1000", hour]
                source:
                  parquet: [2024/*.parquet, /data/older.parquet]
                  id: flight_id
                  unique-id: true
                  select:
                    hour: hour(departure)
                    season: 4
                    weekend: true
                  where: |
                    not cancelled
                destination:
                  parquet: ../predictions/
                partitions:
                  rows: 100000
                errors:
                  max-rate: 0.5%
                  max-rows: 1000
                  on-failed-partition: continue
                retry:
                  attempts: 6
                  storage: 2h
                output:
                  columns: [carrier, hour]
                  margin: true
                """);

        assertThat(job)
                .isEqualTo(JobBuilder.builder()
                        .name("flight-delays")
                        .model(new ModelReference.Exact("delays", 3))
                        .features(List.of("dep_delay", "distance / 1000", "hour"))
                        .source(new Job.Source(
                                new ParquetInput(List.of("/jobs/flights/2024/*.parquet", "/data/older.parquet")),
                                "flight_id",
                                true,
                                Map.of("hour", "hour(departure)", "season", "4", "weekend", "true"),
                                "not cancelled\n"))
                        .destination(new ParquetDestination("/jobs/predictions"))
                        .partitions(new Job.Partitions(100_000))
                        .errors(new Job.ErrorPolicy(0.005, 1000L, true))
                        .output(new Job.Output(List.of("carrier", "hour"), true))
                        .retry(new Job.Retry(6, Duration.ofHours(2), null, null))
                        .build());
        assertThat(job.source().select().keySet()).containsExactly("hour", "season", "weekend");
    }

    @Test
    void lookupsAddColumnsByAKey() {
        Job job = parse(SMALLEST.replace("source:", """
                parameters: {day: {type: date, default: 2026-11-25}}
                source:
                  join:
                    - parquet: customers/dt={day}
                      on: customer_id
                      columns: [segment, limit]
                    - csv: {files: regions.csv, delimiter: ";"}
                      on: {region: code}
                      columns: {continent: name}
                      type: inner
                """.stripTrailing()));

        assertThat(job.source().lookups()).hasSize(2);
        assertThat(job.source().lookups().getFirst())
                .isEqualTo(new Lookup(
                        new ParquetInput(List.of("/jobs/flights/customers/dt=2026-11-25")),
                        Map.of("customer_id", "customer_id"),
                        Map.of("segment", "segment", "limit", "limit"),
                        false));
        Lookup second = job.source().lookups().getLast();
        assertThat(second.input())
                .isInstanceOfSatisfying(
                        CsvInput.class, csv -> assertThat(csv.delimiter()).isEqualTo(";"));
        assertThat(second.inner()).isTrue();
        assertThat(second.read()).containsExactly("code", "name");
        assertThat(JobFingerprint.of(job)).isNotEqualTo(JobFingerprint.of(parse(SMALLEST)));
    }

    @Test
    void aLookupMayBeOfATime() {
        Job job = parse(SMALLEST.replace("source:", """
                source:
                  join:
                    - parquet: rates
                      on: currency
                      as-of: {ordered_at: valid_from}
                      tolerance: 7d
                      columns: rate
                    - {parquet: prices, on: product, as-of: day, columns: price}
                """.stripTrailing()));

        Lookup rates = job.source().lookups().getFirst();
        assertThat(rates.asOf()).isEqualTo(Map.of("ordered_at", "valid_from"));
        assertThat(rates.tolerance()).isEqualTo(Duration.ofDays(7));
        assertThat(rates.read()).containsExactly("currency", "valid_from", "rate");
        Lookup prices = job.source().lookups().getLast();
        assertThat(prices.asOf()).isEqualTo(Map.of("day", "day"));
        assertThat(prices.tolerance()).isNull();
        assertThat(JobFile.parse(JobText.of(job), Path.of("/jobs/flights/job.yaml"), List.of())
                        .source()
                        .lookups())
                .isEqualTo(job.source().lookups());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {parquet: c, on: a}                                  | source.join[0].columns: no column, so the lookup changes nothing; expected one or more columns, or type: inner
                    {parquet: c, columns: b}                             | source.join[0].on: missing; expected a column name, a list of column names, or a map of names to column names
                    {parquet: c, on: a, columns: [b, b]}                 | source.join[0].columns: "b" is listed twice; expected each value once
                    {parquet: c, on: a, columns: {B: x, b: y}}           | source.join[0].columns.b: the name is given twice; expected names that differ in more than upper and lower case
                    {csv: {files: c, quote: ";", delimiter: ";"}, on: a, columns: b} | source.join[0].csv.quote: ";", which is also source.join[0].csv.delimiter; expected two different characters
                    {parquet: c, on: a, columns: b, as-of: [t, u]}       | source.join[0].as-of: 2 columns; expected one column with a time
                    {parquet: c, on: [a, t], columns: b, as-of: t}       | source.join[0].as-of: "t", which is also in "on"; expected a column that is not in the key
                    {parquet: c, on: {a: f}, columns: b, as-of: {t: f}}  | source.join[0].as-of: "f", which is also in "on"; expected a column that is not in the key
                    {parquet: c, on: a, columns: b, as-of: t, tolerance: 7 days} | source.join[0].tolerance: "7 days"; expected a time such as 90s, 15m, 2h or 1d
                    {parquet: c, on: a, columns: b, tolerance: 7d}       | source.join[0].tolerance
                    {parquet: c, on: a, colums: b}                       | source.join[0].colums: unknown key; did you mean "columns"?
                    """)
    void mistakesInLookupsAreNamed(String lookup, String message) {
        assertThat(refusal(SMALLEST.replace("source:", "source:\n  join: [" + lookup + "]"))
                        .mistakes())
                .extracting(mistake -> mistake.in("job.yaml"))
                .first()
                .asString()
                .contains(message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {parquet: p, id: [tenant, number]}                         | source.id: a list; compute an ID of several columns under source.select, for example id: "tenant || '/' || number"
                    {postgres: {data-source: d, table: t, key: [a, b]}}        | source.postgres.key: a list; rows are divided by one column
                    {mariadb: {data-source: d, table: t, key: [a, b]}}         | source.mariadb.key: a list; rows are divided by one column
                    """)
    void keysOfSeveralColumnsAreRefusedWithWhatToDo(String source, String message) {
        assertThat(refusal("{job: a, model: m, source: " + source + ", destination: {parquet: d}}")
                        .mistakes())
                .extracting(mistake -> mistake.in("job.yaml"))
                .singleElement()
                .asString()
                .contains(message);
    }

    @Nested
    class Checks {

        @Test
        void eachLimitIsACheck() {
            Job job = parse(SMALLEST + """
                    checks:
                      on-fail: hold
                      rows: {min: 10, max: 20, on-fail: fail}
                      nulls: {a: 10%, b: {max: 0.5, on-fail: warn}}
                      range: {c: [0, 120], d: {min: -1.5, max-rate: 1%}}
                    """);

            assertThat(job.checks())
                    .containsExactly(
                            new BatchCheck(BatchCheck.Measure.ROWS_MIN, null, 10, null, null, BatchCheck.OnFail.FAIL),
                            new BatchCheck(BatchCheck.Measure.ROWS_MAX, null, 20, null, null, BatchCheck.OnFail.FAIL),
                            new BatchCheck(BatchCheck.Measure.NULLS, "a", 0.1, null, null, BatchCheck.OnFail.HOLD),
                            new BatchCheck(BatchCheck.Measure.NULLS, "b", 0.5, null, null, BatchCheck.OnFail.WARN),
                            new BatchCheck(BatchCheck.Measure.RANGE, "c", 0, 0.0, 120.0, BatchCheck.OnFail.HOLD),
                            new BatchCheck(BatchCheck.Measure.RANGE, "d", 0.01, -1.5, null, BatchCheck.OnFail.HOLD));
            assertThat(JobFingerprint.of(job)).isNotEqualTo(JobFingerprint.of(parse(SMALLEST)));
            assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(job);
        }

        @Test
        void comparisonsNameTheirBaseline() {
            Job job = parse(SMALLEST + """
                    checks:
                      baseline: flights-20261127t020000-1f2e
                      rows: {max-change: 20%}
                      psi: {a: 0.2, b: {max: 1.5, on-fail: warn}, all: 0.3}
                      unseen-categories: {all: 1%, c: 0}
                      prediction: {nulls: 0, min: -1, max: 1, mean-change: 10%, psi: 0.1, on-fail: hold}
                    """);

            assertThat(job.checks())
                    .extracting(
                            BatchCheck::name,
                            BatchCheck::limit,
                            check -> check.onFail().text(),
                            check -> check.baseline() != null)
                    .containsExactly(
                            tuple("rows.max-change", 0.2, "fail", true),
                            tuple("psi.a", 0.2, "fail", true),
                            tuple("psi.b", 1.5, "warn", true),
                            tuple("psi.all", 0.3, "fail", true),
                            tuple("unseen-categories.all", 0.01, "fail", false),
                            tuple("unseen-categories.c", 0.0, "fail", false),
                            tuple("prediction.nulls", 0.0, "hold", false),
                            tuple("prediction.range", 0.0, "hold", false),
                            tuple("prediction.mean-change", 0.1, "hold", true),
                            tuple("prediction.psi", 0.1, "hold", true));
            assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(job);
            assertThat(job.withFeatures(List.of("b", "d", "e")).checks())
                    .extracting(BatchCheck::name, BatchCheck::limit)
                    .contains(tuple("psi.b", 1.5), tuple("psi.d", 0.3), tuple("psi.e", 0.3))
                    .doesNotContain(tuple("psi.all", 0.3), tuple("psi.b", 0.3));
            assertThatThrownBy(() -> job.withFeatures(Collections.nCopies(499, "f")))
                    .hasMessageContaining("the model has 499 features, and a batch compares at most 500");
            assertThat(complaint(SMALLEST + "checks: {baseline: yesterday, psi: {a: -1, b: {max: x}}}\n"))
                    .contains(
                            "checks.baseline",
                            "expected previous or the ID of a batch",
                            "checks.psi.a",
                            "checks.psi.b.max");
            assertThat(complaint(SMALLEST + "checks: {prediction: {min: 2, max: 1}}\n"))
                    .contains("checks.prediction.max: 1.0, which is smaller than checks.prediction.min");
        }

        @Test
        void mistakesAreNamed() {
            assertThat(complaint(SMALLEST + """
                    checks:
                      nulls: {a: 200%, A: 1%}
                      range: {b: [120, 0], c: 5}
                    """))
                    .contains(
                            "checks.nulls.a",
                            "checks.nulls.A: the name is given twice",
                            "checks.range.b",
                            "checks.range.c: the number 5; expected two numbers such as [0, 120], the smaller one first");
        }

        @Test
        void thereIsALimitToTheirNumber() {
            String columns =
                    IntStream.range(0, 694).mapToObj(i -> "c" + i + ": 1%").collect(Collectors.joining(", "));
            assertThat(complaint(SMALLEST + "checks:\n  rows: {min: 5, max: 2}\n"))
                    .contains("checks.rows.max: 2, which is smaller than checks.rows.min; expected 5 or more");
            assertThat(complaint(SMALLEST + "checks: {nulls: {" + columns + "}}\n"))
                    .contains(
                            "checks: 694 columns; expected at most 693 under nulls, range, psi and unseen-categories together");
            assertThat(complaint(SMALLEST + "checks: {psi: {all: 0.2}, nulls: {" + columns + "}}\n"))
                    .contains("checks: 695 columns; expected at most 193 under");
            assertThat(complaint(SMALLEST + "checks: {psi: {" + columns.replace("1%", "0.2") + "}}\n"))
                    .contains("checks.psi: 694 columns; expected at most 500");
        }
    }

    @Test
    void filesOfParquetMayBeDescribed() {
        Job job = parse(
                SMALLEST.replace(
                        "parquet: predictions",
                        "parquet: {folder: out, codec: zstd, level: 9, row-group-rows: 20000, order-by: [a, b], bloom-filters: record_id, file-size: 256MB}"));

        assertThat(job.destination())
                .isEqualTo(new ParquetDestination(
                                "/jobs/flights/out", null, 9, 20_000, List.of("a", "b"), List.of("record_id"))
                        .withFileBytes(256_000_000L));
        assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(job);
        assertThat(JobFingerprint.of(
                        parse(SMALLEST.replace("parquet: predictions", "parquet: {folder: predictions, codec: zstd}"))))
                .isEqualTo(JobFingerprint.of(parse(SMALLEST)));
        assertThat(parse(SMALLEST, "destination.parquet=: x").destination())
                .isEqualTo(new ParquetDestination("/jobs/flights/: x"));
    }

    @ParameterizedTest
    @CsvSource({"1KB, 1000", "64KiB, 65536", "1500MB, 1500000000", "2GB, 2000000000", "1GiB, 1073741824"})
    void aFileSizeHasAUnit(String text, long bytes) {
        assertThat(ByteSize.parse(text)).isEqualTo(bytes);
        assertThat(ByteSize.text(bytes)).isEqualTo(text);
        assertThat(complaint(SMALLEST.replace("parquet: predictions", "parquet: {folder: out, file-size: 256}")))
                .contains("destination.parquet.file-size", "expected a size such as 256MB or 1GiB");
    }

    @Test
    void onlyZstandardHasALevel() {
        assertThat(complaint(SMALLEST.replace("parquet: predictions", "parquet: {folder: out, codec: gzip, level: 9}")))
                .contains("destination.parquet.level: a level with codec: gzip; expected codec: zstd, or no level");
    }

    @Nested
    class OutputTest {

        private static Job.Output output(String yaml) {
            return parse(SMALLEST
                            + "parameters: {day: {type: date, default: 2026-11-25}, n: {type: integer, default: 7}}\n"
                            + "output:\n  " + yaml.strip().replace("\n", "\n  "))
                    .output();
        }

        @Test
        void everyKeyFindsItsPlace() {
            Job.Output output = output("""
                    columns: [carrier]
                    labels: {0: punctual, 1: late}
                    top-classes: 2
                    decisions:
                      alert: 0.8
                      review:
                        threshold: 0.5
                        class: 1
                        by: carrier
                        thresholds: {AA: 0.4, DL: 1}
                    constants:
                      region: north
                      release: 0x10
                      weight: 1e-3
                      final: True
                      day: "{day}"
                      run: "{n}"
                      month: "{day:yyyy-MM} (no. {n})"
                      braces: "{{day}}"
                      at: {timestamp: 2026-11-25T22:30}
                    rename: {prediction: delayed, class_1: best, carrier: airline, region: area}
                    """);

            assertThat(output)
                    .isEqualTo(new Job.Output(
                            List.of("carrier"),
                            false,
                            Map.of("0", "punctual", "1", "late"),
                            2,
                            List.of(
                                    new OutputDecision("alert", null, 0.8, null, Map.of()),
                                    new OutputDecision("review", "1", 0.5, "carrier", Map.of("AA", 0.4, "DL", 1.0))),
                            List.of(
                                    new OutputConstant("region", OutputConstant.Type.TEXT, "north"),
                                    new OutputConstant("release", OutputConstant.Type.INTEGER, "16"),
                                    new OutputConstant("weight", OutputConstant.Type.NUMBER, "0.001"),
                                    new OutputConstant("final", OutputConstant.Type.BOOLEAN, "true"),
                                    new OutputConstant("day", OutputConstant.Type.DATE, "2026-11-25"),
                                    new OutputConstant("run", OutputConstant.Type.INTEGER, "7"),
                                    new OutputConstant("month", OutputConstant.Type.TEXT, "2026-11 (no. 7)"),
                                    new OutputConstant("braces", OutputConstant.Type.TEXT, "{day}"),
                                    new OutputConstant("at", OutputConstant.Type.TIMESTAMP, "2026-11-25T22:30:00")),
                            Map.of(
                                    "prediction",
                                    "delayed",
                                    "class_1",
                                    "best",
                                    "carrier",
                                    "airline",
                                    "region",
                                    "area")));
        }

        @Test
        void aJobIsSentWithItsOutput() {
            Job job = parse(SMALLEST + """
                    parameters: {day: {type: date, default: 2026-11-25}}
                    output:
                      labels: {0: "{{day}}", 1: late}
                      top-classes: 1
                      decisions: {a: {threshold: 0.5, by: s, thresholds: {x: 0.25}}}
                      constants: {day: "{day}", text: "{{day}}", yes: true, no: 0.5}
                      rename: {a: b}
                    """);

            assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(job);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "labels: {0: a, 1: b}",
                    "top-classes: 1",
                    "decisions: {a: 0.5}",
                    "decisions: {a: {threshold: 0.5, by: b, thresholds: {c: 1}}}",
                    "constants: {a: 1}",
                    "constants: {a: '1'}",
                    "rename: {prediction: p}",
                })
        void eachKeyIsPartOfTheFingerprint(String key) {
            assertThat(JobFingerprint.of(parse(SMALLEST + "output: {" + key + "}")))
                    .isNotEqualTo(JobFingerprint.of(parse(SMALLEST)));
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "columns: [a], decisions: {A: 0.5}|job.yaml:7: output.decisions.A: \"A\" is also a column of output.columns",
                    "decisions: {a: 0.5}, constants: {a: 1}|output.constants.a: \"a\" is also a column of output.decisions.a",
                    "decisions: {a: 0.5, a: 0.6}|output.decisions.a: the key is given twice",
                    "decisions: {a: 0.5, A: 0.6}|output.decisions.A: the name is given twice",
                    "top-classes: 2, columns: [score_2]|output.columns: \"score_2\" is also a column of output.top-classes",
                    "margin: true, constants: {margin_3: 1}|\"margin_3\" is also a column of output.margin",
                    "columns: [a, b], rename: {a: B}|output.rename.a: \"B\" is also a column of output.columns",
                    "columns: [a, b], rename: {a: c, b: C}|output.rename.b: \"C\" is also a column of output.rename.a",
                    "rename: {record_id: id}|output.rename.record_id: a column by which Nightshift finds rows and batches again",
                    "rename: {predicton: p}|output.rename.predicton: no column of the output; did you mean \"prediction\"?",
                    "rename: {class_1: p}|output.rename.class_1: no column of the output",
                    "rename: {margin: p}|output.rename.margin: no column of the output",
                    "rename: {prediction: probability}|output.rename.prediction: \"probability\"; expected a column name that",
                    "labels: {0: a, 1: a}|output.labels.1: \"a\" is given twice; expected each text once",
                    "decisions: {a: .nan}|output.decisions.a: the number .nan; expected a number, or a map with the keys",
                    "constants: {a: {date: soon}}|output.constants.a: a map; expected a text in one line, a number,",
                    "decisions: {a: {threshold: 0.5, thresholds: {x: 1}}}|output.decisions.a.thresholds: set without output.decisions.a.by",
                })
        void mistakesAreNamed(String keys, String message) {
            assertThat(complaint(SMALLEST + "output: {" + keys + "}")).contains(message);
        }

        @Test
        void aJobMaySayThatItsSchemaIsNew() {
            Job job = parse(SMALLEST.replace("destination:", "destination:\n  schema: new"));

            assertThat(job.output().newSchema()).isTrue();
            assertThat(JobFile.parse(JobText.of(job).getBytes(StandardCharsets.UTF_8)))
                    .isEqualTo(job);
            assertThat(JobFingerprint.of(job)).isEqualTo(JobFingerprint.of(parse(SMALLEST)));
            assertThat(complaint(SMALLEST.replace("destination:", "destination:\n  schema: old")))
                    .contains("destination.schema: \"old\"; expected compatible or new");
        }

        @Test
        void namesMayChangePlaces() {
            assertThat(parse(SMALLEST + "output: {columns: [a, b], rename: {a: b, b: a}}")
                            .output()
                            .nameOf("a"))
                    .isEqualTo("b");
        }

        @Test
        void aPartitionColumnHasANameOfItsOwn() {
            assertThat(complaint(SMALLEST + """
                            partitions: {by: t, every: 1d, column: day}
                            output: {constants: {day: 1}}
                            """))
                    .contains("output.constants.day: \"day\" is also a column of partitions.column");
        }
    }

    @Nested
    class TimingTest {

        private static final String NIGHTLY = """
                job: churn
                model: churn@champion
                parameters: {day: date, region: {type: text, default: eu}}
                source: {parquet: "lake/dt={day}/*.parquet"}
                destination: {parquet: predictions}
                time-zone: Europe/Berlin
                schedule: {cron: "0 2 * * *", parameters: {day: "{scheduled:date - 1 day}"}, catch-up: all}
                trigger: {when: {marker: lake/_READY}}
                window: {from: "22:00", to: "06:00"}
                deadline: "06:00"
                priority: 8
                limits: {threads: 50%}
                alerts: [{on: [failed, deadline-at-risk], to: ops}]
                """;

        @Test
        void aJobSaysWhenItRuns() {
            Job job = JobFile.parse(
                    NIGHTLY.getBytes(StandardCharsets.UTF_8), FILE, List.of(), Map.of("day", "2026-11-25"));

            assertThat(job.timing())
                    .isEqualTo(new JobTiming(
                            "Europe/Berlin",
                            new JobSchedule(
                                    "0 2 * * *",
                                    Map.of("day", "{scheduled:date - 1 day}"),
                                    null,
                                    null,
                                    null,
                                    JobSchedule.CatchUp.ALL,
                                    JobSchedule.Overlap.QUEUE),
                            new JobTrigger(null, null, "/jobs/flights/lake/_READY", Duration.ofMinutes(1), Map.of()),
                            new JobWindow("22:00", "06:00", JobWindow.Outside.PAUSE),
                            "06:00",
                            new ThreadLimit(50, true)));
            assertThat(job.priority()).isEqualTo(8);
            assertThat(job.alerts())
                    .containsExactly(new AlertRule(List.of(AlertCause.FAILED, AlertCause.DEADLINE_AT_RISK), "ops"));
        }

        @Test
        void theHeaderNeedsNoValuesOfParameters() {
            JobHeader header = JobFile.header(NIGHTLY.getBytes(StandardCharsets.UTF_8), FILE, List.of());

            assertThat(header.name()).isEqualTo("churn");
            assertThat(header.parameters())
                    .containsExactly(
                            new ParameterDeclaration("day", ParameterType.DATE, null),
                            new ParameterDeclaration("region", ParameterType.TEXT, "eu"));
            assertThat(header.timing().deadline()).isEqualTo("06:00");
            assertThat(header.priority()).isEqualTo(8);
        }

        @Test
        void noneOfItChangesTheFingerprint() {
            assertThat(JobFingerprint.of(parse(SMALLEST + "priority: 1\ndeadline: \"06:00\"\ntime-zone: Asia/Tokyo\n")))
                    .isEqualTo(JobFingerprint.of(parse(SMALLEST)));
        }

        @Test
        void mistakesAreNamed() {
            assertThat(complaint(SMALLEST + """
                    time-zone: Europe/Berln
                    schedule: {cron: nightly}
                    window: {from: "22:00", to: "22:00"}
                    trigger: {when: {files: 1}, every: 0s}
                    alerts: [{on: faild, to: ops}]
                    """))
                    .contains("time-zone: \"Europe/Berln\"; did you mean \"Europe/Berlin\"?")
                    .contains("schedule.cron: \"nightly\"; expected a cron expression of five fields")
                    .contains("window: a window that opens and closes at 22:00; expected two different times")
                    .contains("trigger.every: no time at all; expected 1s or more")
                    .contains("alerts.on: \"faild\"; did you mean \"failed\"?");
        }
    }

    @Test
    void omittedKeysHaveTheirDefaults() {
        assertThat(parse(SMALLEST))
                .isEqualTo(JobBuilder.builder()
                        .name("flight-delays")
                        .model(new ModelReference.Champion("delays"))
                        .source(new Job.Source(
                                new ParquetInput(List.of("/jobs/flights/flights.parquet")),
                                null,
                                false,
                                Map.of(),
                                null))
                        .destination(new ParquetDestination("/jobs/flights/predictions"))
                        .partitions(Job.Partitions.BY_DEFAULT)
                        .errors(new Job.ErrorPolicy(0.01, null))
                        .output(new Job.Output(List.of()))
                        .build());
    }

    @Test
    void withoutASizeThereAreFourPartitionsForEachThread() {
        Job job = parse(SMALLEST);

        assertThat(job.partitions().of(100_000, 4).rows()).isEqualTo(6_250);
        assertThat(job.partitions().of(100_000, 64).rows()).isEqualTo(Job.Partitions.LEAST_ROWS);
        assertThat(job.partitions().of(1_000_000_000, 4).rows()).isEqualTo(Job.Partitions.DEFAULT_ROWS);
        assertThat(new Job.Partitions(300).of(100_000, 4)).isEqualTo(new Job.Partitions(300));
        assertThat(JobFingerprint.of(job.with(job.partitions().of(100_000, 4))))
                .as("the same run on another node")
                .isEqualTo(JobFingerprint.of(job));
        assertThat(JobFile.parse(JobText.of(job.with(job.partitions().of(100_000, 4))), Path.of("job.yaml"), List.of())
                        .partitions())
                .isEqualTo(Job.Partitions.BY_DEFAULT);
    }

    @Test
    void allMistakesAreReportedInOrderAndMissingKeysLast() {
        assertThat(complaint("""
                        job: Flight Delays
                        modle: delays
                        source:
                          paruqet: flights.parquet
                          unique-id: yes
                        partitions:
                          rows: 0
                        errors:
                          max-rate: 200%
                        id: flight_id
                        """, "partitions.size=1")).isEqualTo("""
                        /jobs/flights/job.yaml:1: job: "Flight Delays"; expected a name of at most 63 lower-case letters, digits, -, _ and ., starting with a letter or digit
                        /jobs/flights/job.yaml:2: modle: unknown key; did you mean "model"?
                        /jobs/flights/job.yaml:4: source.paruqet: unknown key; did you mean "parquet"?
                        /jobs/flights/job.yaml:5: source.unique-id: set without source.id; expected both or neither
                        /jobs/flights/job.yaml:5: source.unique-id: "yes"; write true, without quotes
                        /jobs/flights/job.yaml:7: partitions.rows: the number 0; expected a whole number from 1 to 1000000000
                        /jobs/flights/job.yaml:9: errors.max-rate: "200%"; expected a share from 0 to 1, or from 0% to 100%
                        /jobs/flights/job.yaml:10: id: unknown key; "id" belongs under source
                        --set: partitions.size: unknown key; expected one of rows, by, count, ranges, every, time-zone, column, folder
                        /jobs/flights/job.yaml:1: destination: missing; expected a map with one of the keys parquet, csv, postgres, mariadb, redis, iceberg, delta, several\
                        """);
    }

    @Test
    void categoriesAndWhatBecomesOfUnseenOnesAreRead() {
        Job job = parse(
                SMALLEST.replace("source:", "source:\n  unseen-categories: fail")
                        + "categories: {plan: [basic, 2, true], 'lower(city)': [bonn]}\n",
                "categories.shop=[a, b]");

        assertThat(job.source().unseen()).isEqualTo(Job.UnseenCategories.FAIL);
        assertThat(job.categories())
                .containsExactly(
                        new Job.CategoryList("plan", List.of("basic", "2", "true")),
                        new Job.CategoryList("lower(city)", List.of("bonn")),
                        new Job.CategoryList("shop", List.of("a", "b")));
        assertThat(parse(SMALLEST).source().unseen()).isNull();
        assertThat(parse(SMALLEST, "source.unseen-categories=missing")).isEqualTo(parse(SMALLEST));
        assertThat(complaint(SMALLEST + "categories: {plan: [a, a], city: a}\n"))
                .contains("categories.plan: \"a\" is listed twice; expected each value once")
                .contains("categories.city: \"a\"; expected a list of one or more categories");
    }

    @Test
    void aMisspeltKeyIsNotReportedAsMissingToo() {
        assertThat(complaint("""
                        jbo: flights
                        model: delays
                        source:
                          parquet: flights.parquet
                          idd: flight
                          unique-id: true
                        destination:
                          parqet: out
                        """)).isEqualTo("""
                        /jobs/flights/job.yaml:1: jbo: unknown key; did you mean "job"?
                        /jobs/flights/job.yaml:5: source.idd: unknown key; did you mean "id"?
                        /jobs/flights/job.yaml:8: destination.parqet: unknown key; did you mean "parquet"?\
                        """);
    }

    @Test
    void theMessagePrintsFiftyMistakesAtMost() {
        String many =
                IntStream.range(0, 60).mapToObj(i -> "unknown" + i + ": 1\n").collect(Collectors.joining());
        JobFileException refused = refusal(SMALLEST + many);

        assertThat(refused.mistakes()).hasSize(60);
        assertThat(String.valueOf(refused.getMessage()).lines())
                .hasSize(51)
                .last()
                .isEqualTo("and 10 more");
    }

    @ParameterizedTest
    @CsvSource({
        "rows, '\"rows\" belongs under partitions or under checks or under trigger.when'",
        "parquet, '\"parquet\" belongs under source or under destination'",
        "maxRate, '\"max-rate\" belongs under errors'",
        "feature, 'did you mean \"features\"?'",
        "optuput, 'did you mean \"output\"?'",
        "xyzzy,",
    })
    void anUnknownKeyIsLikenedToAKnownOne(String key, String suggestion) {
        assertThat(refusal(SMALLEST + key + ": 1").mistakes())
                .singleElement()
                .satisfies(mistake -> assertThat(mistake.suggestion()).isEqualTo(suggestion));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://u:secret@host/db",
                "JDBC:h2:secret",
                "http://u:secret@host/x",
                "s3://id:secret@x/y",
                "file:secret.parquet",
                "https://secret/*.parquet"
            })
    void anAddressIsRefusedAndNotRepeated(String address) {
        assertThat(complaint(SMALLEST.replace("flights.parquet", address)))
                .contains("job.yaml:4: source.parquet.files: an address")
                .doesNotContain("secret");
        assertThat(complaint(SMALLEST.replace("model: delays", "model: " + address)))
                .contains("job.yaml:2: model: an address")
                .doesNotContain("secret");
    }

    @Test
    void aPathMayHoldAColon() {
        assertThat(paths(parse(SMALLEST.replace("flights.parquet", "run-12:30.parquet"))))
                .containsExactly("/jobs/flights/run-12:30.parquet");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"record_id", "prediction", "Prediction", "probability_late", "PROBABILITY_X", "schema_version"})
    void theOutputsOwnColumnsCannotBePassedThrough(String column) {
        assertThat(complaint(SMALLEST + "output: {columns: [carrier, " + column + "]}"))
                .contains("job.yaml:7: output.columns: \"" + column + "\"; expected a column name that is not one of");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "features: [a, b, a]",
                "output: {columns: [a, A]}",
            })
    void aNameTwiceInAListIsRefused(String keys) {
        assertThat(complaint(SMALLEST + keys)).contains("twice; expected each ");
    }

    @Test
    void theTypesOfFoldersAreDeclaredBesideTheFiles() {
        String declared = SMALLEST.replace(
                "parquet: flights.parquet", "parquet: {files: lake, folders: {dt: date, region: text}}");
        assertThat(parse(declared).source().input())
                .isEqualTo(new ParquetInput(List.of("/jobs/flights/lake"), Map.of("dt", "DATE", "region", "VARCHAR")));
        assertThat(JobText.of(parse(declared))).contains("\"dt\"", "\"DATE\"");
        assertThat(complaint(declared.replace("date", "day")))
                .contains("source.parquet.folders.dt: \"day\"; expected one of the types BOOLEAN");
        assertThat(complaint(declared.replace("text", "\"VARCHAR[]\""))).contains("the value is a text without parts");
        assertThat(JobFingerprint.of(
                        parse(SMALLEST.replace("parquet: flights.parquet", "parquet: {files: flights.parquet}"))))
                .as("the same job, written in another way")
                .isEqualTo(JobFingerprint.of(parse(SMALLEST)))
                .isNotEqualTo(JobFingerprint.of(parse(declared)));
    }

    @Test
    void aPathTwiceIsRefusedHoweverItIsWritten() {
        assertThat(complaint(SMALLEST.replace("flights.parquet", "[a.parquet, ./b/../a.parquet]")))
                .isEqualTo(
                        "/jobs/flights/job.yaml:4: source.parquet.files: \"./b/../a.parquet\" is listed twice; expected each value once");
    }

    @Test
    void aPartitionKeyGoesWithNoLookups() {
        String join = "source:\n  join: [{parquet: c, on: a, columns: b}]";

        assertThat(refusal(SMALLEST.replace("source:", join) + "partitions: {by: a, count: 2}\n")
                        .mistakes())
                .extracting(mistake -> mistake.in("job.yaml"))
                .singleElement()
                .asString()
                .contains("partitions.by: a partition key with source.join");
    }

    @Test
    void aBatchWithLookupsIsNotExtended() {
        String join = "source:\n  on-change: extend\n  join: [{parquet: c, on: a, columns: b}]";

        assertThat(refusal(SMALLEST.replace("source:", join)).mistakes())
                .extracting(mistake -> mistake.in("job.yaml"))
                .singleElement()
                .asString()
                .contains("source.on-change: extend with source.join; expected fail or restart");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "job: a\\njob: b|2: job: the key is given twice, first in line 1; expected each key once",
                "source:\\n  id: a\\n  id: b|3: source.id: the key is given twice, first in line 2; expected each key once",
                "a: 1\\n\\tb: 2|2: not YAML: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation); expected YAML 1.2",
                "a: 1\\n---\\nb: 2|2: a second document; expected one job in a file; remove the \"---\"",
                "''|1: an empty file; expected a job: a map with at least job, model, source and destination",
                "'# only a comment'|1: an empty file; expected a job",
                "- a|1: a list; expected a job: a map",
                "a: [1, 2|not YAML:",
                "a: *b|1: the alias *b has no anchor; expected &b before it",
                "a: !!python/object x|1: a: the tag tag:yaml.org,2002:python/object; expected values without tags",
                "? [a]\\n: b|1: a list as a key; expected a name",
                "a: '\\x01'|1: not YAML: the character U+0001; expected printable characters only",
                "features: [1]|1: features: the number 1; write it in quotes: \"1\"",
                "job:|1: job: nothing; expected a name",
                "partitions:|1: partitions: nothing; expected a map with the keys rows, by, count, ranges, every, time-zone, column, folder",
                "partitions: {rows: 250_000}|1: partitions.rows: \"250_000\"; write 250000, without quotes or separators",
                "source: {select: {a: [1]}}|1: source.select.a: a list; expected an SQL expression",
                "source: {select: {a: 1, A: 2}}|1: source.select.A: the name is given twice; expected names that differ",
            })
    void yamlErrorsAreReportedWithTheirLines(String yaml, String complaint) {
        String text = yaml.replace("\\n", "\n").replace("\\t", "\t").replace("\\x01", "\u0001");
        assertThat(complaint(text)).contains(complaint.replace("'\t", "'\\t"));
    }

    @Test
    void bombsAreRefusedBeforeTheyGoOff() {
        StringBuilder laughs = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            laughs.append("a%d: &a%d [%s]\n".formatted(i, i, "*a" + (i - 1) + (", *a" + (i - 1)).repeat(9)));
        }
        assertThat(complaint(laughs.toString())).contains("more than 100 aliases");
        assertThat(complaint("[".repeat(1_000_000))).contains("more than 20 levels");
        assertThat(complaint("a: " + "x".repeat(2_000_000))).contains("the text has 2000003 characters");
        assertThat(complaint("job: &a [*a]")).contains("the alias *a");
        assertThat(complaint("partitions: {rows: 1e999999999}")).contains("the number 1e999999999");
        assertThat(complaint("errors: {max-rate: 1e99999999999}")).contains("the number 1e99999999999");
        assertThat(complaint("job: \"\\UFFFFFFFF\"")).contains("not YAML");
    }

    @Test
    void bytesThatAreNotTextAreRefusedWithTheirLine() {
        byte[] bytes = "job: a\nmodel: \u00e9".getBytes(StandardCharsets.ISO_8859_1);
        JobFileException refused =
                catchThrowableOfType(JobFileException.class, () -> JobFile.parse(bytes, FILE, List.of()));
        assertThat(refused).hasMessageContaining("job.yaml:2: bytes that are not UTF-8");
    }

    @Test
    void aTruncatedCharacterAtTheEndIsRefused() {
        byte[] bytes = {'j', (byte) 0xC3};
        assertThat(catchThrowableOfType(JobFileException.class, () -> JobFile.parse(bytes, FILE, List.of())))
                .hasMessageContaining("job.yaml:1: bytes that are not UTF-8");
    }

    @Test
    void aByteOrderMarkAndWindowsLineEndsAreFine() {
        assertThat(parse("\uFEFF" + SMALLEST.replace("\n", "\r\n"))).isEqualTo(parse(SMALLEST));
    }

    @Test
    void anAnchorMayBeUsedOnceItIsSet() {
        assertThat(parse(SMALLEST + "features: &f [a, b]\noutput: {columns: *f}")
                        .output()
                        .columns())
                .containsExactly("a", "b");
    }

    @Test
    void wholeNumbersAreReadHoweverYamlWritesThem() {
        for (String number : List.of("4096", "0x1000", "0o10000", "4.096e3", "4096.0", "+4096")) {
            assertThat(parse(SMALLEST + "partitions: {rows: " + number + "}")
                            .partitions()
                            .rows())
                    .isEqualTo(4096);
        }
        assertThat(complaint(SMALLEST + "partitions: {rows: 1.5}")).contains("the number 1.5");
    }

    @Test
    void anOverrideReplacesTheValueOfTheFile() {
        Job job = parse(
                SMALLEST,
                "job=2024",
                "partitions.rows=1000",
                "partitions.rows=2000",
                "source.parquet=x.parquet",
                "source.select.hour.of.day=hour(date)",
                "source.where=\"a\" = 'x: y' # not a comment",
                "output.columns=[a, b]",
                "errors.max-rate=2%");

        assertThat(job.name()).isEqualTo("2024");
        assertThat(job.partitions().rows()).isEqualTo(2000);
        assertThat(paths(job)).containsExactly("/jobs/flights/x.parquet");
        assertThat(job.source().select()).isEqualTo(Map.of("hour.of.day", "hour(date)"));
        assertThat(job.source().where()).isEqualTo("\"a\" = 'x: y' # not a comment");
        assertThat(job.output().columns()).containsExactly("a", "b");
        assertThat(job.errors().maxRate()).isEqualTo(0.02);
        assertThat(paths(parse(SMALLEST, "source.parquet=[a.parquet, b.parquet]")))
                .hasSize(2);
        assertThat(paths(parse(SMALLEST, "source.parquet=[0-9]*.parquet")))
                .containsExactly("/jobs/flights/[0-9]*.parquet");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rows|--set: \"rows\"; expected key=value, such as partitions.rows=1000",
                "partitions.rows=many|--set: partitions.rows: \"many\"; expected a whole number",
                "output.columns=[a|--set: output.columns: not YAML:",
                "source.paruqet=x|--set: source.paruqet: unknown key; did you mean \"parquet\"?",
                "sorce.parquet=x|--set: sorce: unknown key; did you mean \"source\"?",
                "partitions.rows.x=1|--set: partitions.rows: a map; expected a whole number",
                "features=a|--set: features: \"a\"; expected a list of one or more",
                "partitions={rows: 1, rows: 2}|--set: partitions.rows: the key is given twice",
            })
    void aMistakeInAnOverrideIsTheOverrides(String override, String complaint) {
        assertThat(complaint(SMALLEST, override)).startsWith(complaint);
    }

    @ParameterizedTest
    @CsvSource({
        "delays@3, delays@3",
        "delays@candidate, delays@candidate",
        "models/delays, /jobs/flights/models/delays",
        "delays.json, /jobs/flights/delays.json",
        "../m@v2.ubj, /jobs/m@v2.ubj",
        "mlflow:/churn@champion, mlflow:/churn@champion",
        "mlflow:/main.ml.Churn 2/7, mlflow:/main.ml.Churn 2/7",
        "mlflow:/runs/0a1b/model/x.json, mlflow:/runs/0a1b/model/x.json",
    })
    void aModelIsAFileWhereItLooksLikeAPath(String model, String meaning) {
        assertThat(parse(SMALLEST.replace("model: delays", "model: \"" + model + "\""))
                        .model()
                        .text())
                .isEqualTo(meaning);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "delays@0",
                "delays@",
                "@3",
                "Delays",
                "delays@03",
                "delays@1234567890",
                "a@b@c",
                "mlflow:/churn",
                "mlflow:churn@a",
                "mlflow:/churn@a b",
                "mlflow:/churn/0",
                "mlflow:/runs/1/../x",
                "mlflow:/a/b@c",
                "mlflow:/runs/1/a/.."
            })
    void aModelThatIsNeitherIsRefused(String model) {
        assertThat(complaint(SMALLEST.replace("model: delays", "model: \"" + model + "\"")))
                .contains("job.yaml:2: model: \"" + model + "\"; expected a registered model");
    }

    @Test
    void theFingerprintIsOfTheMeaningAndNotOfTheText() {
        String rewritten = """
                # the same job
                model: "delays"
                destination: {parquet: ./predictions}
                source: {parquet: [/jobs/flights/flights.parquet], unique-id: false, id: null}
                errors: {max-rate: 1%}
                job: flight-delays
                """.replace(", unique-id: false, id: null", "");
        assertThat(JobFingerprint.of(parse(rewritten)))
                .isEqualTo(JobFingerprint.of(parse(SMALLEST)))
                .matches("[0-9a-f]{64}");
    }

    @Test
    void anyOtherValueGivesAnotherFingerprint() {
        List<String> overrides = List.of(
                "job=other",
                "model=delays@1",
                "features=[a]",
                "features=[a, b]",
                "source.parquet=x",
                "source.id=a",
                "source.select.a=b",
                "source.where=a",
                "source.on-empty=fail",
                "destination.parquet=x",
                "partitions.rows=1",
                "errors.max-rate=0",
                "errors.max-rows=1",
                "errors.on-failed-partition=continue",
                "output.columns=[a]");
        assertThat(overrides.stream()
                        .map(override -> JobFingerprint.of(parse(SMALLEST, override)))
                        .distinct())
                .hasSize(overrides.size());
        assertThat(JobFingerprint.of(parse(SMALLEST, "source.id=a", "source.unique-id=true")))
                .isNotEqualTo(JobFingerprint.of(parse(SMALLEST, "source.id=a")));
    }

    /// So that a batch that is open can be extended.
    @Test
    void theAnswerToAChangedInputIsNotPartOfTheFingerprint() {
        assertThat(parse(SMALLEST, "source.on-change=fail").source().onChange()).isNull();
        assertThat(parse(SMALLEST, "source.on-change=extend").source().onChange())
                .isEqualTo(Job.OnChange.EXTEND);
        assertThat(parse(SMALLEST, "source.on-change=restart").source().onChange())
                .isEqualTo(Job.OnChange.RESTART);
        assertThat(JobFingerprint.of(parse(SMALLEST, "source.on-change=extend")))
                .isEqualTo(JobFingerprint.of(parse(SMALLEST, "source.on-change=restart")))
                .isEqualTo(JobFingerprint.of(parse(SMALLEST)));
    }

    @Test
    void onlyFilesHaveAnAnswerToAChangedInput() {
        String table = SMALLEST.replaceFirst("parquet: [^\n]*", "postgres: {data-source: crm, table: customers}");

        assertThat(complaint(table, "source.on-change=extend"))
                .contains("source.on-change")
                .contains("extend with source.postgres, which is not files");
        assertThat(complaint(table, "source.on-change=restart")).contains("restart with source.postgres");
        assertThat(parse(table, "source.on-change=fail").source().onChange()).isNull();
    }

    /// Open batches are matched by it, so a change here makes every open batch look changed.
    @Test
    void theFingerprintStaysTheSameFromReleaseToRelease() {
        assertThat(JobFingerprint.of(parse(SMALLEST)))
                .isEqualTo("cd5533c633014322adfdd20d234a557068b1fe9e53307cc82dceb23ef93626ee");
    }

    private static Job parse(String yaml, String... overrides) {
        return JobFile.parse(yaml, FILE, List.of(overrides));
    }

    private static JobFileException refusal(String yaml, String... overrides) {
        return catchThrowableOfType(JobFileException.class, () -> parse(yaml, overrides));
    }

    private static String complaint(String yaml, String... overrides) {
        return String.valueOf(refusal(yaml, overrides).getMessage());
    }
}
