package io.nightshift.destination.several;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.DestinationData;
import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.ValueLimit;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.source.TestData;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Parquet files, a table and keys of Redis.
class SeveralWithRedisTest {

    @TempDir
    private Path folder = Path.of("");

    private static DataSourceSettings settings(String name, String url) {
        return new DataSourceSettings(name, url, "u", null);
    }

    @Test
    void aValueThatOneCantHoldIsBadForAll() {
        DataSources sources = new DataSources(Map.of(
                "db", settings("db", "jdbc:postgresql://localhost/db"),
                "cache", settings("cache", "redis://localhost")));
        TestData data = DestinationData.shared(folder);
        DestinationStore store = new Destinations(() -> data.duckDb, sources)
                .of(new SeveralDestinations(List.of(
                        new ParquetDestination("/out"),
                        new PostgresDestination("db", null, "t", List.of()),
                        new RedisDestination("cache", "n", RedisDestination.Format.JSON))));

        ValueLimit id = Objects.requireNonNull(store.limits().of("VARCHAR", true));
        assertThat(data.rows(
                        "SELECT %s, %s, %s".formatted(id.on("NULL::VARCHAR"), id.on("'a' || chr(0)"), id.on("'a'"))))
                .containsExactly("true|true|false");
        assertThat(id.reason())
                .isEqualTo("holds a NUL character, which a database can't, or is NULL, which can't be a key");
        ValueLimit fraction = Objects.requireNonNull(store.limits().of("DOUBLE", false));
        assertThat(fraction.reason()).isEqualTo("is NaN or infinite, which JSON doesn't have");
        assertThat(store.limits().of("BIGINT", false)).isNull();
    }
}
