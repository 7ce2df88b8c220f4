package io.nightshift.node.lineage;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.job.Job;
import io.nightshift.protocol.job.JobFile;
import io.nightshift.protocol.plan.SourceFile;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.dataset.Dataset;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineageDatasetsTest {

    private static final DataSources DATABASES = new DataSources(Map.of(
            "crm",
            new DataSourceSettings("crm", "jdbc:postgresql://db.example.com/crm?sslmode=require", null, null),
            "near",
            new DataSourceSettings("near", "jdbc:postgresql:///near", null, null),
            "shop",
            new DataSourceSettings("shop", "jdbc:mariadb://db.example.com:3307/shop", null, null),
            "cache",
            new DataSourceSettings("cache", "redis://cache.example.com/3", null, null)));

    /// Neither files nor connections are opened.
    private static final Destinations DESTINATIONS = new Destinations(
            () -> {
                throw new AssertionError("DuckDB is not needed");
            },
            DATABASES);

    private static LineageDatasets of(String source, String destination) {
        Job job = JobFile.parse("""
                job: flights
                model: flights.ubj
                parameters: {day: {type: date, default: 2026-11-25}}
                source: {%s}
                destination: {%s}
                """.formatted(source, destination), Path.of("/jobs/flights.yaml"), List.of());
        return new LineageDatasets(job, DESTINATIONS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "parquet: /lake/flights.parquet                 | file                          | /lake/flights.parquet",
                "parquet: data/flights                          | file                          | /jobs/data/flights",
                "parquet: '/lake/flights/*.parquet'             | file                          | /lake/flights",
                "parquet: '/lake/dt=2026-11-25/a.parquet'       | file                          | /lake",
                "parquet: 's3://lake/a/b/{day}/x.parquet'       | s3://lake                     | a/b",
                "parquet: 's3://lake/*.parquet'                 | s3://lake                     | /",
                "csv: '/lake/in-{day:yyyy}.csv'                 | file                          | /lake/in-2026.csv",
                "ndjson: '/lake/{day}.ndjson'                   | file                          | /lake",
                "postgres: {data-source: crm, table: flights}   | postgres://db.example.com:5432| crm.public.flights",
                "postgres: {data-source: crm, table: raw.flights}| postgres://db.example.com:5432| crm.raw.flights",
                "postgres: {data-source: crm, query: SELECT 1 AS a, key: a}| postgres://db.example.com:5432| crm",
                "postgres: {data-source: near, table: flights}  | postgres://localhost:5432     | near.public.flights",
                "mariadb: {data-source: shop, table: flights}   | mysql://db.example.com:3307   | shop.flights",
                "mariadb: {data-source: shop, table: raw.flights}| mysql://db.example.com:3307   | raw.flights"
            })
    void inputsHaveTheNamesOfOpenLineage(String source, String namespace, String name) {
        assertThat(of(source, "parquet: predictions").inputs(List.of()))
                .containsExactly(new LineageDatasets.Read(new Dataset(namespace, name), null));
    }

    private static SourceFile pinned(String version, @Nullable Integer lookup) {
        String schema = """
                {"snapshot":{"table":"0b7e","snapshot":"%s","sequence":7,"schema":0},"reading":"{}"}""".formatted(version);
        SourceFile file = new SourceFile("/lake/a.parquet", 1, Instant.EPOCH, 1, "0".repeat(32), schema);
        return lookup == null ? file : file.ofLookup(lookup);
    }

    @Test
    void aTableThatIsReadInTwoVersionsIsTwoInputs() {
        LineageDatasets datasets = of(
                "delta: {table: /lake/flights, version: 7}, join: [{delta: {table: /lake/flights, version: 3}, on: id, type: inner, columns: {}}]",
                "parquet: predictions");
        Dataset flights = new Dataset("file", "/lake/flights");

        assertThat(datasets.inputs(List.of(pinned("7", null), pinned("3", 0))))
                .containsExactly(new LineageDatasets.Read(flights, "7"), new LineageDatasets.Read(flights, "3"));
        assertThat(datasets.inputs(List.of()))
                .as("before the batch has a plan")
                .containsExactly(new LineageDatasets.Read(flights, null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "parquet: predictions                           | file                          | /jobs/predictions",
                "parquet: 's3://lake/predictions/'              | s3://lake                     | predictions",
                "csv: 'predictions/{day}'                       | file                          | /jobs/predictions",
                "postgres: {data-source: crm, table: delays}    | postgres://db.example.com:5432| crm.public.delays",
                "postgres: {data-source: crm, table: out.delays}       | postgres://db.example.com:5432| crm.out.delays",
                "mariadb: {data-source: shop, table: delays}    | mysql://db.example.com:3307   | shop.delays",
                "redis: {data-source: cache, name: delays}      | redis://cache.example.com:6379| 3.delays",
                "delta: lake/delays                             | file                          | /jobs/lake/delays",
                "delta: 's3://lake/delays'                      | s3://lake                     | delays"
            })
    void theOutputHasTheNameOfOpenLineage(String destination, String namespace, String name) {
        assertThat(of("parquet: a.parquet", destination).outputs()).containsExactly(new Dataset(namespace, name));
    }
}
