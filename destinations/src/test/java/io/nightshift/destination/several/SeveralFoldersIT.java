package io.nightshift.destination.several;

import static org.assertj.core.api.Assertions.assertThat;

import io.nightshift.destination.DestinationStore;
import io.nightshift.destination.kinds.Destinations;
import io.nightshift.protocol.job.Destination;
import io.nightshift.protocol.job.PostgresDestination;
import io.nightshift.protocol.job.SeveralDestinations;
import io.nightshift.storage.database.DataSourceSettings;
import io.nightshift.storage.database.DataSources;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
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
    void aDatabaseWithTwoNamesIsStillOneDatabase() {
        DestinationStore store = store(
                databases(Map.of("a", "jdbc:postgresql://localhost:1/db", "b", "jdbc:postgresql://localhost:1/db")),
                new PostgresDestination("a", "s", "t", List.of()),
                new PostgresDestination("b", "s", "t", List.of()));

        assertThat(store.checkPlace())
                .containsExactly(
                        "destination.several: table s.t in data source a and table s.t in data source b are a table in the same schema, which has one register of batches");
    }
}
