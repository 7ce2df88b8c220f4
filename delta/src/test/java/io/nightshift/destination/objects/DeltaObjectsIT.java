package io.nightshift.destination.objects;

import io.nightshift.destination.ContractBatch;
import io.nightshift.protocol.job.DeltaDestination;
import io.nightshift.protocol.job.Destination;
import io.nightshift.storage.duckdb.Sql;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The contract for a Delta table in a real store.
class DeltaObjectsIT extends ObjectContract {

    @Override
    protected String prefix() {
        return lake.address("lake/scores/nightshift");
    }

    @Override
    protected Destination destination() {
        return new DeltaDestination(lake.address("lake/scores"));
    }

    @Override
    protected String columnName() {
        return "Best_Class";
    }

    /// Lists of an empty store are empty, too.
    @Override
    protected List<Obstacle> absences() {
        return List.of(withoutBucket());
    }

    @Override
    protected Optional<Step> moveAway() {
        return Optional.of(() -> emptied(BatchKeys.prefix(lake.address("lake/scores"))));
    }

    @Override
    protected String extension() {
        return ".parquet";
    }

    @Override
    protected String read(String files) {
        return "read_parquet(%s)".formatted(Sql.text(files));
    }

    @Override
    protected String copy(String query, Path file) {
        return "COPY (%s) TO %s (FORMAT parquet)".formatted(query, Sql.text(file.toString()));
    }

    @Override
    protected Seen seen() throws IOException {
        boolean isShown = DeltaTableIT.log(lake, "lake/scores").files().keySet().stream()
                .anyMatch(path -> path.contains("/batch=" + ContractBatch.ID + "/"));
        return isShown ? super.seen() : NOTHING;
    }
}
