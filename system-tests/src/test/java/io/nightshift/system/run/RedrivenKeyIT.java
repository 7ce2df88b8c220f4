package io.nightshift.system.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.node.configuration.HttpSettings;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.system.http.HttpNode;
import io.nightshift.testing.CommandResult;
import io.nightshift.testing.FlightsJob;
import io.nightshift.testing.Nightly;
import io.nightshift.testing.PublishedParquet;
import io.nightshift.testing.database.PostgresServer;
import io.nightshift.testing.database.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Quarantined rows of several partition values are scored again into their batch, which is then verified at each
/// kind of destination.
final class RedrivenKeyIT {

    private static final int ROWS = 3_000;

    /// Every fiftieth distance is no number.
    private static final String INPUT = """
            SELECT * REPLACE (CASE row_number() OVER () %%%% 50 WHEN 3 THEN '12 km' ELSE CAST(distance AS VARCHAR) END AS distance),
            'r' || row_number() OVER () AS flight FROM (FROM flights %%s LIMIT %d)\
            """.formatted(ROWS);

    private static final String BUCKETS = "by: origin\n  count: 6";

    @TempDir
    private Path folder;

    /// @param order of the input: `ORDER BY` and a column, or an empty text
    /// @param partitions in place of `rows`
    private FlightsJob job(String order, String partitions) throws Exception {
        FlightsJob job = FlightsJob.on(folder.resolve("job"), INPUT.formatted(order));
        job.edit("  select:\n", "  id: flight\n  select:\n    distance: CAST(distance AS INTEGER)\n");
        job.edit("max-rate: 0.001", "max-rate: 0.05");
        job.edit("rows: 25000", partitions);
        Files.createDirectories(job.home());
        return job;
    }

    /// Runs the job, scores its 60 quarantined rows again, and verifies the batch.
    private static void redriveAndVerify(FlightsJob job, DataSources dataSources) throws Exception {
        try (HttpNode node = new HttpNode(job.home(), HttpSettings.onLoopback(0), dataSources)) {
            run(node, job, "batch", "submit", job.file().toString(), "--wait").expect(0);
            assertThat(run(node, job, "quarantine", "list", "latest").expect(0).out())
                    .contains("has 60 quarantined rows");
            assertThat(run(
                                    node,
                                    job,
                                    "quarantine",
                                    "redrive",
                                    "latest",
                                    "--job",
                                    job.file().toString(),
                                    "--set",
                                    "source.select.distance=CAST(replace(distance, ' km', '') AS INTEGER)")
                            .expect(0)
                            .out())
                    .contains("60 rows added");
        }
        assertThat(InProcess.run(
                                "batch",
                                "verify",
                                "latest",
                                "--home",
                                job.home().toString())
                        .expect(0)
                        .out())
                .contains("each of the 3,000 rows read from it is in the output once", "Verified: ");
    }

    private static CommandResult run(HttpNode node, FlightsJob job, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--server", "http://127.0.0.1:" + node.port));
        all.addAll(List.of("--home", job.home().toString()));
        return InProcess.run(all.toArray(String[]::new));
    }

    private static DataSources dataSources(FlightsJob job, DataSourceSettings settings) throws Exception {
        Files.writeString(
                job.home().resolve("nightshift.conf"),
                "nightshift.data-sources.%s { url = \"%s\"%s }"
                        .formatted(
                                settings.name(),
                                settings.url(),
                                settings.user() == null ? "" : ", user = " + settings.user()));
        return new DataSources(Map.of(settings.name(), settings));
    }

    @Test
    void isVerifiedInAFolder() throws Exception {
        FlightsJob job = job("", BUCKETS);

        redriveAndVerify(job, new DataSources(Map.of()));

        assertThat(PublishedParquet.query("SELECT count(*) FROM read_parquet('%s/part-*.parquet')"
                        .formatted(job.published().getFirst())))
                .isEqualTo(String.valueOf(ROWS));
    }

    @Nightly(shortForm = {"RedrivenKeyIT.isVerifiedInAFolder", "PostgresDestinationIT"})
    @Test
    void isVerifiedInATable() throws Exception {
        FlightsJob job = job("", BUCKETS);
        job.edit("  parquet: predictions", "  postgres: {data-source: db, table: delays}");
        try (PostgresServer server = PostgresServer.start()) {
            String database = server.create();

            redriveAndVerify(
                    job,
                    dataSources(job, new DataSourceSettings("db", server.url(database), PostgresServer.OWNER, null)));

            assertThat(server.row(database, "SELECT count(*) FROM delays")).isEqualTo(String.valueOf(ROWS));
        }
    }

    @Nightly(shortForm = {"RedrivenKeyIT.isVerifiedInAFolder", "RedisHashesIT"})
    @Test
    void isVerifiedInRedis() throws Exception {
        FlightsJob job = job("", BUCKETS);
        job.edit("  parquet: predictions", "  redis: {data-source: cache, name: delays, format: json}");

        redriveAndVerify(
                job,
                dataSources(
                        job,
                        new DataSourceSettings("cache", RedisServer.shared().create(), null, null)));
    }

    /// The last row of a partition value comes just before the first row of the next one.
    @Test
    void isVerifiedIfTheInputIsInTheOrderOfTheKey() throws Exception {
        redriveAndVerify(job("ORDER BY date", "by: date\n  every: 1h"), new DataSources(Map.of()));
    }
}
