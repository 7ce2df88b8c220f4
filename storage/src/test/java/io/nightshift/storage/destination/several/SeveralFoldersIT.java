package io.nightshift.storage.destination.several;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.IcebergDestination;
import io.nightshift.protocol.job.ParquetDestination;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.RedisDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.Destinations;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import io.nightshift.storage.destination.DestinationStore;
import io.nightshift.storage.destination.ValueLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Parquet files and CSV files.
class SeveralFoldersIT extends SeveralContract {

    @Override
    protected Destination destination() throws Exception {
        Files.createDirectories(folder.resolve("last"));
        return new SeveralDestinations(List.of(firstDestination(), BatchFolder.csv(folder.resolve("last"))));
    }

    private BatchFolder last() {
        return BatchFolder.of(folder.resolve("last"), batch, true);
    }

    @Override
    protected Seen seenAtTheLast() {
        return last().asSeen();
    }

    @Override
    protected void tamperAtTheLast(Tampering tampering) throws Exception {
        last().damage(tampering);
    }

    @Override
    protected List<Obstacle> obstaclesAtTheLast() {
        return last().all();
    }

    @Override
    protected List<Obstacle> supplementObstaclesAtTheLast() {
        return last().forSupplements();
    }

    @Override
    protected List<Obstacle> absences() {
        return unmounted(last().place());
    }

    @Override
    protected Optional<Step> moveAway() {
        return last().away();
    }

    @Override
    protected Step neighbours() throws IOException {
        return files(last().place(), "mine.txt", ".staging/load-42/x.csv");
    }

    @Override
    protected boolean isLeftAtTheLast() {
        return last().hasLeft();
    }

    private DestinationStore store(DataSources databases, Destination... members) {
        return new Destinations(() -> batch.data().duckDb, databases).of(new SeveralDestinations(List.of(members)));
    }

    private static DataSources databases(Map<String, String> urls) {
        return new DataSources(urls.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> new DataSourceSettings(entry.getKey(), entry.getValue(), "u", null))));
    }

    @Test
    void aValueThatOneCantHoldIsBadForAll() {
        DestinationStore store = store(
                databases(Map.of("db", "jdbc:postgresql://localhost/db", "cache", "redis://localhost")),
                new ParquetDestination("/out"),
                new PostgresDestination("db", null, "t", List.of()),
                new RedisDestination("cache", "n", RedisDestination.Format.JSON));

        ValueLimit id = Objects.requireNonNull(store.limits().of("VARCHAR", true));
        assertThat(batch.data()
                        .rows("SELECT %s, %s, %s"
                                .formatted(id.on("NULL::VARCHAR"), id.on("'a' || chr(0)"), id.on("'a'"))))
                .containsExactly("true|true|false");
        assertThat(id.reason())
                .isEqualTo("holds a NUL character, which a database can't, or is NULL, which can't be a key");
        ValueLimit fraction = Objects.requireNonNull(store.limits().of("DOUBLE", false));
        assertThat(fraction.reason()).isEqualTo("is NaN or infinite, which JSON doesn't have");
        assertThat(store.limits().of("BIGINT", false)).isNull();
    }

    @Test
    void aDatabaseWithTwoNamesIsStillOneDatabase() {
        DestinationStore store = store(
                databases(Map.of("a", "jdbc:postgresql://localhost:1/db", "b", "jdbc:postgresql://localhost:1/db")),
                new PostgresDestination("a", "s", "t", List.of()),
                new PostgresDestination("b", "s", "t", List.of()));

        assertThat(store.checkPlace())
                .containsExactly(
                        "destination.several: table s.t in data source a and table s.t in data source b are a table in the same schema, which has one register of batches");
    }

    @Test
    void aRefusalOfOneIsTheRefusalOfAll() {
        DestinationStore store =
                store(databases(Map.of()), new ParquetDestination("/out"), new IcebergDestination("lake", "db.scores"));

        assertThat(store.reuseRefusal(batch.job()))
                .hasValueSatisfying(
                        reason -> assertThat(reason).startsWith("each file of an Iceberg table names the batch"));
    }

    @Test
    void aDeltaTableInAFolderOfAnotherIsRefused() {
        DestinationStore store =
                store(databases(Map.of()), new ParquetDestination("/lake"), new DeltaDestination("/lake/scores"));

        assertThat(store.checkPlace())
                .containsExactly(
                        "destination.several: /lake and Delta table /lake/scores are a folder inside the other one");
    }
}
